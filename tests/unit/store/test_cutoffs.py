"""Cutoffs end what was proven before them, on every route, until the caller proves the identity again."""

from collections.abc import Callable

import pytest

from gate.store.cutoffs import EVERYBODY
from testing.aws import refusal
from testing.environment import JSON
from testing.harness import Answer, Harness
from testing.log_lines import Lines
from testing.slack import TEAM, Slack, open_path

NOTEBOOK = "alice-notebook"
ALICE, ALIAS, BOB = "user:alice@example.com", f"slack:{TEAM}/U0ALICE", "user:bob@example.com"
NOTEBOOK_ROUTES = [
    ("GET", f"/open/{NOTEBOOK}"),
    ("GET", f"/notebooks/{NOTEBOOK}"),
]
FORM_ROUTES = [("POST", f"/notebooks/{NOTEBOOK}/start"), ("POST", f"/notebooks/{NOTEBOOK}/stop")]
Send = Callable[[str, str], Answer]


def _sender(slack: Slack, **headers: str) -> Send:
    all_headers = {**JSON, "Sec-Fetch-Site": "same-origin", **headers}
    return lambda method, path: slack.harness.browser.send(method, path, headers=all_headers)


def _session(slack: Slack) -> tuple[Send, list[tuple[str, str]]]:
    slack.harness.sign_in()
    return _sender(slack), [("GET", "/"), ("GET", "/open"), *NOTEBOOK_ROUTES, *FORM_ROUTES]


def _bearer(slack: Slack) -> tuple[Send, list[tuple[str, str]]]:
    token = slack.harness.issuer.token(email="alice@example.com", email_verified=True, iat=int(slack.harness.clock.now))
    return _sender(slack, Authorization=f"Bearer {token}"), [("GET", "/"), ("GET", "/open"), *NOTEBOOK_ROUTES]


def _ticket(slack: Slack) -> tuple[Send, list[tuple[str, str]]]:
    return _sender(slack), [("GET", open_path(slack.ask()))]


def _wait(slack: Slack) -> tuple[Send, list[tuple[str, str]]]:
    path = open_path(slack.ask())
    # The cookie is newer than the ticket, but its proof is as old as the ticket.
    slack.harness.clock.now += 100
    slack.harness.aws.notebooks[NOTEBOOK] = "Pending"
    assert slack.harness.browser.get(path).status == 303
    slack.harness.aws.notebooks[NOTEBOOK] = "InService"
    return _sender(slack), [*NOTEBOOK_ROUTES, *FORM_ROUTES]


@pytest.fixture
def deployment(slack: Slack) -> Slack:
    """A deployment whose clock shows a full second."""
    slack.harness.clock.now = float(int(slack.harness.clock.now))
    return slack


@pytest.mark.parametrize("prove", [_session, _bearer, _ticket, _wait], ids=["session", "bearer", "ticket", "wait"])
@pytest.mark.parametrize("subject", [ALICE, ALIAS, EVERYBODY, BOB, f"slack:{TEAM}/U0BOB"])
@pytest.mark.parametrize("after", [-1, 0, 1, 50], ids=lambda seconds: f"{seconds:+} s")
def test_a_cutoff_ends_earlier_proofs_on_every_route(
    deployment: Slack, prove: Callable[[Slack], tuple[Send, list[tuple[str, str]]]], subject: str, after: int
) -> None:
    proven = int(deployment.harness.clock.now)
    send, routes = prove(deployment)
    # The requests come long after the cutoff. What matters is the time of the proof.
    deployment.harness.clock.now += 100
    deployment.harness.aws.cutoff(subject, proven + after)
    deployment.harness.aws.calls.clear()
    names = {ALICE, EVERYBODY} if prove in (_session, _bearer) else {ALICE, ALIAS, EVERYBODY}
    ended = after > 0 and subject in names
    for method, path in routes:
        answer = send(method, path)
        if ended:
            assert (answer.status, answer.json["error"]) == (401, "sign_in_ended"), (method, path)
            assert answer.headers["www-authenticate"] == "Bearer"
        else:
            assert answer.status in {200, 303}, (method, path)
    if ended:
        for operation in ("assume_role", "start_notebook_instance", "stop_notebook_instance"):
            assert not deployment.harness.aws.called(operation)


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
        # The cookie is removed, so the sign-in page does not redirect back immediately.
        assert harness.browser.cookies == {}
        # A new sign-in within the second of the cutoff is also before it. The page reports that, and nothing loops.
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
    assert f'href="/prod/login?next=%2Fnotebooks%2F{NOTEBOOK}%2Fstop"' in page.body
    assert harness.aws.notebooks[NOTEBOOK] == "InService"


def test_a_cutoff_ends_the_wait_and_keeps_a_newer_sign_in(deployment: Slack) -> None:
    _wait(deployment)
    proven = int(deployment.harness.clock.now)
    deployment.harness.sign_in()
    deployment.harness.aws.cutoff(ALICE, proven)
    assert deployment.harness.browser.get(f"/open/{NOTEBOOK}").status == 401
    assert list(deployment.harness.browser.cookies) == ["__Secure-gate-session"]
    assert deployment.harness.browser.get(f"/open/{NOTEBOOK}").status == 302


@pytest.mark.parametrize("operation", ["batch_get_item", "assume_role", "create_presigned_notebook_instance_url"])
def test_a_ticket_from_before_a_cutoff_never_becomes_a_valid_wait(deployment: Slack, operation: str) -> None:
    aws, clock, browser = deployment.harness.aws, deployment.harness.clock, deployment.harness.browser
    path = open_path(deployment.ask())
    clock.now += 10
    cutoff = int(clock.now)
    if operation == "batch_get_item":
        # The proof does not become newer if the table fails while the ticket is redeemed.
        aws.cutoff(ALICE, cutoff)
    clock.now += 10
    aws.errors[operation] = refusal("ThrottlingException")
    assert browser.get(path).status == 303
    aws.errors.clear()
    aws.cutoff(ALICE, cutoff) if operation != "batch_get_item" else None
    clock.now += 10
    answer = browser.get(f"/open/{NOTEBOOK}", headers=JSON)
    assert (answer.status, answer.json["error"]) == (401, "sign_in_ended")


def test_callers_without_a_session_are_refused_until_the_cutoff_has_passed(deployment: Slack) -> None:
    aws, clock = deployment.harness.aws, deployment.harness.clock
    arn = "arn:aws:sts::123456789012:assumed-role/People/alice@example.com"
    aws.cutoff(ALICE, int(clock.now) + 1)
    refused = deployment.harness.browser.get(f"/iam/open/{NOTEBOOK}", iam=arn, headers=JSON)
    assert (refused.status, refused.json["error"]) == (401, "sign_in_ended")
    assert "Your sign-in was ended" in deployment.ask().text
    clock.now += 1
    assert deployment.harness.browser.get(f"/iam/open/{NOTEBOOK}", iam=arn).status == 302
    assert "Your sign-in was ended" not in deployment.ask().text


def test_the_audit_line_names_the_caller_whose_sign_in_was_ended(harness: Harness, lines: Lines) -> None:
    harness.sign_in()
    harness.aws.cutoff(ALICE, int(harness.clock.now) + 1)
    harness.browser.get(f"/open/{NOTEBOOK}")
    line = lines.decisions[-1]
    assert (line["action"], line["outcome"], line["subject"]) == ("open", "sign_in_ended", ALICE)
