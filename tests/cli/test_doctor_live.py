"""`gate doctor --live`: tests the assumptions about AWS, and leaves nothing behind."""

import json
import time
from collections.abc import Iterator

import pytest

from cli.deployed import Deployed
from cli.doctor import live_checks
from cli.doctor.notebook_browser import NotebookBrowser
from cli.grants.table import GrantsTable
from cli.revoke.denies import DenyRows, deny
from gate.launch.denies.launch_role import LaunchRolePolicies
from local.deployment import LocalDeployment
from local.options import LocalOptions
from local.sample import Sample
from tests.cli.conftest import Gate
from tests.cli.doctor_checks import checks_by_name
from tests.cli.launch_role import inline_policies, remove_revocations
from tests.cli.operator_access import operator_access


@pytest.fixture(scope="module")
def deployment(sample: Sample, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalDeployment]:
    slow = sample.model_copy(update={"urls_per_second": 10})
    with LocalDeployment(slow, LocalOptions(folder=tmp_path_factory.mktemp("notebooks"))) as deployment:
        yield deployment


def test_live_checks_test_the_assumptions(
    gate: Gate, deployment: LocalDeployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    deployment.instances["bob-notebook"] = "Stopped"
    before = gate("grants", "export").out
    checks = checks_by_name(gate, "--live", "--notebook", "alice-notebook", "--stopped", "bob-notebook")
    tried = {name: check["text"] for name, check in checks.items() if check["level"] == "ok"}
    assert tried["unknown notebook"] == tried["stopped notebook"] == "AWS answers ValidationException"
    assert tried["view=lab"] == "&view=lab leads to /lab"
    assert tried["policies on every request"].startswith("a deny cuts off an open notebook within")
    assert "ThrottlingException" in tried["throttling"] or "without throttling" in tried["throttling"]
    # Nothing is left behind.
    assert gate("grants", "export").out == before
    assert checks["revocations"]["text"] == "0 denies are in effect"
    assert gate("doctor").code == 0


def test_live_checks_report_a_deny_without_effect(
    gate: Gate, deployment: LocalDeployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_checks, "DENY_TIMEOUT", 4)
    monkeypatch.setattr("local.aws.authority.LocalAuthority._later_policies", lambda *_: [])
    cut = checks_by_name(gate, "--live", "--notebook", "alice-notebook")["policies on every request"]
    assert (cut["level"], cut["text"]) == ("error", "a deny has not cut off an open notebook after 4 s")


def test_a_revoke_during_live_checks_keeps_its_deny(
    gate: Gate, deployment: LocalDeployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = NotebookBrowser.visit
    aws = operator_access(deployment)
    deployment.aws.calls.clear()

    def visit(self: NotebookBrowser, url: str) -> tuple[int, str]:
        policies = inline_policies(deployment)
        if "notebook-gate-doctor" in policies and "eve" not in json.dumps(policies["notebook-gate-revocations"]):
            deployed = Deployed.find(aws, "local")
            rows = DenyRows(GrantsTable.of(deployed), deployed.config)
            deny(LaunchRolePolicies(aws.client("iam"), deployed.launch_role), rows, ["eve"], now=int(time.time()))
        return real(self, url)

    monkeypatch.setattr(NotebookBrowser, "visit", visit)
    checks_by_name(gate, "--live", "--notebook", "alice-notebook")
    try:
        assert "eve" in json.dumps(inline_policies(deployment)["notebook-gate-revocations"])
        assert inline_policies(deployment).keys() == {"launch", "notebook-gate-revocations"}
        # Each policy is written once: the live checks do not write that of the revoke.
        calls = [call for call in deployment.aws.calls if call.operation == "PutRolePolicy"]
        written = [call.parameters["PolicyName"] for call in calls]
        assert sorted(written) == ["notebook-gate-doctor", "notebook-gate-revocations"]
    finally:
        remove_revocations(deployment)


def test_live_checks_remove_their_deny_after_an_interrupt(
    gate: Gate, deployment: LocalDeployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = NotebookBrowser.visit

    def visit(self: NotebookBrowser, url: str) -> tuple[int, str]:
        if "notebook-gate-doctor" in inline_policies(deployment):
            raise KeyboardInterrupt
        return real(self, url)

    monkeypatch.setattr(NotebookBrowser, "visit", visit)
    assert (
        gate("doctor", "--live", "--notebook", "alice-notebook").code == 130
    )  # the exit code of an interrupted command
    assert inline_policies(deployment).keys() == {"launch", "notebook-gate-revocations"}


def test_live_needs_a_notebook(gate: Gate) -> None:
    assert "add --notebook NAME" in gate("doctor", "--live").err
