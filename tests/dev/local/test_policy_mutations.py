"""Every line of the launch role's policy matters: each change of one makes a scenario fail."""

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from local.aws.authority import FUNCTION_KEY
from local.aws.clients import clients
from local.deployment import LocalDeployment
from local.options import LocalOptions
from local.places import COLLEAGUE, INSIDE, OUTSIDE
from local.sample import Sample
from local.template import REGION, Template
from testing.aws_clients import is_denied
from testing.clock import Clock
from testing.networks import SETTINGS, THROUGH_ENDPOINT, VPC_ENDPOINTS
from testing.notebook_client import status_from
from testing.user import TestUser
from tests.dev.local.launch_role import launch_role

SPACE = "studio~d-local1~dave~churn-space"
Change = Callable[[list[dict[str, Any]]], None]
ALICES = f"arn:aws:sagemaker:{REGION}:123456789012:notebook-instance/alice-notebook"
OPEN = "sagemaker:CreatePresignedNotebookInstanceUrl"


def _with_change(change: Change) -> Callable[[Template], None]:
    def apply(template: Template) -> None:
        (policy,) = launch_role(template)["Policies"]
        before = copy.deepcopy(policy)
        change(policy["PolicyDocument"]["Statement"])
        assert policy != before, "the change changed nothing"

    return apply


def run_scenario(deployment: LocalDeployment, clock: Clock) -> None:
    """Do what the policy must allow, and try what it must deny."""
    urls = []
    for notebook, email in (
        ("alice-notebook", "alice@example.com"),
        ("bob-notebook", "bob@example.com"),
        (SPACE, "dave@example.com"),
    ):
        answer = TestUser(deployment).open(f"/open/{notebook}", email)
        assert answer.status_code == 302, answer.status_code
        urls.append(answer.headers["Location"])
    for url in urls:
        found = {each: status_from(deployment, each, url) for each in (INSIDE, COLLEAGUE, THROUGH_ENDPOINT, OUTSIDE)}
        assert found == {INSIDE: 302, COLLEAGUE: 302, THROUGH_ENDPOINT: 302, OUTSIDE: 403}

    alice = TestUser(deployment)
    assert "<strong>Running</strong>" in alice.open("/", "alice@example.com").text
    assert alice.go("/notebooks/alice-notebook").status_code == 200
    assert alice.press("/notebooks/alice-notebook/stop").status_code == 303
    clock.ahead += 10
    assert alice.press("/notebooks/alice-notebook/start").status_code == 303
    clock.ahead += 10
    dave = TestUser(deployment)
    assert "<strong>Running</strong>" in dave.open("/", "dave@example.com").text
    assert dave.press(f"/notebooks/{SPACE}/stop").status_code == 303
    clock.ahead += 10
    assert dave.press(f"/notebooks/{SPACE}/start").status_code == 303
    del deployment.studio.profiles["d-local1", "erin"]  # a refusal has the user profile described
    assert TestUser(deployment).open("/open/studio:d-local1~erin", "erin@example.com").status_code == 404

    # What the role permits without a session policy.
    role = deployment.template.launch_role.arn
    sts = clients(deployment.aws.function_url, FUNCTION_KEY)("sts")
    key = sts.assume_role(RoleArn=role, RoleSessionName="tester")["Credentials"]["AccessKeyId"]
    here = clients(deployment.aws.url, key)("sagemaker")
    other_region = clients(deployment.aws.url, key, region="us-east-1")("sagemaker")
    named = {"NotebookInstanceName": "alice-notebook"}
    assert not is_denied(lambda: here.describe_notebook_instance(**named))
    assert is_denied(lambda: other_region.describe_notebook_instance(**named))
    assert is_denied(lambda: here.delete_notebook_instance(**named))
    assert is_denied(lambda: here.update_notebook_instance(**named))
    space = {"DomainId": "d-local1", "SpaceName": "churn-space"}
    assert not is_denied(lambda: here.describe_space(**space))
    assert is_denied(lambda: here.describe_space(**{**space, "DomainId": "d-other"}))
    assert is_denied(lambda: other_region.describe_space(**space))
    assert is_denied(lambda: here.delete_space(**space))


def _deployment(sample: Sample, clock: Clock, change: Change | None = None) -> LocalDeployment:
    return LocalDeployment(
        sample,
        LocalOptions(
            settings={**SETTINGS, "pin": "networks"},
            clock=clock,
            vpc_endpoints=VPC_ENDPOINTS,
            change_template=_with_change(change) if change else None,
        ),
    )


def test_the_scenario_passes_with_the_policy_as_it_is(sample: Sample) -> None:
    clock = Clock()
    with _deployment(sample, clock) as deployment:
        run_scenario(deployment, clock)


def _without_action(name: str) -> Change:
    return lambda statements: statements[0]["Action"].remove(name)


def _with_action(name: str) -> Change:
    return lambda statements: statements[0]["Action"].append(name)


def _allow_resource(arn: str) -> Change:
    return lambda statements: statements[0].update(Resource=arn)


def _studio(change: Callable[[dict[str, Any]], Any]) -> Change:
    return lambda statements: change(statements[1])


def _studio_resources(change: Callable[[str], str]) -> Change:
    """Return a change of each resource of Studio, as JSON; an empty text removes it."""

    def apply(statements: list[dict[str, Any]]) -> None:
        texts = [change(json.dumps(resource)) for resource in statements[1]["Resource"]]
        statements[1]["Resource"] = [json.loads(text) for text in texts if text]

    return apply


def _deny(**elements: Any) -> Change:
    return lambda statements: statements[2].update(elements)


def _deny_addresses(change: Callable[[list[Any]], Any]) -> Change:
    def apply(statements: list[dict[str, Any]]) -> None:
        change(statements[2]["Condition"]["NotIpAddress"]["aws:SourceIp"])

    return apply


CHANGES: dict[str, Change] = {
    "no opening": _without_action(OPEN),
    "no describing": _without_action("sagemaker:DescribeNotebookInstance"),
    "no starting": _without_action("sagemaker:StartNotebookInstance"),
    "no stopping": _without_action("sagemaker:StopNotebookInstance"),
    "deleting, too": _with_action("sagemaker:DeleteNotebookInstance"),
    "everything": _with_action("sagemaker:*"),
    "resource widened": _allow_resource("*"),
    "resource of all regions": _allow_resource("arn:aws:sagemaker:*:123456789012:notebook-instance/*"),
    "resource narrowed": _allow_resource(ALICES),
    **{
        f"no {name} in Studio": _studio(lambda statement, name=name: statement["Action"].remove(f"sagemaker:{name}"))
        for name in (
            "CreatePresignedDomainUrl",
            "DescribeSpace",
            "DescribeApp",
            "DescribeUserProfile",
            "CreateApp",
            "DeleteApp",
        )
    },
    **{
        f"no {kind} in Studio": _studio_resources(lambda arn, kind=kind: "" if f":{kind}/" in arn else arn)
        for kind in ("user-profile", "space", "app")
    },
    "all domains": _studio_resources(lambda arn: arn.replace("d-local1", "*")),
    "Studio in all regions": _studio_resources(lambda arn: arn.replace('{"Ref": "AWS::Region"}', '"*"')),
    "deleting spaces, too": _studio(lambda statement: statement["Action"].append("sagemaker:DeleteSpace")),
    "deny without Studio": _deny(Action=OPEN),
    "deny of Studio alone": _deny(Action="sagemaker:CreatePresignedDomainUrl"),
    "no allow": lambda statements: statements.pop(0),  # type: ignore[func-returns-value]
    "no deny": lambda statements: statements.pop(2),  # type: ignore[func-returns-value]
    "deny allows": _deny(Effect="Allow"),
    "deny of another action": _deny(Action="sagemaker:StopNotebookInstance"),
    "deny for one notebook": _deny(
        Resource=f"arn:aws:sagemaker:{REGION}:123456789012:notebook-instance/alice-notebook"
    ),
    "deny without conditions": lambda statements: statements[2].pop("Condition"),
    "deny without addresses": lambda statements: statements[2]["Condition"].pop("NotIpAddress"),
    "deny without endpoints": lambda statements: statements[2]["Condition"].pop("StringNotEquals"),
    "first network left out": _deny_addresses(lambda addresses: addresses.pop(0)),
    "second network left out": _deny_addresses(lambda addresses: addresses.pop(1)),
    "egress left out": _deny_addresses(lambda addresses: addresses.pop(2)),
    "half of all addresses let in": _deny_addresses(lambda addresses: addresses.append("128.0.0.0/1")),
    "another endpoint": lambda statements: statements[2]["Condition"]["StringNotEquals"].update(
        {"aws:SourceVpce": ["vpce-0fedcba9876543210"]}
    ),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_a_changed_line_makes_the_scenario_fail(sample: Sample, change: Change) -> None:
    clock = Clock()
    with _deployment(sample, clock, change) as deployment, pytest.raises(AssertionError):
        run_scenario(deployment, clock)
