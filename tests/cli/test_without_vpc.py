"""`gate explain` and `gate doctor` on a deployment without a VPC."""

import copy
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from cli.doctor import live_checks, window_check
from gate.launch import launcher
from local.deployment import LocalDeployment
from local.options import LocalOptions
from local.places import COLLEAGUE, INSIDE, OUTSIDE
from local.sample import Sample
from testing.clock import Clock
from testing.without_vpc import SETTINGS
from tests.cli.conftest import Gate
from tests.cli.doctor_checks import checks_by_name
from tests.cli.launch_role import inline_policies

TAG = "aws:PrincipalTag/NotebookGateWindow"


@pytest.fixture(scope="module")
def deployment(sample: Sample, clock: Clock, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalDeployment]:
    slow = sample.model_copy(update={"urls_per_second": 10})
    options = LocalOptions(settings=SETTINGS, clock=clock, folder=tmp_path_factory.mktemp("notebooks"))
    with LocalDeployment(slow, options) as deployment:
        yield deployment


def _explained(gate: Gate, *words: str) -> tuple[str, dict[str, str]]:
    answer = gate("explain", "alice@example.com", "alice-notebook", *words, "--json").json
    return answer["outcome"], {each["check"]: each["text"] for each in answer["checks"]}


def test_explain_names_the_window(gate: Gate) -> None:
    outcome, texts = _explained(gate, "--from", INSIDE)
    assert outcome == "allowed"
    assert texts["launch role"].endswith("allows the function's request")
    assert "for some seconds from every address, since the function has no VPC" in texts["session policy"]
    assert texts["use"] == f"{INSIDE} is allowed by aws:SourceIp in {INSIDE}/32"


@pytest.mark.parametrize(
    ("used_from", "fix"),
    [(COLLEAGUE, "Have them open the bookmark again from there."), (OUTSIDE, "Have them join the VPN, or add it to")],
)
def test_explain_says_who_cannot_use_the_url_afterwards(gate: Gate, used_from: str, fix: str) -> None:
    words = ("explain", "alice@example.com", "alice-notebook", "--opened-from", INSIDE, "--used-from", used_from)
    answer = gate(*words, "--json").json
    (check,) = (each for each in answer["checks"] if each["check"] == "use")
    assert (answer["outcome"], check["text"]) == (
        "aws_denied",
        f"The session policy denies {used_from}; it allows aws:SourceIp in {INSIDE}/32",
    )
    assert check["fix"].startswith(fix)


def test_doctor_knows_that_there_is_no_vpc(gate: Gate) -> None:
    checks = checks_by_name(gate)
    assert checks["egress"]["text"].startswith("the function has no VPC")
    assert "SageMaker endpoint" not in checks
    assert checks["launch role"] == {
        "name": "launch role", "level": "ok", "fix": "",
        "text": "the launch role allows 2 networks and denies all others",
    }  # fmt: skip


@pytest.mark.parametrize("exception", [None, {"StringNotEquals": {TAG: ["false"]}}])
def test_doctor_reports_a_launch_role_without_the_exception(
    gate: Gate, deployment: LocalDeployment, exception: dict[str, Any] | None
) -> None:
    def change(deny: dict[str, Any]) -> None:
        deny["Condition"] = {"NotIpAddress": deny["Condition"]["NotIpAddress"], **(exception or {})}

    assert "which come from any address" in _checked(gate, deployment, change)["text"]


def test_doctor_reports_a_deny_without_conditions(gate: Gate, deployment: LocalDeployment) -> None:
    assert _checked(gate, deployment, lambda deny: deny.pop("Condition"))["level"] == "error"


def _checked(gate: Gate, deployment: LocalDeployment, change: Callable[[dict[str, Any]], object]) -> dict[str, str]:
    """Return what the doctor says of the launch role after `change` of its Deny."""
    iam, role = deployment.operator("iam"), deployment.template.launch_role.arn.rpartition("/")[2]
    before = inline_policies(deployment)["launch"]
    changed = copy.deepcopy(before)
    change(next(each for each in changed["Statement"] if each["Effect"] == "Deny"))
    try:
        _put(iam, role, changed)
        return checks_by_name(gate)["launch role"]
    finally:
        _put(iam, role, before)


def _put(iam: Any, role: str, policy: Any) -> None:
    iam.put_role_policy(RoleName=role, PolicyName="launch", PolicyDocument=json.dumps(policy))


def test_live_checks_confirm_that_a_url_dies_elsewhere_after_the_window(
    gate: Gate, deployment: LocalDeployment, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_checks.LiveChecks, "sleep", _moving(clock))
    checks = checks_by_name(gate, "--live", "--notebook", "alice-notebook")
    assert checks["launch"]["level"] == "ok"
    assert checks["window"]["text"] == "a URL for another address is not usable here 16 s later"


def _moving(clock: Clock) -> Any:
    def sleep(seconds: float) -> None:
        clock.ahead += seconds

    return staticmethod(sleep)


def test_live_checks_report_a_window_that_stays_open(gate: Gate, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    original = launcher.session_policy

    def open_for_long(*args: Any, **options: Any) -> str:
        end = options["window_end"]
        return original(*args, **{**options, "window_end": end and end + 3600})

    monkeypatch.setattr(launcher, "session_policy", open_for_long)
    monkeypatch.setattr(live_checks.LiveChecks, "sleep", _moving(clock))
    check = checks_by_name(gate, "--live", "--notebook", "alice-notebook")["window"]
    assert (check["level"], check["text"]) == ("error", "a URL for another address is still usable here 16 s later")


def test_live_checks_report_a_url_that_is_refused_within_its_window(
    gate: Gate, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = launcher.session_policy

    def without_window(*args: Any, **options: Any) -> str:
        # The function's own call is allowed: only its address may use the URL.
        sources = replace(args[3], public_cidrs=(*args[3].public_cidrs, "192.0.2.200/32"))
        return original(*args[:3], sources, window_end=None)

    monkeypatch.setattr(live_checks.LiveChecks, "sleep", _moving(clock))
    monkeypatch.setattr(
        window_check, "_url_for_elsewhere", _in_turn(window_check._url_for_elsewhere, monkeypatch, without_window)
    )
    check = checks_by_name(gate, "--live", "--notebook", "alice-notebook")["window"]
    assert (check["level"], "within its window" in check["text"]) == ("error", True)


def _in_turn(real: Any, monkeypatch: pytest.MonkeyPatch, policy: Any) -> Any:
    def url(*args: Any) -> str:
        monkeypatch.setattr(launcher, "session_policy", policy)
        return str(real(*args))

    return url
