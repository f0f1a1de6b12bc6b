"""Synthesised templates and the policy evaluator, made once for all tests."""

import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.settings import Settings
from local.evaluator import Evaluator
from local.resolved_template import ResolvedTemplate
from local.template import Template, synthesise
from tests.infra.command import ROOT, run
from tests.infra.examples import FULL


@pytest.fixture(scope="session")
def template() -> Template:
    """The template of the example gate.toml: own VPC, own user pool, API Gateway's address."""
    return synthesise(Settings.load(ROOT / "gate.toml"))


@pytest.fixture(scope="session")
def full_template() -> Template:
    return synthesise(Settings.parse(FULL))


@pytest.fixture(scope="session")
def resolved(template: Template) -> ResolvedTemplate:
    return ResolvedTemplate(template)


@pytest.fixture(scope="session")
def full_resolved(full_template: Template) -> ResolvedTemplate:
    return ResolvedTemplate(full_template)


@pytest.fixture(scope="module")
def evaluator() -> Iterator[Evaluator]:
    with Evaluator() as evaluator:
        yield evaluator


@pytest.fixture(scope="session")
def synth(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The cloud assembly and the output of `npx cdk synth` for the example gate.toml, made once for all workers."""
    base = tmp_path_factory.getbasetemp()
    # The workers of pytest-xdist have the parent of their folders in common.
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "cdk"
    folder.mkdir(exist_ok=True)
    output = folder / "output.txt"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not output.exists():
            done = run("npx", "cdk", "synth", "--quiet", "--output", str(folder / "out"))
            assert done.returncode == 0, done.stderr
            output.write_text(done.stdout + done.stderr)
    return folder / "out", output.read_text()


@pytest.fixture(scope="session")
def assembly(synth: tuple[Path, str]) -> Path:
    """The cloud assembly of the example gate.toml."""
    return synth[0]
