"""The release: what `gate --version` prints, and how `gate doctor` compares it with that of the stack."""

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import pytest
from typer.testing import CliRunner

from cli.deployed import Deployed
from cli.doctor.release_checks import check_release
from cli.main import app
from gate.values import version
from gate.values.version import VERSION

ROOT = Path(__file__).parents[2]


def test_gate_prints_its_version_without_a_call_of_aws() -> None:
    # No credentials, no region, and no stack: a call would fail.
    result = CliRunner().invoke(app, ["--version"], env={"AWS_CONFIG_FILE": "/dev/null", "AWS_REGION": None})
    assert (result.exit_code, result.output) == (0, f"gate {VERSION}\n")


def test_the_package_takes_its_version_from_the_function() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert "version" not in project["project"]
    hatch = project["tool"]["hatch"]["version"]
    path = ROOT / hatch["path"]
    assert path == Path(version.__file__)
    found = re.search(hatch["pattern"], path.read_text())
    assert found
    assert found["version"] == VERSION


def _stack(outputs: Mapping[str, str]) -> Deployed:
    return Deployed(cast(Any, None), "notebook-gate", "UPDATE_COMPLETE", outputs)


@pytest.mark.parametrize(
    ("outputs", "text", "fix"),
    [
        ({}, "does not say its version", "Read the upgrade notes"),
        ({"Version": "0.9.9"}, "is 0.9.9, and gate is 0.10.0", "Read the upgrade notes"),
        ({"Version": "0.11.0"}, "is 0.11.0, and gate is 0.10.0", "Use the gate of 0.11.0"),
    ],
    ids=["none", "older", "newer"],
)
def test_another_version_is_a_warning_that_says_what_to_do(outputs: Mapping[str, str], text: str, fix: str) -> None:
    (outcome,) = check_release(_stack(outputs), own="0.10.0")
    assert outcome.level == "warning"
    assert text in outcome.text
    assert outcome.fix.startswith(fix)


def test_the_same_version_is_right() -> None:
    (outcome,) = check_release(_stack({"Version": "0.10.0"}), own="0.10.0")
    assert outcome.level == "ok"
