"""The recipe of docs/pipeline.md, as a pipeline runs it: one bundle, two environments, the same code in both."""

import json
import os
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from infra.bundle import runtime_python
from infra.prebuilt import content_hash
from tests.infra.command import ROOT, run

PAGE = (ROOT / "docs" / "pipeline.md").read_text()
SOURCES = ("app.py", "cdk.json", "infra", "lambda", "Makefile", "pyproject.toml", "uv.lock", "scripts", "package.json")


def _steps() -> list[str]:
    blocks = re.findall(r"^ *```sh\n(.*?)^ *```", PAGE, re.MULTILINE | re.DOTALL)
    return [line.strip() for block in blocks for line in block.splitlines()]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of the sources, with a settings file for each environment."""
    folder = tmp_path / "checkout"
    folder.mkdir()
    for name in SOURCES:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(ROOT / name, folder / name)
    for name in (".venv", "node_modules"):
        (folder / name).mkdir()
        for path in (path for path in (ROOT / name).iterdir() if path.name != ".ready"):
            (folder / name / path.name).symlink_to(path)
        # Newer than the lock files: `make` must install nothing, which would change the environment of the tests.
        (folder / name / ".ready").touch()
    (folder / "environments").mkdir()
    for name, network in (("staging", "203.0.113.0/24"), ("production", "198.51.100.0/24")):
        text = f'name = "gate-{name}"\nnetworks = ["{network}"]\n'
        (folder / "environments" / f"{name}.toml").write_text(text)
    return folder


def _code(template: dict[str, Any]) -> Any:
    # CDK's own function, which empties the default security group, has no such variable.
    (function,) = (
        each["Properties"]
        for each in template["Resources"].values()
        if "GATE_TABLE" in each.get("Properties", {}).get("Environment", {}).get("Variables", {})
    )
    return function["Code"]


def test_both_environments_get_the_bundle_that_was_built(checkout: Path) -> None:
    if runtime_python() is None:
        pytest.skip("needs Python 3.13 to build the bundle")
    steps = [step for step in _steps() if step == "make bundle" or step.startswith("npx cdk synth")]
    assert len(steps) == 3
    printed = []
    for step in steps:
        done = run("sh", "-c", step, cwd=checkout, env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"})
        assert done.returncode == 0, done.stderr
        printed.append(done.stdout)
    bundle = checkout / "dist" / "function.zip"
    assert printed[0].strip() == content_hash(bundle)
    templates = []
    for name in ("staging", "production"):
        (asset,) = (checkout / "dist" / name).glob("asset.*.zip")
        assert asset.read_bytes() == bundle.read_bytes()
        templates.append(json.loads((checkout / "dist" / name / f"gate-{name}.template.json").read_text()))
    assert _code(templates[0]) == _code(templates[1])
    assert templates[0] != templates[1]


def test_every_assembly_that_is_made_is_deployed_and_the_workflow_has_the_same_commands() -> None:
    steps = _steps()
    made = {step.split("--output ")[1] for step in steps if "cdk synth" in step}
    deployed = {step.split("--app ")[1].split()[0] for step in steps if "cdk deploy" in step}
    assert made == deployed == {"dist/staging", "dist/production"}
    workflow = re.findall(r"^ *- run: (.+)$", PAGE, re.MULTILINE)
    assert workflow == [step for step in steps if step.startswith("make ") or "cdk synth" in step]


def test_the_page_is_short() -> None:
    assert len(PAGE.splitlines()) <= 120
