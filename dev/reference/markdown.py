"""Text of the code as Markdown."""

import re


def text(plain: str) -> str:
    """Return `plain` on one line, with links to the documents that it names, and without accidental markup.

    What stands between backticks stays as it is.
    """
    pieces = re.split(r"(`[^`]*`)", " ".join(plain.split()))
    return "".join(piece if piece.startswith("`") else _escaped(piece) for piece in pieces).replace("|", r"\|")


def _escaped(piece: str) -> str:
    escaped = re.sub(r"([<*\[])", r"\\\1", piece)
    return re.sub(r"\b(?:docs/)?([\w-]+\.md)\b", r"[\1](\1)", escaped)


def paragraphs(docstring: str) -> str:
    """Return the paragraphs of `docstring`, each on one line."""
    return "\n\n".join(text(each) for each in docstring.split("\n\n"))
