"""Several environments: a settings file for each, chosen on the command line."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.infra.command import ROOT, run

STAMPS = ("--old-file=.venv/.ready", "--old-file=node_modules/.ready")
"""Arguments of make, so that it sets nothing up."""

EXAMPLE = (ROOT / "gate.toml").read_text()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A copy of the example in another folder."""
    file = tmp_path / "production.toml"
    file.write_text(EXAMPLE)
    return file


def _make_deploy(file: Path) -> subprocess.CompletedProcess[str]:
    """Run `make deploy`, with a program in place of npx that prints its arguments: there is no account to deploy to."""
    npx = file.parent / "npx"
    npx.write_text('#!/bin/sh\necho "$@"\n')
    npx.chmod(0o755)
    environment = {**os.environ, "PATH": f"{file.parent}:{os.environ['PATH']}"}
    return run("make", *STAMPS, "deploy", f"SETTINGS={file}", env=environment)


@pytest.mark.parametrize("remote", ["[]", '["210987654321/eu-central-1"]'])
def test_make_deploy_deploys_the_gate_of_the_file(file: Path, remote: str) -> None:
    text = EXAMPLE.replace('name = "notebook-gate"', 'name = "gate-production"', 1)
    text = text.replace("locations = []", f"locations = {remote}").replace('external_id = ""', 'external_id = "word"')
    file.write_text(text)
    done = _make_deploy(file)
    # With the name: there are two stacks if there are remote locations.
    assert done.stdout.splitlines() == [f"cdk deploy -c settings={file} gate-production"], done.stderr


def test_make_deploy_refuses_invalid_settings(file: Path) -> None:
    file.write_text(EXAMPLE.replace('networks = ["203.0.113.0/24"]', "networks = []"))
    refused = _make_deploy(file)
    assert (refused.returncode != 0, "production.toml: networks = [] allows no address" in refused.stderr) == (
        True,
        True,
    )
    assert "cdk deploy" not in refused.stdout


def test_synth_reads_the_file_of_the_context(file: Path) -> None:
    file.write_text(EXAMPLE.replace("session = 43200", "session = 90000"))
    # As the command line of CDK passes `-c settings=FILE` to the app.
    context = {"CDK_CONTEXT_JSON": json.dumps({"settings": str(file)})}
    refused = run(sys.executable, "app.py", env={**os.environ, **context, "PYTHONPATH": "lambda:."})
    assert (refused.returncode, "production.toml: limits.session" in refused.stderr) == (1, True), refused.stderr
