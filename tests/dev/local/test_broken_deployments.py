"""The enforced policies are the template's: a change in the template changes the answers."""

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from local.aws.presigned import PresignedUrl
from local.deployment import LocalDeployment
from local.options import LocalOptions
from local.places import INSIDE, OUTSIDE
from local.sample import Sample
from local.template import EGRESS, Template
from testing.user import TestUser
from tests.dev.local.launch_role import launch_role

OPEN = "sagemaker:CreatePresignedNotebookInstanceUrl"
ALICES = "arn:aws:sagemaker:eu-west-1:123456789012:notebook-instance/alice-notebook"
BOBS = "arn:aws:sagemaker:eu-west-1:123456789012:notebook-instance/bob-notebook"


def _statements(template: Template) -> Any:
    return launch_role(template)["Policies"][0]["PolicyDocument"]["Statement"]


def remove_the_functions_address(template: Template) -> None:
    _statements(template)[-1]["Condition"]["NotIpAddress"]["aws:SourceIp"] = ["127.0.0.1/32"]


def drop_the_deny(template: Template) -> None:
    del _statements(template)[-1]


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
    ("change_template", "status", "title"),
    [
        (remove_the_functions_address, 502, "AWS denied the gate"),
        (hide_the_table, 502, "AWS denied the gate"),
        (distrust_the_function, 503, "AWS does not let the gate open notebooks yet"),
        (forbid_source_identity, 503, "AWS does not let the gate open notebooks yet"),
    ],
)
def test_the_functions_calls_need_the_permissions_of_the_template(
    sample: Sample, change_template: Callable[[Template], None], status: int, title: str
) -> None:
    with LocalDeployment(sample, LocalOptions(change_template=change_template)) as deployment:
        answer = TestUser(deployment).open("/open/alice-notebook", "alice@example.com")
        assert answer.status_code == status
        assert title in answer.text
        assert deployment.urls.made == []


def test_the_templates_policy_decides_who_is_refused(sample: Sample) -> None:
    with LocalDeployment(sample, LocalOptions(change_template=open_the_api)) as deployment:
        assert TestUser(deployment, OUTSIDE).go("/health").status_code == 200


def _deployment_and_url(sample: Sample, **options: Any) -> Iterator[tuple[LocalDeployment, PresignedUrl]]:
    with LocalDeployment(sample, LocalOptions(**options)) as deployment:
        assert TestUser(deployment).open("/open/alice-notebook", "alice@example.com").status_code == 302
        yield deployment, deployment.urls.made[-1]


@pytest.mark.parametrize("pin", ["caller", "networks"])
@pytest.mark.parametrize("deny", ["kept", "dropped"])
def test_a_leaked_url_is_denied_by_the_roles_deny_and_by_the_pin(sample: Sample, pin: str, deny: str) -> None:
    change_template = drop_the_deny if deny == "dropped" else None
    for deployment, url in _deployment_and_url(sample, settings={"pin": pin}, change_template=change_template):

        def usable(
            source: str, notebook: str = ALICES, deployment: LocalDeployment = deployment, url: PresignedUrl = url
        ) -> bool:
            return deployment.authority.allows(url.creator, OPEN, notebook, source)

        assert usable(INSIDE)
        assert usable(EGRESS)
        # The Deny and the pin each suffice. Without both, the URL works from every address.
        assert usable(OUTSIDE) is (pin == "networks" and deny == "dropped")
        # The session policy names one notebook, whatever the role's policy is.
        assert not usable(INSIDE, BOBS)


def test_each_call_is_checked_against_the_present_launch_role(sample: Sample) -> None:
    for deployment, url in _deployment_and_url(sample):
        assert deployment.authority.allows(url.creator, OPEN, ALICES, INSIDE)
        nothing = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]}
        role = deployment.template.launch_role
        deployment.authority.roles[role.arn] = dataclasses.replace(role, policies=(nothing,))
        assert not deployment.authority.allows(url.creator, OPEN, ALICES, INSIDE)
