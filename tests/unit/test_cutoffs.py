"""Cutoffs: what was proven before one counts for nothing, on every route, until somebody proves themselves anew."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.errors.caller import SignInEndedError
from gate.errors.notebook import NotGrantedError
from gate.identity.caller import Caller
from gate.notebook import Notebook
from gate.store.cutoffs import EVERYBODY, cutoff_key
from gate.store.grants import Grants
from gate.store.rows import Rows
from tests.unit import aws as fakes
from tests.unit.aws import FakeAws, refusal
from tests.unit.conftest import Answer, Harness
from tests.unit.slack import TEAM, Slack, open_path
from tests.unit.test_audit import Lines, lines  # noqa: F401

JSON = {"Accept": "application/json"}
NOTEBOOK = "alice-notebook"
ALICE, ALIAS, BOB = "user:alice@example.com", f"slack:{TEAM}/U0ALICE", "user:bob@example.com"
AT_THE_NOTEBOOK = [
    ("GET", f"/open/{NOTEBOOK}"),
    ("GET", f"/notebooks/{NOTEBOOK}"),
]
BUTTONS = [("POST", f"/notebooks/{NOTEBOOK}/start"), ("POST", f"/notebooks/{NOTEBOOK}/stop")]
Send = Callable[[str, str], Answer]


def _sender(slack: Slack, **headers: str) -> Send:
    ours = {**JSON, "Sec-Fetch-Site": "same-origin", **headers}
    return lambda method, path: slack.harness.browser.send(method, path, headers=ours)


def _session(slack: Slack) -> tuple[Send, list[tuple[str, str]]]:
    slack.harness.sign_in()
    return _sender(slack), [("GET", "/"), ("GET", "/open"), *AT_THE_NOTEBOOK, *BUTTONS]


def _bearer(slack: Slack) -> tuple[Send, list[tuple[str, str]]]:
    token = slack.harness.issuer.token(email="alice@example.com", email_verified=True, iat=int(slack.harness.clock.now))
    return _sender(slack, Authorization=f"Bearer {token}"), [("GET", "/"), ("GET", "/open"), *AT_THE_NOTEBOOK]


def _ticket(slack: Slack) -> tuple[Send, list[tuple[str, str]]]:
    return _sender(slack), [("GET", open_path(slack.ask()))]


def _wait(slack: Slack) -> tuple[Send, list[tuple[str, str]]]:
    path = open_path(slack.ask())
    # The cookie is made later than the ticket, and proves no more than it.
    slack.harness.clock.now += 100
    slack.harness.aws.notebooks[NOTEBOOK] = "Pending"
    assert slack.harness.browser.get(path).status == 303
    slack.harness.aws.notebooks[NOTEBOOK] = "InService"
    return _sender(slack), [*AT_THE_NOTEBOOK, *BUTTONS]


@pytest.fixture
def whole(slack: Slack) -> Slack:
    """A deployment at the beginning of a second."""
    slack.harness.clock.now = float(int(slack.harness.clock.now))
    return slack


@pytest.mark.parametrize("prove", [_session, _bearer, _ticket, _wait], ids=["session", "bearer", "ticket", "wait"])
@pytest.mark.parametrize("whose", [ALICE, ALIAS, EVERYBODY, BOB, f"slack:{TEAM}/U0BOB"])
@pytest.mark.parametrize("after", [-1, 0, 1, 50], ids=lambda seconds: f"{seconds:+} s")
def test_a_cutoff_ends_earlier_proofs_on_every_route(
    whole: Slack, prove: Callable[[Slack], tuple[Send, list[tuple[str, str]]]], whose: str, after: int
) -> None:
    proven = int(whole.harness.clock.now)
    send, routes = prove(whole)
    # They come when the cutoff has long passed; when they were proven is what counts.
    whole.harness.clock.now += 100
    whole.harness.aws.cutoff(whose, proven + after)
    whole.harness.aws.calls.clear()
    known_as = {ALICE, EVERYBODY} if prove in (_session, _bearer) else {ALICE, ALIAS, EVERYBODY}
    ended = after > 0 and whose in known_as
    for method, path in routes:
        answer = send(method, path)
        if ended:
            assert (answer.status, answer.json["error"]) == (401, "sign_in_ended"), (method, path)
            assert answer.headers["www-authenticate"] == "Bearer"
        else:
            assert answer.status in {200, 303}, (method, path)
    if ended:
        for operation in ("assume_role", "start_notebook_instance", "stop_notebook_instance"):
            assert not whole.harness.aws.called(operation)


def test_the_latest_of_several_cutoffs_applies(harness: Harness) -> None:
    harness.sign_in()
    now = int(harness.clock.now)
    harness.aws.cutoff(EVERYBODY, now - 100)
    harness.aws.cutoff(ALICE, now)
    assert harness.browser.get(f"/open/{NOTEBOOK}").status == 302
    harness.aws.cutoff(EVERYBODY, now + 1)
    assert harness.browser.get(f"/open/{NOTEBOOK}").status == 401


def test_a_page_reports_the_cutoff_and_a_new_sign_in_works(harness: Harness) -> None:
    harness.sign_in()
    now = int(harness.clock.now)
    harness.aws.cutoff(ALICE, now + 1)
    for _ in range(3):
        page = harness.browser.get(f"/open/{NOTEBOOK}?view=classic")
        assert (page.status, "location" in page.headers) == (401, False)
        assert "Your sign-in was ended" in page.body
        assert 'href="/prod/login?next=%2Fopen%2Falice-notebook%3Fview%3Dclassic"' in page.body
        # The way to sign in does not lead back here at once.
        assert harness.browser.cookies == {}
        # Within the very second of the cutoff, a new sign-in is still before it. It is told so, and goes in no circle.
        harness.sign_in(path=f"/open/{NOTEBOOK}")
    harness.browser.cookies.clear()
    harness.clock.now = now + 1.0
    back = harness.sign_in(path=f"/open/{NOTEBOOK}?view=classic")
    assert back.location.endswith(f"/open/{NOTEBOOK}?view=classic")
    assert harness.browser.get(f"/open/{NOTEBOOK}").status == 302


def test_a_background_request_does_not_remove_the_cookie(harness: Harness) -> None:
    harness.sign_in()
    harness.aws.cutoff(ALICE, int(harness.clock.now) + 1)
    assert harness.browser.get(f"/notebooks/{NOTEBOOK}", headers=JSON).set_cookies == []
    assert "Your sign-in was ended" in harness.browser.get(f"/open/{NOTEBOOK}").body


def test_a_form_after_a_cutoff_leads_to_a_new_sign_in(harness: Harness) -> None:
    harness.sign_in()
    harness.aws.cutoff(ALICE, int(harness.clock.now) + 1)
    page = harness.browser.post(f"/notebooks/{NOTEBOOK}/stop")
    assert (page.status, harness.browser.cookies) == (401, {})
    assert 'href="/prod/login?next=%2F"' in page.body
    assert harness.aws.notebooks[NOTEBOOK] == "InService"


def test_a_cutoff_ends_the_wait_and_keeps_a_newer_sign_in(whole: Slack) -> None:
    _wait(whole)
    proven = int(whole.harness.clock.now)
    whole.harness.sign_in()
    whole.harness.aws.cutoff(ALICE, proven)
    assert whole.harness.browser.get(f"/open/{NOTEBOOK}").status == 401
    assert list(whole.harness.browser.cookies) == ["__Secure-gate-session"]
    assert whole.harness.browser.get(f"/open/{NOTEBOOK}").status == 302


@pytest.mark.parametrize("operation", ["batch_get_item", "assume_role", "create_presigned_notebook_instance_url"])
def test_a_ticket_from_before_a_cutoff_never_becomes_a_valid_wait(whole: Slack, operation: str) -> None:
    aws, clock, browser = whole.harness.aws, whole.harness.clock, whole.harness.browser
    path = open_path(whole.ask())
    clock.now += 10
    cutoff = int(clock.now)
    if operation == "batch_get_item":
        # Not even a table that fails while the ticket is redeemed makes something newer of it.
        aws.cutoff(ALICE, cutoff)
    clock.now += 10
    aws.errors[operation] = refusal("ThrottlingException")
    assert browser.get(path).status == 303
    aws.errors.clear()
    aws.cutoff(ALICE, cutoff) if operation != "batch_get_item" else None
    clock.now += 10
    answer = browser.get(f"/open/{NOTEBOOK}", headers=JSON)
    assert (answer.status, answer.json["error"]) == (401, "sign_in_ended")


def test_callers_without_a_session_are_refused_until_the_cutoff_has_passed(whole: Slack) -> None:
    aws, clock = whole.harness.aws, whole.harness.clock
    arn = "arn:aws:sts::123456789012:assumed-role/People/alice@example.com"
    aws.cutoff(ALICE, int(clock.now) + 1)
    refused = whole.harness.browser.get(f"/iam/open/{NOTEBOOK}", iam=arn, headers=JSON)
    assert (refused.status, refused.json["error"]) == (401, "sign_in_ended")
    assert "Your sign-in was ended" in whole.ask().text
    clock.now += 1
    assert whole.harness.browser.get(f"/iam/open/{NOTEBOOK}", iam=arn).status == 302
    assert "Your sign-in was ended" not in whole.ask().text


def test_the_audit_line_names_the_caller_whose_sign_in_was_ended(harness: Harness, lines: Lines) -> None:  # noqa: F811
    harness.sign_in()
    harness.aws.cutoff(ALICE, int(harness.clock.now) + 1)
    harness.browser.get(f"/open/{NOTEBOOK}")
    line = lines.decisions[-1]
    assert (line["action"], line["outcome"], line["subject"]) == ("open", "sign_in_ended", ALICE)


def test_a_cutoff_on_a_later_page_of_the_response_applies(harness: Harness) -> None:
    for number in range(7):
        harness.aws.grant(ALICE, f"n{number}")
    harness.sign_in()
    assert harness.browser.get("/", headers=JSON).status == 200
    harness.aws.cutoff(ALICE, int(harness.clock.now) + 1)
    harness.aws.calls.clear()
    assert harness.browser.get("/", headers=JSON).status == 401
    assert len(harness.aws.called("execute_statement")) > 1


def test_the_cutoff_of_a_caller_with_many_groups_is_read(harness: Harness) -> None:
    harness.sign_in(groups=[f"team-{number:03}" for number in range(150)])
    harness.aws.cutoff(EVERYBODY, int(harness.clock.now) + 1)
    assert harness.browser.get(f"/open/{NOTEBOOK}").status == 401


def test_a_malformed_cutoff_ends_everything(harness: Harness, lines: Lines) -> None:  # noqa: F811
    """Written by hand. Nobody knows what it was to end, and it was to end something."""
    harness.sign_in()
    for before in ({}, {"before": {"S": "2026-11-25"}}, {"before": {"BOOL": True}}):
        harness.aws.table.put_item({"Item": {**cutoff_key(ALICE), **before}})
        assert harness.browser.get(f"/open/{NOTEBOOK}", headers=JSON).status == 401
    told = [text for text in lines.texts if "malformed cutoff" in text]
    assert [f"cutoff:{ALICE}" in text for text in told] == [True] * 3


ROW = {"principal": {"S": ALICE}, "notebook": {"S": NOTEBOOK}}


@pytest.mark.parametrize(
    ("answer", "status", "reason"),
    [
        ({}, 502, "aws_error"),
        ({"UnprocessedKeys": {}}, 502, "aws_error"),
        ({"Responses": {}}, 502, "aws_error"),
        ({"Responses": {"another": []}}, 502, "aws_error"),
        # The grant was read, and the cutoff was not.
        ({"Responses": {"grants": [ROW]}, "UnprocessedKeys": {"grants": {"Keys": [ROW]}}}, 503, "throttled"),
        ({"Responses": {}, "UnprocessedKeys": {"grants": {"Keys": [ROW]}}}, 503, "throttled"),
        ({"Responses": {"grants": []}, "UnprocessedKeys": {}}, 403, "not_granted"),
        ({"Responses": {"grants": [ROW]}, "UnprocessedKeys": {}}, 200, None),
    ],
)
def test_a_partial_response_is_an_error(
    harness: Harness, monkeypatch: pytest.MonkeyPatch, answer: dict[str, Any], status: int, reason: str | None
) -> None:
    harness.sign_in()
    monkeypatch.setattr(fakes._Client, "_batch_get_item", lambda *_: answer)
    told = harness.browser.get(f"/open/{NOTEBOOK}", headers=JSON)
    assert (told.status, told.json.get("error")) == (status, reason)


def test_a_duplicate_key_is_requested_once() -> None:
    aws = FakeAws()
    list(Rows(aws.client("dynamodb"), "grants").get([ROW, cutoff_key(ALICE), dict(ROW)]))
    (asked,) = aws.called("batch_get_item")
    assert asked["RequestItems"]["grants"]["Keys"] == [ROW, cutoff_key(ALICE)]


SUBJECTS = st.sampled_from([ALICE, BOB, ALIAS])
STEPS = st.lists(
    st.tuples(st.just("pass"), st.integers(0, 3))
    | st.tuples(st.just("prove"), SUBJECTS, st.sampled_from([(), (ALIAS,)]))
    | st.tuples(st.just("cut"), SUBJECTS | st.just(EVERYBODY), st.integers(-2, 2)),
    max_size=25,
)


@given(steps=STEPS)
def test_no_earlier_proof_is_accepted_in_any_order_of_events(steps: list[tuple[Any, ...]]) -> None:
    aws, now = FakeAws(), 1_790_000_000
    proofs: list[Caller] = []
    cutoffs: dict[str, int] = {}
    for name in (ALICE, BOB, ALIAS):
        aws.grant(name, NOTEBOOK)
    for step in steps:
        match step:
            case "pass", seconds:
                now += seconds
            case "prove", subject, aliases:
                proofs.append(Caller(subject, (), "session", "203.0.113.7", now, aliases))
            case "cut", whose, ahead:
                if now + ahead > cutoffs.get(whose, 0):
                    cutoffs[whose] = now + ahead
                    aws.cutoff(whose, now + ahead)
    grants = Grants(aws.client("dynamodb"), table="grants", max_session=3600, clock=lambda: now)
    for caller in proofs:
        ended = any(caller.proven_at < cutoffs.get(name, 0) for name in (*caller.names, EVERYBODY))
        assert _lets_in(lambda: grants.find(caller, Notebook(NOTEBOOK))) is not ended  # noqa: B023
        assert _lets_in(lambda: grants.find_all(caller)) is not ended  # noqa: B023


def _lets_in(look: Callable[[], object]) -> bool:
    try:
        look()
    except SignInEndedError:
        return False
    except NotGrantedError:
        pass
    return True
