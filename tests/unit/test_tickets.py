"""Tickets: one caller, one notebook, five minutes, once."""

from collections.abc import Callable

import pytest

from gate.identity.ticket import WAIT_SECONDS
from tests.unit.aws import TOKEN, refusal
from tests.unit.conftest import Answer, Browser
from tests.unit.slack import Slack, link
from tests.unit.test_audit import Lines, lines  # noqa: F401

ALICE_URL = f"https://alice-notebook.notebook.eu-west-1.sagemaker.aws?authToken={TOKEN}&view=lab"
JSON = {"Accept": "application/json"}
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
    return link(slack.ask())


def test_a_ticket_opens_with_one_click_and_without_a_login(slack: Slack, path: str) -> None:
    answer = slack.harness.browser.get(path)
    assert (answer.status, answer.location) == (302, ALICE_URL)
    assert answer.headers["referrer-policy"] == "no-referrer"
    (assumed,) = [call for call in slack.harness.aws.called("assume_role") if "203.0.113.7/32" in call["Policy"]]
    # As the person, and pinned to the browser's address, not to that of Slack's server.
    assert assumed["SourceIdentity"] == "alice@example.com"
    assert "198.51.100.77" not in assumed["Policy"]


def test_a_ticket_is_good_once(slack: Slack, path: str) -> None:
    assert slack.harness.browser.get(path).status == 302
    for browser in (slack.harness.browser, Browser(slack.harness.browser.base_url)):
        assert _is_refused(browser.get(path))
    assert len(slack.harness.aws.called("create_presigned_notebook_instance_url")) == 1


@pytest.mark.parametrize(("age", "opens"), [(0, True), (299, True), (300, False), (86_400, False), (-61, False)])
def test_a_ticket_is_good_for_five_minutes(slack: Slack, path: str, age: int, opens: bool) -> None:
    slack.harness.clock.now = int(slack.harness.clock.now) + age
    answer = slack.harness.browser.get(path)
    assert answer.status == 302 if opens else _is_refused(answer)


def test_a_ticket_is_for_its_notebook_alone(slack: Slack, path: str) -> None:
    slack.harness.aws.grant("user:alice@example.com", "shared-notebook")
    other = path.replace("alice-notebook", "shared-notebook", 1)
    assert _is_refused(slack.harness.browser.get(other))
    # Trying it there has not spent it.
    assert slack.harness.browser.get(path).status == 302


def test_every_altered_character_of_a_ticket_makes_it_worthless(slack: Slack, path: str) -> None:
    before, ticket = path.split("ticket=")
    for place, character in enumerate(ticket):
        altered = ticket[:place] + ("A" if character != "A" else "B") + ticket[place + 1 :]
        assert _is_refused(slack.harness.browser.get(f"{before}ticket={altered}")), place
    assert _is_refused(slack.harness.browser.get(f"{before}ticket="))
    assert slack.harness.browser.get(path).status == 302


@pytest.mark.parametrize("headers", PREVIEWERS)
def test_what_only_looks_at_a_link_neither_opens_nor_spends_it(
    slack: Slack, path: str, headers: dict[str, str]
) -> None:
    answer = slack.harness.browser.get(path, headers=headers)
    assert answer.status == 403
    assert "This link waits for a click" in answer.body
    assert not slack.harness.aws.called("create_presigned_notebook_instance_url")
    assert slack.harness.browser.get(path).status == 302


def test_a_telephone_with_an_unlucky_name_is_no_robot(slack: Slack, path: str) -> None:
    agent = "Mozilla/5.0 (Linux; Android 9; CUBOT X19) AppleWebKit/537.36 Chrome/131.0 Mobile Safari/537.36"
    assert slack.harness.browser.get(path, headers={"User-Agent": agent}).status == 302


def test_a_grant_taken_away_in_between_counts(slack: Slack, path: str) -> None:
    slack.harness.aws.grants.clear()
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
def test_scripts_get_the_code(
    slack: Slack, path: str, reason: str, status: int, provoke: Callable[[Slack, str], Answer]
) -> None:
    answer = provoke(slack, path)
    assert (answer.status, answer.json["error"]) == (status, reason)


def test_a_script_can_redeem_a_ticket(slack: Slack, path: str) -> None:
    answer = slack.harness.browser.get(path, headers=JSON)
    assert (answer.status, answer.json["authorized_url"]) == (200, ALICE_URL)
    slack.harness.aws.notebooks["alice-notebook"] = "Stopped"
    answer = slack.harness.browser.get(link(slack.ask()), headers=JSON)
    assert (answer.status, answer.json["error"]) == (409, "notebook_stopped")
    # The ticket is spent; a script that keeps cookies can look again.
    slack.harness.aws.notebooks["alice-notebook"] = "InService"
    assert slack.harness.browser.get("/open/alice-notebook", headers=JSON).json["authorized_url"] == ALICE_URL


# Waiting --------------------------------------------------------------------------------------------------------------


def test_who_comes_too_early_waits_without_a_login_and_goes_in(slack: Slack, path: str) -> None:
    aws, browser = slack.harness.aws, slack.harness.browser
    aws.notebooks["alice-notebook"] = "Stopped"
    away = browser.get(path)
    # The page that waits has no ticket in its address, so that looking again is not using it again.
    assert (away.status, away.location) == (303, f"{browser.base_url}/open/alice-notebook")
    waiting = browser.get("/open/alice-notebook")
    assert waiting.status == 409
    assert "Start alice-notebook" in waiting.body
    assert path.partition("ticket=")[2] not in waiting.body
    started = browser.post("/notebooks/alice-notebook/start")
    assert (started.status, started.location) == (303, f"{browser.base_url}/open/alice-notebook")
    assert browser.get("/notebooks/alice-notebook", headers=JSON).json["state"] == "Pending"
    assert browser.get("/open/alice-notebook").status == 202
    aws.notebooks["alice-notebook"] = "InService"
    arrived = browser.get("/open/alice-notebook")
    assert (arrived.status, arrived.location) == (302, ALICE_URL)
    # Arrived: the waiting is over, and with it the leave to come without a login.
    assert not browser.cookies
    assert browser.get("/open/alice-notebook", headers=JSON).status == 401


def test_the_chosen_view_is_kept_while_waiting(slack: Slack, path: str) -> None:
    slack.harness.aws.notebooks["alice-notebook"] = "Pending"
    assert slack.harness.browser.get(f"{path}&view=classic").location.endswith("/open/alice-notebook?view=classic")


def test_who_waits_can_come_to_that_notebook_alone(slack: Slack, path: str) -> None:
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
    for elsewhere in ("/", "/open"):
        assert browser.get(elsewhere, headers=JSON).status == 401
    # Nor is it a ticket or a session, nor a ticket one of these.
    browser.cookies = {"__Secure-gate-session": value}
    assert browser.get("/", headers=JSON).status == 401
    assert browser.get(f"/open/alice-notebook?ticket={value}", headers=JSON).status == 401
    browser.cookies = {name: link(slack.ask()).partition("ticket=")[2]}
    assert browser.get("/open/alice-notebook", headers=JSON).status == 401


def test_waiting_ends_after_a_quarter_of_an_hour(slack: Slack, path: str) -> None:
    slack.harness.aws.notebooks["alice-notebook"] = "Pending"
    slack.harness.browser.get(path)
    kept = dict(slack.harness.browser.cookies)
    slack.harness.clock.now = int(slack.harness.clock.now) + WAIT_SECONDS - 1
    assert slack.harness.browser.get("/open/alice-notebook").status == 202
    slack.harness.clock.now += 2
    slack.harness.browser.cookies = kept
    assert slack.harness.browser.get("/open/alice-notebook", headers=JSON).json["error"] == "not_signed_in"


def test_another_site_cannot_press_start_for_who_waits(slack: Slack, path: str) -> None:
    slack.harness.aws.notebooks["alice-notebook"] = "Stopped"
    slack.harness.browser.get(path)
    answer = slack.harness.browser.post("/notebooks/alice-notebook/start", {"Sec-Fetch-Site": "cross-site", **JSON})
    assert answer.json["error"] == "wrong_origin"


def test_throttled_with_a_ticket_still_gets_in(slack: Slack, path: str) -> None:
    operation = "create_presigned_notebook_instance_url"
    slack.harness.aws.errors[operation] = refusal("ThrottlingException")
    assert slack.harness.browser.get(path).status == 303
    assert slack.harness.browser.get("/open/alice-notebook").status == 202
    del slack.harness.aws.errors[operation]
    slack.harness.clock.now += 1
    assert slack.harness.browser.get("/open/alice-notebook").location == ALICE_URL


@pytest.mark.parametrize("headers", [{}, JSON])
def test_a_ticket_that_may_be_spent_is_still_good_in_that_browser_alone(
    slack: Slack, path: str, headers: dict[str, str]
) -> None:
    aws, browser = slack.harness.aws, slack.harness.browser
    aws.lost = 1
    assert browser.get(path, headers=headers).status == 502
    assert len(aws.replay_guard) == 2  # the ticket, after the signature of the message that it came from
    # Who has seen the link has not seen the cookie, nor can they make it up.
    elsewhere = Browser(browser.base_url)
    for guess in ("", "x" * 22, "%", "é", "x" * 4000):
        elsewhere.cookies = {"__Secure-gate-try": guess}
        assert _is_refused(elsewhere.get(path))
    answer = browser.get(path)
    assert (answer.status, answer.location) == (302, ALICE_URL)


def test_the_audit_line_of_a_ticket_names_the_person(slack: Slack, path: str, lines: Lines) -> None:  # noqa: F811
    slack.harness.browser.get(path)
    (line,) = lines.decisions
    assert (line["action"], line["outcome"], line["via"]) == ("open", "allowed", "ticket")
    assert (line["subject"], line["address"]) == ("user:alice@example.com", "203.0.113.7")
