"""What gets past Slack's door: what Slack signed, now, once, for a workspace of ours. All else is an empty 401."""

import base64
import json
from collections.abc import Callable
from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate import deadline
from gate.errors.slack import InvalidSlackRequestError
from gate.slack.command import SlackCommand, parse_command
from gate.web.request import Request
from local.slack import payloads
from local.slack.payloads import Member
from tests.unit.aws import refusal
from tests.unit.conftest import Answer
from tests.unit.slack import SECRET, Slack, stored

KINDS = ("command", "shortcut", "press", "press_in_window")
STAMP, SIGNATURE = "X-Slack-Request-Timestamp", "X-Slack-Signature"


def _is_refused(slack: Slack, answer: Answer) -> bool:
    """An empty 401, and nothing was done."""
    nothing_done = not slack.harness.aws.called("put_item") and not slack.harness.aws.called("invoke")
    return (answer.status, answer.body) == (401, "") and nothing_done and not slack.workspace.api_calls


@pytest.mark.parametrize("kind", KINDS)
def test_what_slacks_own_library_signed_is_accepted(slack: Slack, kind: str) -> None:
    answer = slack.post(slack.body(kind))
    assert (answer.status, answer.body) == (200, "")
    assert len(slack.harness.aws.events) == 1


REFUSED: dict[str, Callable[[Slack, bytes, dict[str, str]], tuple[bytes, dict[str, str]]]] = {
    "unsigned": lambda slack, body, headers: (body, {}),
    "without its time": lambda slack, body, headers: (body, {SIGNATURE: headers[SIGNATURE]}),
    "without its signature": lambda slack, body, headers: (body, {STAMP: headers[STAMP]}),
    "with another app's secret": lambda slack, body, headers: (body, slack.signed(body, "another")),
    "with a longer body": lambda slack, body, headers: (body + b"&text=bob-notebook", headers),
    "with an empty body": lambda slack, body, headers: (b"", headers),
    "with a later time": lambda slack, body, headers: (body, headers | {STAMP: str(int(headers[STAMP]) + 1)}),
    "with a time that is none": lambda slack, body, headers: (body, headers | {STAMP: "now"}),
    "with a time in other digits": lambda slack, body, headers: (body, headers | {STAMP: "١٧٩٥٤٢٥٣٢٢"}),
    "with a huge time": lambda slack, body, headers: (body, headers | {STAMP: "9" * 5000}),
    "with a negative time": lambda slack, body, headers: (body, headers | {STAMP: f"-{headers[STAMP]}"}),
    "in another version": lambda slack, body, headers: (body, headers | {SIGNATURE: "v1" + headers[SIGNATURE][2:]}),
    "without its version": lambda slack, body, headers: (body, headers | {SIGNATURE: headers[SIGNATURE][3:]}),
    "in capitals": lambda slack, body, headers: (body, headers | {SIGNATURE: headers[SIGNATURE].upper()}),
    "with letters of no alphabet": lambda slack, body, headers: (body, headers | {SIGNATURE: "v0=ä€😀"}),
    "cut short": lambda slack, body, headers: (body, headers | {SIGNATURE: headers[SIGNATURE][:-1]}),
}


@pytest.mark.parametrize("how", REFUSED)
@pytest.mark.parametrize("kind", KINDS)
def test_altered_requests_are_refused_before_anything_is_read(slack: Slack, kind: str, how: str) -> None:
    body = slack.body(kind)
    assert _is_refused(slack, slack.post(*REFUSED[how](slack, body, slack.signed(body))))


def test_every_altered_byte_of_the_body_and_the_signature_counts(slack: Slack) -> None:
    body = slack.body("command")
    headers = slack.signed(body)
    for place in range(len(body)):
        altered = body[:place] + bytes([body[place] ^ 1]) + body[place + 1 :]
        assert slack.post(altered, headers).status == 401, place
    for place in range(len(headers[SIGNATURE])):
        text = headers[SIGNATURE]
        altered_text = text[:place] + chr(ord(text[place]) ^ 1) + text[place + 1 :]
        assert slack.post(body, headers | {SIGNATURE: altered_text}).status == 401, place
    assert not slack.harness.aws.called("put_item")
    assert slack.post(body, headers).status == 200


@pytest.mark.parametrize(("late", "status"), [(-301, 401), (-300, 200), (0, 200), (300, 200), (301, 401)])
def test_a_signature_is_good_for_five_minutes(slack: Slack, late: int, status: int) -> None:
    slack.harness.clock.now = int(slack.harness.clock.now)
    body = slack.body("command")
    headers = slack.signed(body)
    slack.harness.clock.now += late
    assert slack.post(body, headers).status == status


def test_what_nobody_signed_is_not_even_parsed(slack: Slack) -> None:
    assert _is_refused(slack, slack.post(b"payload={not json", {}))
    # The same, signed, is told what is wrong: only Slack hears it.
    answer = slack.post(b"payload={not json")
    assert (answer.status, answer.json["error"]) == (400, "invalid_slack_request")


@pytest.mark.parametrize("kind", KINDS)
def test_a_replayed_request_does_nothing_twice(slack: Slack, kind: str) -> None:
    body = slack.body(kind)
    headers = slack.signed(body)
    assert slack.post(body, headers).status == 200
    slack.harness.clock.now += 200
    for _ in range(2):
        answer = slack.post(body, headers)
        assert (answer.status, answer.body) == (401, "")
    assert len(slack.harness.aws.called("invoke")) == 1
    # Whoever types the same words again sends another request.
    assert slack.post(slack.body(kind)).status == 200


@pytest.mark.parametrize("kind", KINDS)
def test_another_workspace_gets_nothing(slack: Slack, kind: str) -> None:
    slack.harness.configure(GATE_SLACK_TEAMS="T0OTHER,T0THIRD")
    assert _is_refused(slack, slack.post(slack.body(kind)))
    slack.harness.configure(GATE_SLACK_TEAMS="T0OTHER,T0LOCAL")
    assert slack.post(slack.body(kind)).status == 200


def test_a_guest_from_another_company_is_of_their_own_workspace(slack: Slack) -> None:
    # A channel shared with another company: the app is ours, and so is `team`; the user's team is theirs.
    payload = stored("press")
    payload["user"]["team_id"] = "T0OTHER"
    assert _is_refused(slack, slack.post(urlencode({"payload": json.dumps(payload)}).encode()))


def test_without_slack_in_the_settings_nobody_comes_in(slack: Slack) -> None:
    slack.harness.configure(GATE_SLACK_TEAMS="")
    assert _is_refused(slack, slack.post(slack.body("command")))


@pytest.mark.parametrize("secret", ["", "not json", "[]", "{}", '{"signing_secret": ""}', '{"signing_secret": 5}'])
def test_a_secret_that_is_not_stored_yet_admits_nobody(slack: Slack, secret: str) -> None:
    slack.harness.aws.secrets["arn:slack"] = secret
    slack.harness.configure()
    for own in (SECRET, "5", "None"):
        body = slack.body("command")
        assert _is_refused(slack, slack.post(body, slack.signed(body, own)))


@pytest.mark.parametrize(
    "payload", ['{"type": "view_closed"}', '{"type": "view_submission", "team": {"id": "T0LOCAL"}}']
)
def test_what_needs_no_answer_is_acknowledged(slack: Slack, payload: str) -> None:
    assert slack.post(urlencode({"payload": payload}).encode()).status == 200
    assert slack.post(slack.body("press", action_id="somebody-elses")).status == 200
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
def test_what_slack_would_never_send_is_a_clear_400(slack: Slack, body: bytes) -> None:
    try:
        body.decode()
    except UnicodeDecodeError:
        assert _ask(body) is InvalidSlackRequestError  # API Gateway hands over text, so it can't come this far
        return
    answer = slack.post(body)
    assert (answer.status, answer.json["error"]) == (400, "invalid_slack_request")
    assert not slack.harness.aws.called("invoke")


def _ask(body: bytes) -> SlackCommand | type[InvalidSlackRequestError] | None:
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
def test_no_body_is_more_than_wrong(body: bytes) -> None:
    _ask(body)


def test_the_local_workspace_sends_what_slack_publishes() -> None:
    alice = Member("T0LOCAL", "U0ALICE", "alice")
    button = {name: value for name, value in stored("press")["actions"][0].items() if name != "action_ts"}
    view = stored("press_in_window")["view"]
    pressed = {"trigger_id": "t", "response_url": "https://hooks.slack.com/x"}
    sent = {
        "command": payloads.command(alice, "", response_url="https://hooks.slack.com/x", trigger_id="t"),
        "shortcut": payloads.shortcut(alice, trigger_id="t"),
        "press": payloads.press(alice, button, view=None, **pressed),
        "press_in_window": payloads.press(alice, button, view=view, **pressed),
    }
    for kind in KINDS:
        form = dict(parse_qsl(sent[kind].decode(), keep_blank_values=True))
        payload = form if kind == "command" else json.loads(form["payload"])
        assert payload.keys() == stored(kind).keys(), kind


@pytest.mark.parametrize("operation", ["get_secret_value", "put_item", "invoke"])
def test_a_slash_command_that_cannot_be_worked_off_is_told_so_at_once(slack: Slack, operation: str) -> None:
    slack.harness.aws.errors[operation] = refusal("InternalFailure")
    answer = slack.post(slack.body("command"))
    assert (answer.status, answer.json["response_type"]) == (200, "ephemeral")
    assert "AWS did not respond as expected" in answer.json["text"]
    assert "Reference: `" in answer.json["text"]
    # To these Slack itself says that something went wrong, and that one may try again, unless it sees a 200.
    for kind in ("shortcut", "press"):
        assert slack.post(slack.body(kind)).status == 502


def test_slack_is_answered_in_the_time_that_it_waits(slack: Slack, monkeypatch: pytest.MonkeyPatch) -> None:
    left = []
    monkeypatch.setattr("gate.store.replay_guard.ReplayGuard.claim", lambda *_a, **_o: left.append(deadline.left(60)))
    assert slack.post(slack.body("command")).status == 200
    assert 2 < left[0] <= 2.5
