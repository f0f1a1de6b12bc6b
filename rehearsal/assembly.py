"""Changes the output of `cdk synth` before it is deployed."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

from local.template import Template


def change_template(assembly: Path, stack: str, change: Callable[[Template], None]) -> None:
    """Apply `change` to the template of `stack`, and let CDK know the file as another one."""
    path = assembly / f"{stack}.template.json"
    before = path.read_bytes()
    template = json.loads(before)
    change(template)
    after = json.dumps(template, indent=1).encode()
    path.write_bytes(after)
    _rename(assembly, stack, hashlib.sha256(before).hexdigest(), hashlib.sha256(after).hexdigest())


def change_bundle(assembly: Path, stack: str, change: Callable[[Path], None]) -> None:
    """Apply `change` to the folder of the function's code in `stack`, and let CDK know it as another one."""
    (folder,) = assembly.glob("asset.*")
    change(folder)
    before = folder.name.partition(".")[2]
    after = hashlib.sha256(before.encode()).hexdigest()
    change_template(assembly, stack, lambda template: _point(template, before, after))
    _rename(assembly, stack, before, after)
    folder.rename(folder.with_name(f"asset.{after}"))


def _point(template: Template, before: str, after: str) -> None:
    changed = json.loads(json.dumps(template).replace(before, after))
    template.clear()
    template.update(changed)


def _rename(assembly: Path, stack: str, before: str, after: str) -> None:
    # CDK uploads no asset whose hash it has seen, and names a template's by the hash of the file.
    for name in (f"{stack}.assets.json", "manifest.json"):
        path = assembly / name
        path.write_text(path.read_text(encoding="utf-8").replace(before, after), encoding="utf-8")
