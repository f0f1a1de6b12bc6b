"""The window of a launch without a VPC: its end by both clocks, and when a session gets a second one."""

import datetime
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.launch.allowed_sources import AllowedSources
from gate.launch.kinds.notebook_instance import OPEN, NotebookInstance
from gate.launch.policy import session_policy, statements_for
from gate.launch.role_sessions import RoleSessions
from gate.launch.target import LaunchRole
from gate.launch.window import LONGEST, MAX_SECONDS, TAG
from gate.platform import deadline
from gate.values.errors.upstream import AwsDeniedError
from gate.values.grant import Grant
from gate.values.notebook import Notebook
from testing.aws import refusal

ROLE = LaunchRole("arn:aws:iam::123456789012:role/launch", "eu-west-1", "")
NOW = 1_790_000_000.0


class Aws:
    """STS and SageMaker, whose clock is `ahead` of the function's."""

    def __init__(self, ahead: float = 0.0) -> None:
        self.ahead = ahead
        self.now = NOW
        """The function's time."""
        self.ends: list[int] = []
        """The ends of the windows, in the order of the sessions."""
        self.tags: list[Any] = []
        self.seconds_of_a_call = 0.0
        self.revoked = False
        self.sessions = RoleSessions(sts=self, make_sagemaker=self._client, clock=lambda: self.now)  # type: ignore[arg-type]

    def assume_role(self, **parameters: Any) -> Any:
        self.ends.append(int(parameters["Policy"]))
        self.tags.append(parameters["Tags"])
        # STS has whole seconds.
        expiration = int(self.now + self.ahead) + parameters["DurationSeconds"]
        self.now += self.seconds_of_a_call
        return {"Credentials": {"Expiration": datetime.datetime.fromtimestamp(expiration, datetime.UTC)}}

    def _client(self, _credentials: Any, _region: str) -> Any:
        return self.ends[-1]

    def call(self, end: int) -> str:
        """Create a URL with the session whose window ends at `end`."""
        if self.revoked or int(self.now + self.ahead) >= end:
            raise refusal("AccessDeniedException")
        return "url"

    def launch(self) -> str:
        session = self.sessions.with_window(ROLE, "alice", str)
        return session.run(lambda client: self.call(client))  # type: ignore[arg-type,return-value]


@given(
    ahead=st.floats(-4_000, 4_000),
    remaining=st.floats(0.5, 30),
    took=st.floats(0, 1.4),
    fraction=st.floats(0, 0.999),
    number=st.integers(1, 3),
)
def test_every_launch_succeeds_and_no_window_lasts_longer_than_it_may(
    ahead: float, remaining: float, took: float, fraction: float, number: int
) -> None:
    aws = Aws(ahead)
    aws.now += fraction
    aws.seconds_of_a_call = min(took, remaining / 4)
    for _ in range(number):
        made, before = aws.now, len(aws.ends)
        with deadline.request_deadline((remaining + deadline.RESERVE) * 1000):
            assert aws.launch() == "url"
        # By AWS's clock, and from the moment at which the last policy was made.
        last_made = made + (len(aws.ends) - before - 1) * aws.seconds_of_a_call
        assert aws.ends[-1] <= last_made + aws.ahead + LONGEST
    assert all(tags == [TAG] for tags in aws.tags)


def test_the_usual_window_is_short_and_ends_at_the_deadline() -> None:
    aws = Aws()
    aws.launch()
    assert aws.ends == [int(NOW) + 4]
    with deadline.request_deadline(500 + deadline.RESERVE * 1000):
        aws.launch()
    assert aws.ends[1] == int(NOW) + 3


def test_a_slow_launch_has_a_second_and_longer_window() -> None:
    aws = Aws()
    aws.seconds_of_a_call = 5.0
    with deadline.request_deadline(28_000):
        aws.launch()
    assert aws.ends == [int(NOW) + 4, int(NOW) + 5 + int(MAX_SECONDS) + 2]


def test_a_caller_who_is_denied_is_denied_after_two_sessions() -> None:
    aws = Aws()
    aws.revoked = True
    with pytest.raises(AwsDeniedError):
        aws.launch()
    assert len(aws.ends) == 2


def test_the_difference_of_the_clocks_is_measured_once() -> None:
    aws = Aws(ahead=-300)
    for _ in range(3):
        aws.launch()
    assert len(aws.ends) == 4
    assert aws.ends[1:] == [int(NOW) - 300 + 5] * 3
    aws.ahead = 0  # the function's clock was set
    aws.launch()
    assert aws.ends[-1] == int(NOW) + 5


@given(window_end=st.integers(0, 4_000_000_000), cidrs=st.lists(st.just("203.0.113.7/32"), min_size=1, max_size=9))
def test_the_window_is_one_statement_more(window_end: int, cidrs: list[str]) -> None:
    without, with_window = _policies(cidrs, window_end)
    (more,) = [each for each in statements_for(with_window, OPEN) if each not in statements_for(without, OPEN)]
    end = datetime.datetime.fromtimestamp(window_end, datetime.UTC).isoformat().replace("+00:00", "Z")
    assert more == {
        "Effect": "Allow",
        "Action": OPEN,
        "Resource": "arn:aws:sagemaker:eu-west-1:123456789012:notebook-instance/n",
        "Condition": {"DateLessThan": {"aws:CurrentTime": end}},
    }
    left = [each for each in json.loads(with_window)["Statement"] if each != more]
    assert left == json.loads(without)["Statement"]


def test_who_may_open_nothing_has_no_window() -> None:
    """Requests from Slack have no address (`allowed_sources`)."""
    without, with_window = _policies([], int(NOW))
    assert with_window == without
    assert statements_for(with_window, OPEN) == []


def _policies(cidrs: list[str], window_end: int) -> tuple[str, str]:
    """Return the session policies for `cidrs` without a window and with one."""
    kind, notebook, sources = NotebookInstance(), Notebook("n"), AllowedSources(cidrs)
    arns = kind.arns(notebook, "arn:aws:sagemaker:eu-west-1:123456789012:")
    grant = Grant("user:a@example.com", notebook, 1800, until=4_102_444_800)
    made = [session_policy(kind, arns, grant, sources, window_end=end) for end in (None, window_end)]
    return made[0], made[1]
