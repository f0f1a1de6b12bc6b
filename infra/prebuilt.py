"""The bundle as one file, built once and deployed many times: `python -m infra.prebuilt FILE`, for `make bundle`."""

import hashlib
import shutil
import sys
import tempfile
import zipfile
from pathlib import Path

from infra.bundle import PLATFORM, PYTHON_VERSION, BundlingError, bundle, make_readable, runtime_python
from infra.ca_bundle import FILE_NAME

SHIPPED = Path(__file__).with_name("function.zip")
"""The bundle in the wheel. A checkout has no such file, and bundles at synth."""

_EARLIEST = (1980, 1, 1, 0, 0, 0)
"""The earliest time that a ZIP file can hold."""
_REGULAR_FILE = 0o100644
_UNIX = 3


def build(archive: Path) -> str:
    """Write the bundle to the file `archive` and return its hash.

    Raises `BundlingError` or `BytecodeError`. It also raises without Python 3.13: a bundle without bytecode would have
    another hash, and would start slowly wherever it is deployed.
    """
    python = runtime_python()
    if python is None:
        raise BundlingError(
            f"the bundle needs Python {PYTHON_VERSION}, the function's version, to compile its modules; install it "
            f"(uv python install {PYTHON_VERSION}) and build again"
        )
    with tempfile.TemporaryDirectory() as folder:
        bundle(Path(folder), platform=PLATFORM, python=python)
        write_archive(Path(folder), archive)
    return content_hash(archive)


def write_archive(folder: Path, archive: Path) -> None:
    """Write the files in `folder` to the ZIP file `archive`, which depends on their names and contents alone."""
    archive.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as target:
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            entry = zipfile.ZipInfo(path.relative_to(folder).as_posix(), _EARLIEST)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system, entry.external_attr = _UNIX, _REGULAR_FILE << 16
            target.writestr(entry, path.read_bytes())


def content_hash(archive: Path) -> str:
    """Return a hash of the names, modes and contents in `archive`. Raises `BundlingError` if it is not a bundle.

    It is not that of the file itself, since versions of zlib compress differently.
    """
    digest = hashlib.sha256()
    try:
        with zipfile.ZipFile(archive) as source:
            for entry in sorted(source.infolist(), key=lambda each: each.filename):
                content = hashlib.sha256(source.read(entry)).hexdigest()
                digest.update(f"{entry.filename}\0{entry.external_attr}\0{content}\n".encode())
    except (OSError, zipfile.BadZipFile):
        raise BundlingError(f"{archive} is not a bundle; write the path of a file that make bundle wrote") from None
    return digest.hexdigest()


def unpack(archive: Path, target: Path, *, ca_bundle: Path) -> None:
    """Unpack `archive` into the folder `target` and add the PEM file `ca_bundle`, as `bundle` does."""
    with zipfile.ZipFile(archive) as source:
        source.extractall(target)
    shutil.copyfile(ca_bundle, target / FILE_NAME)
    make_readable(target)


def main() -> None:
    """Build the bundle to the file of the command line, and print its hash. A failure is one line."""
    try:
        print(build(Path(sys.argv[1])))  # noqa: T201
    except (BundlingError, OSError) as error:
        sys.exit(f"bundle: {error}")


if __name__ == "__main__":
    main()
