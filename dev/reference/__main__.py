"""`make reference`: writes the parts of the documents that follow from the code."""

from bench.tables import fill
from reference.documents import DOCS, documents


def main() -> None:
    """Write every document."""
    for name, parts in documents().items():
        fill(DOCS / name, parts)


if __name__ == "__main__":
    main()
