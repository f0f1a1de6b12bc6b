"""The build hook of the wheel: one package, `notebook_gate`, with the built function inside.

The sources have several top-level packages. In a wheel, `infra` and `cli` would collide with folders of the apps that
use it, so they are moved below `notebook_gate`, and their imports of each other with them.
"""

import re
import shutil
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

PACKAGE = "notebook_gate"
MOVED = {"infra": "infra", "cli": "cli", "gate": "lambda/gate"}
"""The folders of the packages below `notebook_gate`, by their names."""

BUNDLE = "dist/function.zip"
_IMPORT = re.compile(rf"^(\s*)(from|import) ({'|'.join(MOVED)})\b", re.MULTILINE)


class CustomBuildHook(BuildHookInterface[Any]):
    """Adds the files of the wheel. An editable installation uses the sources as they are."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Raises `FileNotFoundError` without a built function."""
        if version == "editable":
            return
        root = Path(self.root)
        if not (root / BUNDLE).exists():
            raise FileNotFoundError(f"{BUNDLE} is missing; make wheel builds it first")
        self._staging = Path(tempfile.mkdtemp())
        _copy(root / PACKAGE, self._staging)
        for name, folder in MOVED.items():
            _copy(root / folder, self._staging / name)
        # Beside the module that looks for it: infra/prebuilt.py, `SHIPPED`.
        shutil.copyfile(root / BUNDLE, self._staging / "infra" / "function.zip")
        build_data["force_include"][str(self._staging)] = PACKAGE

    def finalize(self, _version: str, _build_data: dict[str, Any], _artifact_path: str) -> None:
        """Remove the copies."""
        if hasattr(self, "_staging"):
            shutil.rmtree(self._staging)


def _copy(source: Path, target: Path) -> None:
    for path in (path for path in source.rglob("*") if path.is_file() and "__pycache__" not in path.parts):
        copy = target / path.relative_to(source)
        copy.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".py":
            copy.write_text(_IMPORT.sub(rf"\1\2 {PACKAGE}.\3", path.read_text(encoding="utf-8")), encoding="utf-8")
        else:
            shutil.copyfile(path, copy)
