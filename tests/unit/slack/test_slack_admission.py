"""The admission of Slack's requests.

A request must be signed, recent, new, and of a listed workspace. All others get an empty 401.
"""

import base64
import json
from collections.abc import Callable
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.platform import deadline
from gate.slack.command import SlackCommand, parse_command
from gate.values.errors.slack import InvalidSlackRequestError
from gate.web.request import Request
from testing.aws import refusal
from testing.harness import Answer
from testing.slack import SECRET, Slack

KINDS = ("command", "shortcut", "press", "press_in_window")
TIMESTAMP, SIGNATURE = "X-Slack-Request-Timestamp", "X-Slack-Signature"


def _is_refused(slack: Slack, answer: Answer) -> bool:
    """Return whether the response is an empty 401 and no service was called."""
    nothing_done = not slack.harness.aws.called("put_item") and not slack.harness.aws.called("invoke")
    return (answer.status, answer.body) == (401, "") and nothing_done and not slack.workspace.api_calls


@pytest.mark.parametrize("kind", KINDS)
def test_a_request_signed_by_slacks_library_is_accepted(slack: Slack, kind: str) -> None:
    answer = slack.post(slack.body(kind))
    assert (answer.status, answer.body) == (200, "")
    assert len(slack.harness.aws.events) == 1


REFUSED: dict[str, Callable[[Slack, bytes, dict[str, str]], tuple[bytes, dict[str, str]]]] = {
    "unsigned": lambda slack, body, headers: (body, {}),
    "without its timestamp": lambda slack, body, headers: (body, {SIGNATURE: headers[SIGNATURE]}),
    "without its signature": lambda slack, body, headers: (body, {TIMESTAMP: headers[TIMESTAMP]}),
    "with another app's secret": lambda slack, body, headers: (body, slack.signed(body, "another")),
    "with a longer body": lambda slack, body, headers: (body + b"&text=bob-notebook", headers),
    "with an empty body": lambda slack, body, headers: (b"", headers),
    "with a later time": lambda slack, body, headers: (body, headers | {TIMESTAMP: str(int(headers[TIMESTAMP]) + 1)}),
    "with an invalid timestamp": lambda slack, body, headers: (body, headers | {TIMESTAMP: "now"}),
    "with a timestamp in Arabic digits": lambda slack, body, headers: (body, headers | {TIMESTAMP: "١٧٩٥٤٢٥٣٢٢"}),
    "with a huge timestamp": lambda slack, body, headers: (body, headers | {TIMESTAMP: "9" * 5000}),
    "with a negative timestamp": lambda slack, body, headers: (body, headers | {TIMESTAMP: f"-{headers[TIMESTAMP]}"}),
    "with another version": lambda slack, body, headers: (body, headers | {SIGNATURE: "v1" + headers[SIGNATURE][2:]}),
    "without its version": lambda slack, body, headers: (body, headers | {SIGNATURE: headers[SIGNATURE][3:]}),
    "in upper case": lambda slack, body, headers: (body, headers | {SIGNATURE: headers[SIGNATURE].upper()}),
    "with characters that are not ASCII": lambda slack, body, headers: (body, headers | {SIGNATURE: "v0=ä€😀"}),
    "truncated": lambda slack, body, headers: (body, headers | {SIGNATURE: headers[SIGNATURE][:-1]}),
}


@pytest.mark.parametrize("how", REFUSED)
@pytest.mark.parametrize("kind", KINDS)
def test_altered_requests_are_refused_before_anything_is_read(slack: Slack, kind: str, how: str) -> None:
    body = slack.body(kind)
    assert _is_refused(slack, slack.post(*REFUSED[how](slack, body, slack.signed(body))))


def test_any_altered_byte_of_the_body_or_the_signature_is_refused(slack: Slack) -> None:
    body = slack.body("command")
    headers = slack.signed(body)
    for index in range(len(body)):
        altered = body[:index] + bytes([body[index] ^ 1]) + body[index + 1 :]
        assert slack.post(altered, headers).status == 401, index
    for index in range(len(headers[SIGNATURE])):
        text = headers[SIGNATURE]
        altered_text = text[:index] + chr(ord(text[index]) ^ 1) + text[index + 1 :]
        assert slack.post(body, headers | {SIGNATURE: altered_text}).status == 401, index
    assert not slack.harness.aws.called("put_item")
    assert slack.post(body, headers).status == 200


@pytest.mark.parametrize(("delay", "status"), [(-301, 401), (-300, 200), (0, 200), (300, 200), (301, 401)])
def test_a_signature_is_valid_for_five_minutes(slack: Slack, delay: int, status: int) -> None:
    slack.harness.clock.now = int(slack.harness.clock.now)
    body = slack.body("command")
    headers = slack.signed(body)
    slack.harness.clock.now += delay
    assert slack.post(body, headers).status == status


def test_an_unsigned_request_is_not_parsed(slack: Slack) -> None:
    assert _is_refused(slack, slack.post(b"payload={not json", {}))
    # The signed request gets an error message, which only Slack sees.
    answer = slack.post(b"payload={not json")
    assert (answer.status, answer.json["error"]) == (400, "invalid_slack_request")


@pytest.mark.parametrize("kind", KINDS)
def test_a_replayed_request_is_refused(slack: Slack, kind: str) -> None:
    body = slack.body(kind)
    headers = slack.signed(body)
    assert slack.post(body, headers).status == 200
    slack.harness.clock.now += 200
    for _ in range(2):
        answer = slack.post(body, headers)
        assert (answer.status, answer.body) == (401, "")
    assert len(slack.harness.aws.called("invoke")) == 1
    # The same command, typed again, is another request.
    assert slack.post(slack.body(kind)).status == 200


@pytest.mark.parametrize("kind", KINDS)
def test_requests_of_another_workspace_are_refused(slack: Slack, kind: str) -> None:
    slack.harness.configure(GATE_SLACK_TEAMS="T0OTHER,T0THIRD")
    assert _is_refused(slack, slack.post(slack.body(kind)))
    slack.harness.configure(GATE_SLACK_TEAMS="T0OTHER,T0LOCAL")
    assert slack.post(slack.body(kind)).status == 200


def test_a_user_of_another_company_in_a_shared_channel_is_refused(slack: Slack) -> None:
    # In a channel shared with another company, `team` is the app's workspace. The user has a workspace of their own.
    user = {**slack.payload("press")["user"], "team_id": "T0OTHER"}
    assert _is_refused(slack, slack.post(slack.body("press", user=user)))


def test_without_slack_in_the_settings_every_request_is_refused(slack: Slack) -> None:
    slack.harness.configure(GATE_SLACK_TEAMS="")
    assert _is_refused(slack, slack.post(slack.body("command")))


@pytest.mark.parametrize("secret", ["", "not json", "[]", "{}", '{"signing_secret": ""}', '{"signing_secret": 5}'])
def test_without_a_stored_secret_every_request_is_refused(slack: Slack, secret: str) -> None:
    slack.harness.aws.secrets["arn:slack"] = secret
    slack.harness.configure()
    for secret_guess in (SECRET, "5", "None"):
        body = slack.body("command")
        assert _is_refused(slack, slack.post(body, slack.signed(body, secret_guess)))


@pytest.mark.parametrize(
    "payload", ['{"type": "view_closed"}', '{"type": "view_submission", "team": {"id": "T0LOCAL"}}']
)
def test_a_request_that_needs_no_answer_is_acknowledged(slack: Slack, payload: str) -> None:
    assert slack.post(urlencode({"payload": payload}).encode()).status == 200
    assert slack.post(slack.body("press", action_id="unknown")).status == 200
    assert not slack.harness.aws.called("invoke")


BROKEN = [
    b"",
    b"\xff\xfe",
    b"text=alice-notebook",
    b"payload=",
    b"payload=null",
    b"payload=[]",
    b"payload=" + b"[" * 100_000,
    b"payload={}",
    b'payload={"type":"shortcut"}',
    b'payload={"type":"shortcut","user":{"id":"U0ALICE"},"team":null,"trigger_id":"t"}',
    b'payload={"type":"block_actions","actions":[]}',
    b'payload={"type":"block_actions","actions":[{"action_id":["open"]}]}',
    b'payload={"type":"block_actions","actions":[{"action_id":"open","block_id":5}]}',
    b"team_id=T0LOCAL&user_id=../x&response_url=https://hooks.slack.com/x",
    b"&".join(b"a%d=b" % number for number in range(200)),
]


@pytest.mark.parametrize("body", BROKEN)
def test_a_signed_request_with_invalid_content_is_a_400(slack: Slack, body: bytes) -> None:
    try:
        body.decode()
    except UnicodeDecodeError:
        # API Gateway's events are text, so the handler never gets such a body.
        assert _parse(body) is InvalidSlackRequestError
        return
    answer = slack.post(body)
    assert (answer.status, answer.json["error"]) == (400, "invalid_slack_request")
    assert not slack.harness.aws.called("invoke")


def _parse(body: bytes) -> SlackCommand | type[InvalidSlackRequestError] | None:
    event = {"requestContext": {}, "body": base64.b64encode(body).decode(), "isBase64Encoded": True}
    request = Request.from_event(event, "")
    try:
        return parse_command(request)
    except InvalidSlackRequestError:
        return InvalidSlackRequestError


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
)
_PARTS = st.fixed_dictionaries(
    {"type": st.sampled_from(["shortcut", "block_actions"]) | _JSON},
    optional={
        "user": _JSON,
        "team": _JSON,
        "actions": _JSON,
        "trigger_id": _JSON,
        "view": _JSON,
        "response_url": _JSON,
    },
)


@given(st.binary(max_size=200) | _PARTS.map(lambda payload: urlencode({"payload": json.dumps(payload)}).encode()))
def test_any_body_is_parsed_or_refused(body: bytes) -> None:
    _parse(body)


@pytest.mark.parametrize("operation", ["get_secret_value", "put_item", "invoke"])
def test_a_slash_command_that_cannot_be_answered_later_gets_an_error_immediately(slack: Slack, operation: str) -> None:
    slack.harness.aws.errors[operation] = refusal("InternalFailure")
    answer = slack.post(slack.body("command"))
    assert (answer.status, answer.json["response_type"]) == (200, "ephemeral")
    assert "AWS did not respond as expected" in answer.json["text"]
    assert "Reference: `" in answer.json["text"]
    # For these, Slack shows an error message of its own if the status is not 200.
    for kind in ("shortcut", "press"):
        assert slack.post(slack.body(kind)).status == 502


def test_slack_gets_an_acknowledgement_within_three_seconds(slack: Slack, monkeypatch: pytest.MonkeyPatch) -> None:
    left = []
    monkeypatch.setattr(
        "gate.store.replay_guard.ReplayGuard.claim", lambda *_a, **_o: left.append(deadline.remaining(60))
    )
    assert slack.post(slack.body("command")).status == 200
    assert 2 < left[0] <= 2.5
