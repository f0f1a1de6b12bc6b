"""The source of releases, from which a rehearsal deploys the previous one. `python -m rehearsal.releases` adds one."""

import lzma
import re
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

from gate.values.version import VERSION
from rehearsal.account import ROOT
from rehearsal.source_tree import SYNTHESISED

FOLDER = Path(__file__).parent / "releases"
KEPT = (*SYNTHESISED, "cli")
"""What an archive contains: what `cdk synth` needs, and the operators' commands."""


def newest() -> Path:
    """Return the archive of the newest release."""
    return max(FOLDER.glob("notebook-gate-*.tar.xz"), key=lambda path: [int(n) for n in version_of(path).split(".")])


def version_of(archive: Path) -> str:
    """Return the version that an archive is named after."""
    found = re.fullmatch(r"notebook-gate-(\d+\.\d+\.\d+)\.tar\.xz", archive.name)
    assert found, archive
    return found[1]


def unpack(archive: Path, folder: Path) -> Path:
    """Unpack `archive` into `folder`, and return `folder`."""
    # Python 3.11.0 to 3.11.3 have no filters. The archives are the project's own.
    options: Any = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
    with tarfile.open(archive) as file:
        file.extractall(folder, **options)  # noqa: S202
    return folder


def add() -> Path:
    """Archive what is committed as the release that its version names, and return the archive.

    The same commit gives the same bytes: git's archive has the time of the commit, and no name of a user.
    """
    target = FOLDER / f"notebook-gate-{VERSION}.tar.xz"
    tar = subprocess.run(["git", "archive", "HEAD", "--", *KEPT], cwd=ROOT, capture_output=True, check=True).stdout  # noqa: S607
    FOLDER.mkdir(exist_ok=True)
    target.write_bytes(lzma.compress(tar, preset=9 | lzma.PRESET_EXTREME))
    return target


if __name__ == "__main__":
    sys.stdout.write(f"{add().relative_to(ROOT)}\n")
