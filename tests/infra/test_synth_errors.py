"""Settings and bundles that stop `npx cdk synth`, and what it warns about."""

import json
import shutil
import sys
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import aws_cdk as cdk
import pytest

from infra.settings import Settings
from infra.stacks import add_stacks
from tests.infra.command import ROOT, run
from tests.infra.examples import ENDPOINT, MINIMAL, SIGN_IN_ISSUER

WITH_ENDPOINTS = {"vpc_endpoints": [ENDPOINT]}


def _warnings(settings: dict[str, Any]) -> list[str]:
    """Return the warnings of a synthesis with `settings`."""
    app = cdk.App(context={"aws:cdk:bundling-stacks": []})
    add_stacks(app, Settings.parse({**MINIMAL, **settings}))
    assembly = Path(app.synth().directory)
    # The file itself, since jsii's view of it depends on what else of CDK this process has imported.
    metadata = json.loads((assembly / "notebook-gate.metadata.json").read_text())
    return [entry["data"] for entries in metadata.values() for entry in entries if entry["type"] == "aws:cdk:warning"]


def test_a_deployment_without_bytecode_is_warned_about(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("infra.function.runtime_python", lambda: None)
    (warning,) = (each for each in _warnings({}) if "There is no Python 3.13" in each)
    assert "uv python install 3.13" in warning


@pytest.mark.parametrize(
    ("settings", "warned"),
    [
        ({}, False),
        (WITH_ENDPOINTS, True),
        ({**WITH_ENDPOINTS, "pin": "network"}, True),
        ({**WITH_ENDPOINTS, "pin": "networks"}, False),
        ({**WITH_ENDPOINTS, "private_endpoints": [ENDPOINT]}, False),
    ],
)
def test_endpoints_that_nobody_could_use_are_warned_about(settings: dict[str, Any], warned: bool) -> None:
    found = [each for each in _warnings(settings) if "nobody can use a notebook through vpc_endpoints" in each]
    assert len(found) == warned
    assert all('pin = "networks"' in each and "private_endpoints" in each for each in found)


SLACK: dict[str, Any] = {"slack": {"teams": ["T0123ABCDEF"]}, "requests": {"approvers": {"group:leads": ["*"]}}}
ADDRESSES = {"teams": ["T0123ABCDEF", "T0OTHER"], "email_domains": ["example.com"]}
OTHER_CLAIM = {"identity": {**SIGN_IN_ISSUER, "user_claim": "oid"}}


@pytest.mark.parametrize(
    ("settings", "warned"),
    [
        ({}, []),
        (OTHER_CLAIM, []),
        ({**SLACK, "requests": {}}, []),
        ({**SLACK, "slack": ADDRESSES}, []),
        (SLACK, ["set slack.email_domains"]),
        ({**SLACK, **OTHER_CLAIM, "slack": ADDRESSES}, ['set identity.user_claim = "email"']),
        (
            {**SLACK, "slack": {"teams": ADDRESSES["teams"]}},
            ["set slack.email_domains", "in the workspace where the person asked"],
        ),
    ],
)
def test_names_that_cannot_be_compared_are_warned_about(settings: dict[str, Any], warned: list[str]) -> None:
    found = [each for each in _warnings(settings) if "The gate cannot tell whether" in each]
    assert [text in each for text, each in zip(warned, found, strict=True)] == [True] * len(warned)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the app, with its own settings."""
    folder = tmp_path / "app"
    folder.mkdir()
    for name in ("app.py", "uv.lock", "gate.toml", "pyproject.toml"):
        shutil.copy(ROOT / name, folder / name)
    for name in ("infra", "lambda"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "node_modules").symlink_to(ROOT / "node_modules")
    return folder


def _synth(folder: Path) -> CompletedProcess[str]:
    app = f"JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION=20 {sys.executable} app.py"
    return run("npx", "cdk", "synth", "--quiet", "--app", app, "--output", "out", cwd=folder)


def _set(settings: Path, section: str, name: str, value: str) -> None:
    """Replace the value of a setting in a file like gate.toml."""
    lines, inside = settings.read_text().splitlines(), not section
    for number, line in enumerate(lines):
        if line.startswith("["):
            inside = line == f"[{section}]"
        elif inside and line.startswith(f"{name} = "):
            lines[number] = f"{name} = {value}"
            settings.write_text("\n".join(lines) + "\n")
            return
    pytest.fail(f"gate.toml has no {name} in [{section}]")


def test_invalid_settings_stop_synth_with_one_line_for_each_problem(copy: Path) -> None:
    settings = copy / "gate.toml"
    _set(settings, "", "networks", '["203.0.113.7/24"]')
    _set(settings, "vpc", "id", '"vpc-0123456789abcdef0"')
    _set(settings, "vpc", "subnet_ids", '["subnet-01234567"]')
    _set(settings, "limits", "session", "90000")

    done = _synth(copy)

    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    problems = [line for line in done.stderr.splitlines() if line.startswith("gate.toml: ")]
    assert [line.removeprefix("gate.toml: ").split(" = ")[0] for line in problems] == [
        "networks[0]",
        "vpc.egress",
        "limits.session",
    ]


def test_a_bundle_that_cannot_be_made_stops_synth_and_says_why(copy: Path) -> None:
    lock = copy / "uv.lock"
    # The downloaded packages then do not match the hashes of the lock file.
    lock.write_text(lock.read_text().replace("sha256:", "sha256:0000"))

    done = _synth(copy)

    assert done.returncode != 0
    assert "Failed to bundle asset" in done.stderr
    assert "Traceback" not in done.stderr
