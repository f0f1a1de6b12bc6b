"""The fake SageMaker, used with a real AWS client: transitions that take time, and the API's errors."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.aws.notebook_instances import STARTING, STOPPING
from local.deployment import LocalDeployment
from local.sample import Sample
from testing.clock import Clock

NAMED = {"NotebookInstanceName": "alice-notebook"}


@pytest.fixture
def sagemaker(deployment: LocalDeployment) -> Any:
    deployment.instances["alice-notebook"] = "InService"
    return deployment.operator("sagemaker")


def _state(sagemaker: Any) -> str:
    return str(sagemaker.describe_notebook_instance(**NAMED)["NotebookInstanceStatus"])


def _message(call: Any, **parameters: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    error = caught.value.response["Error"]
    assert error["Code"] == "ValidationException"
    return str(error["Message"])


def test_stopping_and_starting_take_time(sagemaker: Any, clock: Clock, sample: Sample) -> None:
    sagemaker.stop_notebook_instance(**NAMED)
    assert _state(sagemaker) == "Stopping"
    clock.ahead += STOPPING / sample.speed_factor - 0.5
    assert _state(sagemaker) == "Stopping"
    clock.ahead += 1
    assert _state(sagemaker) == "Stopped"

    before = sagemaker.describe_notebook_instance(**NAMED)["LastModifiedTime"]
    clock.ahead += 60
    sagemaker.start_notebook_instance(**NAMED)
    assert _state(sagemaker) == "Pending"
    assert (sagemaker.describe_notebook_instance(**NAMED)["LastModifiedTime"] - before).total_seconds() > 59
    clock.ahead += STARTING / sample.speed_factor - 0.5
    assert _state(sagemaker) == "Pending"
    clock.ahead += 1
    assert _state(sagemaker) == "InService"


@pytest.mark.parametrize(
    ("state", "start", "stop"),
    [
        ("InService", False, True),
        ("Stopped", True, False),
        ("Failed", True, False),
        ("Pending", False, False),
        ("Stopping", False, False),
    ],
)
def test_each_operation_needs_certain_states(
    deployment: LocalDeployment, sagemaker: Any, state: str, start: bool, stop: bool
) -> None:
    for allowed, call, wanted in (
        (start, sagemaker.start_notebook_instance, "Status ({}) not in ([Stopped, Failed]). Unable to transition to"),
        (stop, sagemaker.stop_notebook_instance, "Status ({}) not in ([InService]). Unable to transition to"),
        (
            state == "InService",
            sagemaker.create_presigned_notebook_instance_url,
            "Status ({}) not in ([InService]). Unable to create",
        ),
    ):
        deployment.instances["alice-notebook"] = state
        if not allowed:
            assert wanted.format(state) in _message(call, **NAMED)
        else:
            call(**NAMED)


@pytest.mark.parametrize(
    "operation",
    [
        "create_presigned_notebook_instance_url",
        "describe_notebook_instance",
        "start_notebook_instance",
        "stop_notebook_instance",
    ],
)
def test_unknown_and_invalid_names_are_rejected(sagemaker: Any, operation: str) -> None:
    call = getattr(sagemaker, operation)
    assert "RecordNotFound" in _message(call, NotebookInstanceName="nobodys")
    for name in ("-x", "a_b", "x-"):
        assert "regular expression pattern" in _message(call, NotebookInstanceName=name)
    assert "length less than or equal to 63" in _message(call, NotebookInstanceName="x" * 64)


def test_a_session_length_out_of_range_is_rejected(deployment: LocalDeployment, sagemaker: Any) -> None:
    call = sagemaker.create_presigned_notebook_instance_url
    for seconds in (1800, 43_200):
        call(**NAMED, SessionExpirationDurationInSeconds=seconds)
        assert deployment.urls.made[-1].session_seconds == seconds
    assert "less than or equal to 43200" in _message(call, **NAMED, SessionExpirationDurationInSeconds=43_201)
