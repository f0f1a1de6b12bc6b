"""Tickets: valid for one caller and one notebook, for five minutes, once."""

from collections.abc import Callable

import pytest

from gate.identity.ticket import WAITING_SECONDS
from testing.aws import TOKEN, refusal
from testing.environment import JSON
from testing.harness import Answer, Browser
from testing.log_lines import Lines
from testing.slack import Slack, open_path

ALICE_URL = f"https://alice-notebook.notebook.eu-west-1.sagemaker.aws?authToken={TOKEN}&view=lab"
PREVIEWERS = [
    {"User-Agent": "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)"},
    {"User-Agent": "Slack-ImgProxy (+https://api.slack.com/robots)"},
    {"User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)"},
    {"User-Agent": "Mozilla/5.0 (Windows NT 6.1; WOW64) SkypeUriPreview Preview/0.5"},
    {"User-Agent": "Twitterbot/1.0"},
    {"User-Agent": "facebookexternalhit/1.1"},
    {"Sec-Purpose": "prefetch;prerender"},
    {"Purpose": "prefetch"},
    {"X-Moz": "prefetch"},
    {"Sec-Fetch-Dest": "image"},
    {"Sec-Fetch-Dest": "iframe"},
]


def _is_refused(answer: Answer) -> bool:
    return answer.status == 401 and "Location" not in answer.headers and "This link is no longer valid" in answer.body


@pytest.fixture
def path(slack: Slack) -> str:
    """The path of a fresh ticket for alice-notebook."""
    return open_path(slack.ask())


def test_a_ticket_opens_with_one_click_and_without_a_login(slack: Slack, path: str) -> None:
    answer = slack.harness.browser.get(path)
    assert (answer.status, answer.location) == (302, ALICE_URL)
    assert answer.headers["referrer-policy"] == "no-referrer"
    (assumed,) = [call for call in slack.harness.aws.called("assume_role") if "203.0.113.7/32" in call["Policy"]]
    # The role session is the person's, and is pinned to the address of the browser, not of Slack's server.
    assert assumed["SourceIdentity"] == "alice@example.com"
    assert "198.51.100.77" not in assumed["Policy"]


def test_a_ticket_can_be_used_once(slack: Slack, path: str) -> None:
    assert slack.harness.browser.get(path).status == 302
    for browser in (slack.harness.browser, Browser(slack.harness.browser.base_url)):
        assert _is_refused(browser.get(path))
    assert len(slack.harness.aws.called("create_presigned_notebook_instance_url")) == 1


@pytest.mark.parametrize(("age", "opens"), [(0, True), (299, True), (300, False), (86_400, False), (-61, False)])
def test_a_ticket_is_valid_for_five_minutes(slack: Slack, path: str, age: int, opens: bool) -> None:
    slack.harness.clock.now = int(slack.harness.clock.now) + age
    answer = slack.harness.browser.get(path)
    assert answer.status == 302 if opens else _is_refused(answer)


def test_a_ticket_is_valid_for_its_notebook_only(slack: Slack, path: str) -> None:
    slack.harness.aws.grant("user:alice@example.com", "shared-notebook")
    other = path.replace("alice-notebook", "shared-notebook", 1)
    assert _is_refused(slack.harness.browser.get(other))
    # The attempt did not use the ticket.
    assert slack.harness.browser.get(path).status == 302


def test_a_ticket_with_any_altered_character_is_refused(slack: Slack, path: str) -> None:
    before, ticket = path.split("ticket=")
    for position, character in enumerate(ticket):
        altered = ticket[:position] + ("A" if character != "A" else "B") + ticket[position + 1 :]
        assert _is_refused(slack.harness.browser.get(f"{before}ticket={altered}")), position
    assert _is_refused(slack.harness.browser.get(f"{before}ticket="))
    assert slack.harness.browser.get(path).status == 302


@pytest.mark.parametrize("headers", PREVIEWERS)
def test_a_link_preview_neither_opens_nor_uses_the_ticket(slack: Slack, path: str, headers: dict[str, str]) -> None:
    answer = slack.harness.browser.get(path, headers=headers)
    assert answer.status == 403
    assert "This link waits for a click" in answer.body
    assert not slack.harness.aws.called("create_presigned_notebook_instance_url")
    assert slack.harness.browser.get(path).status == 302


def test_a_phone_with_bot_in_its_name_is_not_a_robot(slack: Slack, path: str) -> None:
    agent = "Mozilla/5.0 (Linux; Android 9; CUBOT X19) AppleWebKit/537.36 Chrome/131.0 Mobile Safari/537.36"
    assert slack.harness.browser.get(path, headers={"User-Agent": agent}).status == 302


def test_a_grant_removed_after_the_ticket_was_issued_counts(slack: Slack, path: str) -> None:
    slack.harness.aws.table.clear()
    answer = slack.harness.browser.get(path, headers=JSON)
    assert (answer.status, answer.json["error"]) == (403, "not_granted")


def test_a_ticket_gives_no_group_and_no_session(slack: Slack, path: str) -> None:
    slack.harness.browser.get(path)
    assert not slack.harness.browser.cookies
    assert slack.harness.browser.get("/", headers=JSON).json["error"] == "not_signed_in"


@pytest.mark.parametrize(
    ("reason", "status", "provoke"),
    [
        ("invalid_ticket", 401, lambda slack, path: slack.harness.browser.get(f"{path}x", headers=JSON)),
        ("ticket_preview", 403, lambda slack, path: slack.harness.browser.get(path, headers=JSON | PREVIEWERS[0])),
    ],
)
def test_scripts_get_the_reason_code(
    slack: Slack, path: str, reason: str, status: int, provoke: Callable[[Slack, str], Answer]
) -> None:
    answer = provoke(slack, path)
    assert (answer.status, answer.json["error"]) == (status, reason)


def test_a_script_can_redeem_a_ticket(slack: Slack, path: str) -> None:
    answer = slack.harness.browser.get(path, headers=JSON)
    assert (answer.status, answer.json["authorized_url"]) == (200, ALICE_URL)
    slack.harness.aws.notebooks["alice-notebook"] = "Stopped"
    answer = slack.harness.browser.get(open_path(slack.ask()), headers=JSON)
    assert (answer.status, answer.json["error"]) == (409, "notebook_stopped")
    # The ticket is used. A script that keeps cookies can try again.
    slack.harness.aws.notebooks["alice-notebook"] = "InService"
    assert slack.harness.browser.get("/open/alice-notebook", headers=JSON).json["authorized_url"] == ALICE_URL


# Waiting --------------------------------------------------------------------------------------------------------------


def test_a_caller_of_a_stopped_notebook_waits_without_a_sign_in_and_then_opens_it(slack: Slack, path: str) -> None:
    aws, browser = slack.harness.aws, slack.harness.browser
    aws.notebooks["alice-notebook"] = "Stopped"
    redirect = browser.get(path)
    # The waiting page has no ticket in its address, so that a reload does not use the ticket again.
    assert (redirect.status, redirect.location) == (303, f"{browser.base_url}/open/alice-notebook")
    waiting = browser.get("/open/alice-notebook")
    assert waiting.status == 409
    assert "Start and open" in waiting.body
    assert path.partition("ticket=")[2] not in waiting.body
    started = browser.post("/notebooks/alice-notebook/start")
    assert (started.status, started.location) == (303, f"{browser.base_url}/open/alice-notebook")
    assert browser.get("/notebooks/alice-notebook", headers=JSON).json["state"] == "Pending"
    assert browser.get("/open/alice-notebook").status == 202
    aws.notebooks["alice-notebook"] = "InService"
    opened = browser.get("/open/alice-notebook")
    assert (opened.status, opened.location) == (302, ALICE_URL)
    # The cookie is removed: without it, the browser has to sign in.
    assert not browser.cookies
    assert browser.get("/open/alice-notebook", headers=JSON).status == 401


def test_the_chosen_view_is_kept_while_waiting(slack: Slack, path: str) -> None:
    slack.harness.aws.notebooks["alice-notebook"] = "Pending"
    assert slack.harness.browser.get(f"{path}&view=classic").location.endswith("/open/alice-notebook?view=classic")


def test_a_waiting_caller_can_open_that_notebook_only(slack: Slack, path: str) -> None:
    aws, browser = slack.harness.aws, slack.harness.browser
    aws.grant("user:alice@example.com", "shared-notebook")
    aws.notebooks["alice-notebook"] = "Pending"
    browser.get(path)
    ((name, value),) = browser.cookies.items()
    assert (name, browser.get("/open/shared-notebook", headers=JSON).status) == (
        "__Secure-gate-wait-alice-notebook",
        401,
    )
    browser.cookies = {name.replace("alice", "shared"): value}
    assert browser.get("/open/shared-notebook", headers=JSON).status == 401
    for other_path in ("/", "/open"):
        assert browser.get(other_path, headers=JSON).status == 401
    # The cookie is neither a session nor a ticket, and a ticket is no such cookie.
    browser.cookies = {"__Secure-gate-session": value}
    assert browser.get("/", headers=JSON).status == 401
    assert browser.get(f"/open/alice-notebook?ticket={value}", headers=JSON).status == 401
    browser.cookies = {name: open_path(slack.ask()).partition("ticket=")[2]}
    assert browser.get("/open/alice-notebook", headers=JSON).status == 401


def test_waiting_ends_after_a_quarter_of_an_hour(slack: Slack, path: str) -> None:
    slack.harness.aws.notebooks["alice-notebook"] = "Pending"
    slack.harness.browser.get(path)
    cookies = dict(slack.harness.browser.cookies)
    slack.harness.clock.now = int(slack.harness.clock.now) + WAITING_SECONDS - 1
    assert slack.harness.browser.get("/open/alice-notebook").status == 202
    slack.harness.clock.now += 2
    slack.harness.browser.cookies = cookies
    assert slack.harness.browser.get("/open/alice-notebook", headers=JSON).json["error"] == "not_signed_in"


def test_another_site_cannot_start_the_notebook_of_a_waiting_caller(slack: Slack, path: str) -> None:
    slack.harness.aws.notebooks["alice-notebook"] = "Stopped"
    slack.harness.browser.get(path)
    answer = slack.harness.browser.post("/notebooks/alice-notebook/start", {"Sec-Fetch-Site": "cross-site", **JSON})
    assert answer.json["error"] == "wrong_origin"


def test_a_throttled_caller_with_a_ticket_can_open_the_notebook_later(slack: Slack, path: str) -> None:
    operation = "create_presigned_notebook_instance_url"
    slack.harness.aws.errors[operation] = refusal("ThrottlingException")
    assert slack.harness.browser.get(path).status == 303
    assert slack.harness.browser.get("/open/alice-notebook").status == 202
    del slack.harness.aws.errors[operation]
    slack.harness.clock.now += 1
    assert slack.harness.browser.get("/open/alice-notebook").location == ALICE_URL


@pytest.mark.parametrize("headers", [{}, JSON])
def test_a_ticket_that_may_be_used_can_be_retried_in_that_browser_only(
    slack: Slack, path: str, headers: dict[str, str]
) -> None:
    aws, browser = slack.harness.aws, slack.harness.browser
    aws.lost_response = 1
    assert browser.get(path, headers=headers).status == 502
    claims = [call for call in aws.called("put_item") if call["Item"]["principal"]["S"].startswith("replay:")]
    assert len(claims) == 2  # the signature of the Slack request, and the ticket
    # Somebody who saw the link has not seen the cookie and cannot guess it.
    other_browser = Browser(browser.base_url)
    for guess in ("", "x" * 22, "%", "é", "x" * 4000):
        other_browser.cookies = {"__Secure-gate-try": guess}
        assert _is_refused(other_browser.get(path))
    answer = browser.get(path)
    assert (answer.status, answer.location) == (302, ALICE_URL)


def test_the_audit_line_of_a_ticket_names_the_person(slack: Slack, path: str, lines: Lines) -> None:
    slack.harness.browser.get(path)
    (line,) = lines.decisions
    assert (line["action"], line["outcome"], line["via"]) == ("open", "allowed", "ticket")
    assert (line["subject"], line["address"]) == ("user:alice@example.com", "203.0.113.7")
