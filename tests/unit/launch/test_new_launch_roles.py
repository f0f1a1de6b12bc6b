"""A launch role that was created seconds ago is denied at first."""

from typing import Any

import pytest

from gate.launch.role_assumer import RETRY_DELAYS, RoleAssumer
from gate.launch.target import LaunchRole
from gate.platform import deadline
from gate.values.errors.upstream import AwsError, LaunchRoleDeniedError
from testing.aws import refusal
from testing.harness import Harness

ROLE = LaunchRole("arn:aws:iam::123456789012:role/launch", "eu-west-1", "")
OTHER = LaunchRole("arn:aws:iam::210987654321:role/launch", "eu-west-1", "x-42")
CREDENTIALS = {"AccessKeyId": "x"}


class Sts:
    """STS, which denies some calls."""

    def __init__(self, *errors: str) -> None:
        self.errors = list(errors)
        self.calls = 0
        self.slept: list[float] = []
        self.roles = RoleAssumer(self, sleep=self.slept.append)  # type: ignore[arg-type]

    def assume_role(self, **_parameters: Any) -> Any:
        self.calls += 1
        if self.errors:
            raise refusal(self.errors.pop(0))
        return {"Credentials": CREDENTIALS}


def test_a_role_that_becomes_known_is_assumed_in_the_same_request() -> None:
    sts = Sts("AccessDenied", "AccessDenied")
    assert sts.roles.assume(ROLE, "alice", "{}") == CREDENTIALS
    assert (sts.calls, sts.slept) == (3, [0.5, 1.0])


def test_a_role_that_stays_denied_is_waited_for_once() -> None:
    sts = Sts(*["AccessDenied"] * 5)
    for calls in (4, 5):
        with pytest.raises(LaunchRoleDeniedError):
            sts.roles.assume(ROLE, "alice", "{}")
        assert sts.calls == calls
    assert sts.slept == list(RETRY_DELAYS)
    assert sts.roles.assume(ROLE, "alice", "{}") == CREDENTIALS


def test_a_role_that_was_assumed_before_is_not_new() -> None:
    sts = Sts()
    sts.roles.assume(ROLE, "alice", "{}")
    sts.errors = ["AccessDenied", "AccessDenied"]
    with pytest.raises(LaunchRoleDeniedError):
        sts.roles.assume(ROLE, "alice", "{}")
    assert not sts.slept
    # The role of another account can be.
    sts.roles.assume(OTHER, "alice", "{}")
    assert sts.slept == [0.5]


def test_other_errors_are_not_retried() -> None:
    sts = Sts("InternalFailure")
    with pytest.raises(AwsError):
        sts.roles.assume(ROLE, "alice", "{}")
    assert sts.calls == 1


def test_no_retry_begins_that_the_deadline_leaves_no_time_for() -> None:
    sts = Sts(*["AccessDenied"] * 4)
    with deadline.limited(2.2), pytest.raises(LaunchRoleDeniedError):
        sts.roles.assume(ROLE, "alice", "{}")
    # Nothing sleeps here, so that 2.2 seconds are left: enough for a pause of half a second and for one of a second.
    assert (sts.calls, sts.slept) == (3, [0.5, 1.0])


def test_the_response_says_when_to_try_again(harness: Harness) -> None:
    harness.sign_in()
    harness.aws.errors["assume_role"] = refusal("AccessDenied")
    answer = harness.browser.get("/open/alice-notebook", headers={"Accept": "application/json"})
    assert (answer.status, answer.json["error"], answer.headers["retry-after"]) == (503, "launch_role_denied", "10")
    page = harness.browser.get("/open/alice-notebook")
    assert page.headers["refresh"].startswith("10")
    assert "AWS does not let the gate open notebooks yet" in page.body
    del harness.aws.errors["assume_role"]
    assert harness.browser.get("/open/alice-notebook").status == 302
