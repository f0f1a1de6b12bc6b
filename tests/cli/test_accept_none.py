"""A deployment that moves into a VPC: the launch role still spares role sessions with a window."""

import dataclasses
from collections.abc import Iterator

import pytest

from gate.launch.window import TAG
from local.deployment import LocalDeployment
from local.options import LocalOptions
from local.sample import Sample
from local.template import AWS_ADDRESS
from testing.user import TestUser
from tests.cli.conftest import Gate
from tests.cli.doctor_checks import checks_by_name

OPEN = "sagemaker:CreatePresignedNotebookInstanceUrl"
ALICES = "arn:aws:sagemaker:eu-west-1:123456789012:notebook-instance/alice-notebook"


@pytest.fixture(scope="module")
def deployment(sample: Sample) -> Iterator[LocalDeployment]:
    with LocalDeployment(sample, LocalOptions(settings={"vpc": {"accept_none": True}})) as deployment:
        yield deployment


def test_both_versions_of_the_function_can_open_notebooks(deployment: LocalDeployment) -> None:
    assert TestUser(deployment).open("/open/alice-notebook", "alice@example.com").status_code == 302
    creator = deployment.urls.made[-1].creator
    assert not any("PrincipalTag" in key for key in creator.context)
    earlier = dataclasses.replace(
        creator, session_policy=None, context={**creator.context, f"aws:PrincipalTag/{TAG['Key']}": TAG["Value"]}
    )
    assert not deployment.authority.allows(creator, OPEN, ALICES, AWS_ADDRESS)
    assert deployment.authority.allows(earlier, OPEN, ALICES, AWS_ADDRESS)


def test_doctor_asks_for_the_second_deployment(gate: Gate) -> None:
    check = checks_by_name(gate)["launch role"]
    assert (check["level"], check["fix"]) == ("warning", "Remove vpc.accept_none, and deploy.")
