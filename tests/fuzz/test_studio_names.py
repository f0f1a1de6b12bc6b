"""Hostile names in SageMaker Studio: one that was not granted opens, starts and stops nothing."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.values.notebook import Notebook
from local.aws.studio_resources import App, Profile, Space
from testing.asking import RULES, configure
from testing.harness import Harness
from testing.slack import Slack
from tests.fuzz.hostile import LOG_MESSAGES, CountCase, LogLines, check, make_event, same_harness, send
from tests.fuzz.studio_names import SEGMENTS, TYPED, WITH_ONE_HOSTILE_PART, is_granted

ALICE, JOB = "user:alice@example.com", "arn:aws:iam::123456789012:user/nightly-job"
GRANTS = ("studio:d-abc/alice", "studio:d-abc/alice/desk")
SPACES = {"desk": "alice", "alice-space": "alice", "bob-desk": "bob", "bob-space": "bob"}
"""The owners of the private spaces."""
ARNS = re.compile(
    r"arn:aws:sagemaker:eu-west-1:123456789012:"
    r"(user-profile/d-abc/alice|space/d-abc/(desk|alice-space)|app/d-abc/(desk|alice-space)/\*)"
)


def _grant(harness: Harness) -> None:
    """Give alice and a job notebooks in a domain in which bob has a user profile and spaces, too."""
    harness.aws.table.clear()
    for principal in (ALICE, f"iam:{JOB}"):
        for notebook in GRANTS:
            harness.aws.grant(principal, notebook, power="start-stop")
    harness.aws.grant(ALICE, "studio:d-abc/{user}/{user}-space", power="start-stop")
    # A signed request opens no notebook of a grant with {user}.
    harness.aws.grant(f"iam:{JOB}", "studio:d-abc/alice/alice-space", power="start-stop")
    for profile in ("alice", "bob"):
        harness.aws.studio.profiles["d-abc", profile] = Profile()


def _reset(harness: Harness) -> None:
    harness.aws.calls.clear()
    for space, owner in SPACES.items():
        harness.aws.studio.spaces["d-abc", space] = Space(owner=owner, app=App("InService", 0, "ml.t3.medium"))


def _check_calls(harness: Harness) -> None:
    """Check that AWS was called for what alice has only, with policies for that only."""
    for name, arguments in harness.aws.calls:
        assert "NotebookInstanceName" not in arguments, name
        assert arguments.get("DomainId", "d-abc") == "d-abc", name
        assert arguments.get("UserProfileName", "alice").lower() == "alice", name
        assert SPACES[arguments.get("SpaceName", "desk").lower()] == "alice", name
        for statement in json.loads(arguments.get("Policy", '{"Statement": []}'))["Statement"]:
            resources = statement["Resource"]
            for arn in [resources] if isinstance(resources, str) else resources:
                assert ARNS.fullmatch(arn), arn


@pytest.fixture
def studio(harness: Harness) -> Harness:
    harness.configure(
        GATE_STUDIO_DOMAINS="d-abc", GATE_USER_NAMES_SOURCE="address", GATE_USER_NAMES_DOMAIN="example.com"
    )
    _grant(harness)
    harness.sign_in()
    return harness


ENDPOINTS = [
    ("GET", "/open/{notebook}"),
    ("GET", "/iam/open/{notebook}"),
    ("GET", "/notebooks/{notebook}"),
    ("POST", "/notebooks/{notebook}/start"),
    ("POST", "/notebooks/{notebook}/stop"),
]


@same_harness
@given(endpoint=st.sampled_from(ENDPOINTS), segment=SEGMENTS)
def test_hostile_names_at_each_endpoint(
    studio: Harness, log_lines: LogLines, count_case: CountCase, endpoint: tuple[str, str], segment: str
) -> None:
    """Hostile names in Studio at each endpoint of a notebook."""
    _send(studio, log_lines, endpoint, segment)
    count_case()


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids="{0[0]} {0[1]}".format)
def test_each_hostile_part_of_a_name(
    studio: Harness, log_lines: LogLines, count_case: CountCase, endpoint: tuple[str, str]
) -> None:
    """Each hostile part of a name in Studio at each endpoint of a notebook."""
    for segment in WITH_ONE_HOSTILE_PART:
        _send(studio, log_lines, endpoint, segment)
        count_case()


def _send(studio: Harness, log_lines: LogLines, endpoint: tuple[str, str], segment: str) -> None:
    """Send a request for `segment`, and check that it is refused if and only if it names nothing granted."""
    _reset(studio)
    cookies_before = dict(studio.browser.cookies)
    cookie = "; ".join(f"{name}={value}" for name, value in cookies_before.items())
    headers = [("Accept", "application/json"), ("Sec-Fetch-Site", "same-origin"), ("Cookie", cookie)]
    arn = JOB if "/iam/" in endpoint[1] else None
    answer = send(studio, make_event(*endpoint, segment, [], headers, None, arn))
    refused = answer.status in (400, 403) and answer.json["error"] in ("invalid_name", "not_granted")
    assert refused is not is_granted(segment), (segment, answer.body)
    _check_calls(studio)
    check(studio, answer, log_lines)
    studio.browser.cookies = cookies_before


@pytest.fixture
def studio_in_slack(slack: Slack) -> Slack:
    configure(slack.harness, RULES, GATE_STUDIO_DOMAINS="d-abc")
    _grant(slack.harness)
    return slack


@same_harness
@given(action=st.sampled_from(["open", "refresh", "start", "stop", "ask", "type", "ask for"]), name=SEGMENTS | TYPED)
def test_hostile_names_in_slack(
    studio_in_slack: Slack, log_lines: LogLines, count_case: CountCase, action: str, name: str
) -> None:
    """Hostile names in Studio in Slack's buttons, commands and access requests."""
    slack = studio_in_slack
    _reset(slack.harness)
    # So that nobody reaches the limit of requests in a day, and the table stays small.
    slack.harness.aws.table.clear("request:", "replay:")
    if action in ("type", "ask for"):
        text = f"ask {name} for a report" if action == "ask for" else name
        body = slack.body("command", text=text)
    else:
        body = slack.body("press", action_id=action, block_id=f"one:{name}")
    assert slack.post(body).status in (200, 400)
    slack.deliver_events()
    _check_calls(slack.harness)
    for row in slack.harness.aws.table.requests():
        asked = row["notebook"]["S"]
        assert str(Notebook.parse(asked)) == asked
        assert asked not in GRANTS
    if action == "stop" and re.fullmatch("(?i:studio:d-abc/alice/desk)", name, re.ASCII):
        assert bool(slack.harness.aws.called("delete_app")) is is_granted(name)
    for line in log_lines():
        assert line["message"] in LOG_MESSAGES - {"unexpected"}, line
        assert line.get("outcome") != "internal", line
    count_case()
