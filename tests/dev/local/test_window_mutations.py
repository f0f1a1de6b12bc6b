"""Every part of the policies without a VPC matters: each change of one makes a scenario fail."""

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from gate.launch import launcher
from gate.launch.window import LONGEST
from local.aws.authority import FUNCTION_KEY
from local.aws.clients import clients
from local.deployment import LocalDeployment
from local.places import COLLEAGUE, INSIDE, OUTSIDE
from local.sample import Sample
from local.template import Template
from testing.aws_clients import is_denied
from testing.clock import StoppedClock
from testing.notebook_client import status_from
from testing.user import TestUser
from testing.without_vpc import opened_url, without_vpc
from tests.dev.local.launch_role import launch_role

Statements = list[dict[str, Any]]
Change = Callable[[Statements], object]
WINDOW = "DateLessThan"


def run_scenario(deployment: LocalDeployment, clock: StoppedClock) -> None:
    """Do what the policies must allow, and try what they must deny."""
    url = opened_url(deployment)
    clock.now += LONGEST
    found = {address: status_from(deployment, address, url) for address in (INSIDE, COLLEAGUE, OUTSIDE)}
    assert found == {INSIDE: 302, COLLEAGUE: 403, OUTSIDE: 403}
    studio = TestUser(deployment).open("/open/studio:d-local1~dave~churn-space", "dave@example.com")
    assert studio.status_code == 302, studio.status_code
    clock.now += LONGEST
    assert status_from(deployment, OUTSIDE, studio.headers["Location"]) == 403
    # What the role permits without a session policy, inside and outside of the networks.
    role, sts = deployment.template.launch_role.arn, clients(deployment.aws.function_url, FUNCTION_KEY)("sts")
    key = sts.assume_role(RoleArn=role, RoleSessionName="tester")["Credentials"]["AccessKeyId"]
    named = {"NotebookInstanceName": "bob-notebook"}
    inside, elsewhere = (clients(url, key)("sagemaker") for url in (deployment.aws.url, deployment.aws.function_url))
    assert not is_denied(lambda: inside.create_presigned_notebook_instance_url(**named))
    assert is_denied(lambda: elsewhere.create_presigned_notebook_instance_url(**named))


def test_the_scenario_passes_with_the_policies_as_they_are(sample: Sample) -> None:
    clock = StoppedClock()
    with without_vpc(sample, clock) as deployment:
        run_scenario(deployment, clock)


def _window(statements: Statements) -> dict[str, Any]:
    (window,) = (each for each in statements if WINDOW in each.get("Condition", {}))
    return window


def _moved(statements: Statements, operator: str, key: str = "aws:CurrentTime") -> None:
    window = _window(statements)
    window["Condition"] = {operator: {key: window["Condition"][WINDOW]["aws:CurrentTime"]}}


SESSION_CHANGES: dict[str, Change] = {
    "no window": lambda statements: statements.remove(_window(statements)),
    "no end": lambda statements: _window(statements).pop("Condition"),
    "from the end on": lambda statements: _moved(statements, "DateGreaterThan"),
    "every other time": lambda statements: _moved(statements, "DateNotEquals"),
    "the time of another moment": lambda statements: _moved(statements, WINDOW, "aws:TokenIssueTime"),
    "a later end": lambda statements: _window(statements).update(
        Condition={WINDOW: {"aws:CurrentTime": "2099-01-01T00:00:00Z"}}
    ),
    "a denied window": lambda statements: _window(statements).update(Effect="Deny"),
    "another action": lambda statements: _window(statements).update(Action="sagemaker:StopNotebookInstance"),
    "another notebook": lambda statements: _window(statements).update(Resource="arn:aws:sagemaker:*:*:none/x"),
    "no address afterwards": lambda statements: statements.pop(0),
    "all addresses afterwards": lambda statements: statements[0].pop("Condition"),
}


@pytest.mark.parametrize("change", SESSION_CHANGES.values(), ids=SESSION_CHANGES.keys())
def test_a_changed_part_of_the_session_policy_makes_the_scenario_fail(
    sample: Sample, change: Change, monkeypatch: pytest.MonkeyPatch
) -> None:
    original, changes = launcher.session_policy, []

    def changed(*args: Any, **options: Any) -> str:
        policy = json.loads(original(*args, **options))
        if options.get("window_end") is not None:
            before = copy.deepcopy(policy)
            change(policy["Statement"])
            changes.append(policy != before)
        return json.dumps(policy)

    monkeypatch.setattr(launcher, "session_policy", changed)
    clock = StoppedClock()
    with without_vpc(sample, clock) as deployment, pytest.raises(AssertionError):
        run_scenario(deployment, clock)
    # Outside: an error in the function would make the scenario fail, too.
    assert changes
    assert all(changes)


def _deny(template: Template) -> dict[str, Any]:
    (policy,) = launch_role(template)["Policies"]
    (deny,) = (each for each in policy["PolicyDocument"]["Statement"] if each["Effect"] == "Deny")
    condition: dict[str, Any] = deny["Condition"]
    return condition


def _untagged(condition: dict[str, Any], value: str) -> None:
    condition["StringNotEquals"] = {key: [value] for key in condition["StringNotEquals"]}


def _without_tagging(template: Template) -> None:
    for statement in launch_role(template)["AssumeRolePolicyDocument"]["Statement"]:
        if "sts:TagSession" in statement["Action"]:
            statement["Action"] = "sts:SetSourceIdentity"


ROLE_CHANGES: dict[str, Callable[[Template], object]] = {
    "the Deny spares nobody": lambda template: _deny(template).pop("StringNotEquals"),
    "the Deny spares other sessions": lambda template: _untagged(_deny(template), "false"),
    "the Deny spares every session": lambda template: _deny(template).update(
        StringEquals=_deny(template).pop("StringNotEquals")
    ),
    "the Deny is about all addresses": lambda template: _deny(template).pop("NotIpAddress"),
    "the role trusts no tags": _without_tagging,
}


@pytest.mark.parametrize("change", ROLE_CHANGES.values(), ids=ROLE_CHANGES.keys())
def test_a_changed_part_of_the_roles_makes_the_scenario_fail(
    sample: Sample, change: Callable[[Template], object]
) -> None:
    def apply(template: Template) -> None:
        before = copy.deepcopy(template)
        change(template)
        assert template != before, "the change changed nothing"

    clock = StoppedClock()
    with without_vpc(sample, clock, change_template=apply) as deployment, pytest.raises(AssertionError):
        run_scenario(deployment, clock)
