"""Copies of the source tree, from which another release of the stack is synthesised."""

import shutil
from pathlib import Path

from rehearsal.account import ROOT

SETTINGS = Path("dev/rehearsal/gate.toml")
"""The settings of a rehearsal, in a tree."""

SYNTHESISED = (
    "lambda",
    "infra",
    "dev/rehearsal/__init__.py",
    "dev/rehearsal/app.py",
    str(SETTINGS),
    "pyproject.toml",
    "uv.lock",
    "cdk.json",
)
"""What `cdk synth` needs."""

MEMORY = 640
"""Megabytes of the functions in a changed tree."""


def changed(folder: Path) -> Path:
    """Copy the source tree to `folder`, with a change of the function's code and more memory, and return `folder`."""
    for name in SYNTHESISED:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copyfile(ROOT / name, folder / name)
    _replace(folder / "lambda" / "gate" / "bootstrap.py", '"""', '"""Changed in a rehearsal. ', times=1)
    _replace(folder / "infra" / "function.py", "memory_size=512", f"memory_size={MEMORY}")
    return folder


def _replace(path: Path, old: str, new: str, *, times: int = -1) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{path.name} has no {old}"
    path.write_text(text.replace(old, new, times), encoding="utf-8")
