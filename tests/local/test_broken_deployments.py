"""The policies that are enforced are the template's own: break one there, and the answer changes here."""

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from local.aws.presigned import PresignedUrl
from local.deployment import LocalDeployment
from local.options import LocalOptions
from local.sample import Sample
from local.template import EGRESS, Template
from trials.user import TestUser

OPEN = "sagemaker:CreatePresignedNotebookInstanceUrl"
ALICES = "arn:aws:sagemaker:eu-west-1:123456789012:notebook-instance/alice-notebook"
BOBS = "arn:aws:sagemaker:eu-west-1:123456789012:notebook-instance/bob-notebook"
INSIDE, OUTSIDE = "127.0.0.1", "127.0.0.2"


def launch_role(template: Template) -> dict[str, Any]:
    """Return the launch role's properties."""
    name = template["Outputs"]["LaunchRoleArn"]["Value"]["Fn::GetAtt"][0]
    role: dict[str, Any] = template["Resources"][name]["Properties"]
    return role


def _statements(template: Template) -> Any:
    return launch_role(template)["Policies"][0]["PolicyDocument"]["Statement"]


def forget_the_functions_address(template: Template) -> None:
    _statements(template)[1]["Condition"]["NotIpAddress"]["aws:SourceIp"] = ["127.0.0.1/32"]


def drop_the_deny(template: Template) -> None:
    del _statements(template)[1]


def distrust_the_function(template: Template) -> None:
    trust = launch_role(template)["AssumeRolePolicyDocument"]["Statement"]
    trust[0]["Principal"] = {"AWS": "arn:aws:iam::123456789012:role/Somebody"}


def forbid_source_identity(template: Template) -> None:
    trust = launch_role(template)["AssumeRolePolicyDocument"]
    trust["Statement"] = [each for each in trust["Statement"] if each["Action"] == "sts:AssumeRole"]


def open_the_api(template: Template) -> None:
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::ApiGateway::RestApi":
            policy = resource["Properties"]["Policy"]
            policy["Statement"] = [each for each in policy["Statement"] if each["Effect"] == "Allow"]


def hide_the_table(template: Template) -> None:
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::IAM::Policy":
            document = resource["Properties"]["PolicyDocument"]
            reading = ("dynamodb:PartiQLSelect", "dynamodb:BatchGetItem")
            document["Statement"] = [each for each in document["Statement"] if each["Action"] not in reading]


@pytest.mark.parametrize(
    "change", [forget_the_functions_address, distrust_the_function, forbid_source_identity, hide_the_table]
)
def test_the_functions_own_calls_need_the_templates_leave(sample: Sample, change: Callable[[Template], None]) -> None:
    with LocalDeployment(sample, LocalOptions(change_template=change)) as deployment:
        answer = TestUser(deployment).open("/open/alice-notebook", "alice@example.com")
        assert answer.status_code == 502
        assert "AWS refused the gate" in answer.text
        assert deployment.urls.made == []


def test_who_is_turned_away_is_the_templates_decision(sample: Sample) -> None:
    with LocalDeployment(sample, LocalOptions(change_template=open_the_api)) as deployment:
        assert TestUser(deployment, OUTSIDE).go("/health").status_code == 200


def _made(sample: Sample, **options: Any) -> Iterator[tuple[LocalDeployment, PresignedUrl]]:
    with LocalDeployment(sample, LocalOptions(**options)) as deployment:
        assert TestUser(deployment).open("/open/alice-notebook", "alice@example.com").status_code == 302
        yield deployment, deployment.urls.made[-1]


@pytest.mark.parametrize("pin", ["caller", "networks"])
@pytest.mark.parametrize("deny", ["kept", "dropped"])
def test_a_leaked_url_is_held_by_the_roles_deny_and_by_the_pin(sample: Sample, pin: str, deny: str) -> None:
    change = drop_the_deny if deny == "dropped" else None
    for deployment, url in _made(sample, settings={"pin": pin}, change_template=change):

        def usable(
            source: str, notebook: str = ALICES, deployment: LocalDeployment = deployment, url: PresignedUrl = url
        ) -> bool:
            return deployment.authority.allows(url.creator, OPEN, notebook, source)

        assert usable(INSIDE)
        assert usable(EGRESS)
        # Each of the two is enough on its own; without both the URL works from everywhere.
        assert usable(OUTSIDE) is (pin == "networks" and deny == "dropped")
        # Whatever becomes of the role, the session policy names one notebook.
        assert not usable(INSIDE, BOBS)


def test_each_call_meets_the_launch_role_as_it_stands(sample: Sample) -> None:
    for deployment, url in _made(sample):
        assert deployment.authority.allows(url.creator, OPEN, ALICES, INSIDE)
        nothing = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]}
        role = deployment.template.launch_role
        deployment.authority.roles[role.arn] = dataclasses.replace(role, policies=(nothing,))
        assert not deployment.authority.allows(url.creator, OPEN, ALICES, INSIDE)
