"""What is changed after `cdk synth` is known to CDK as another file, so that it is uploaded."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from rehearsal.assembly import change_bundle, change_template

STACK = "s"


@pytest.fixture
def assembly(tmp_path: Path) -> Path:
    template = json.dumps({"Resources": {"F": {"Key": "abc.zip"}}}).encode()
    digest = hashlib.sha256(template).hexdigest()
    (tmp_path / f"{STACK}.template.json").write_bytes(template)
    (tmp_path / f"{STACK}.assets.json").write_text(json.dumps({digest: "template", "abc": "asset.abc"}))
    (tmp_path / "manifest.json").write_text(json.dumps({"url": f"s3://b/{digest}.json"}))
    (tmp_path / "asset.abc").mkdir()
    (tmp_path / "asset.abc" / "module.py").touch()
    return tmp_path


def _read(assembly: Path) -> tuple[Any, Any, str]:
    template = (assembly / f"{STACK}.template.json").read_bytes()
    assets = json.loads((assembly / f"{STACK}.assets.json").read_text())
    digest = hashlib.sha256(template).hexdigest()
    assert digest in assets
    assert digest in (assembly / "manifest.json").read_text()
    return json.loads(template), assets, digest


def test_a_changed_template_has_its_own_hash(assembly: Path) -> None:
    _, _, before = _read(assembly)
    change_template(assembly, STACK, lambda template: template["Resources"].update(G={}))
    template, assets, after = _read(assembly)
    assert "G" in template["Resources"]
    assert before != after
    assert before not in assets


def test_a_changed_bundle_has_its_own_hash(assembly: Path) -> None:
    change_bundle(assembly, STACK, lambda folder: (folder / "module.py").unlink())
    template, assets, _ = _read(assembly)
    (folder,) = assembly.glob("asset.*")
    digest = folder.name.removeprefix("asset.")
    assert digest != "abc"
    assert assets[digest] == folder.name
    assert template["Resources"]["F"]["Key"] == f"{digest}.zip"
    assert not list(folder.iterdir())
