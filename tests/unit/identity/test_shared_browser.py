"""Several tabs, and two people, at one browser: whose requests count, and what is left after a sign-out."""

import itertools
import random
from typing import Any

import pytest

from gate.identity.login import MAX_LOGINS
from gate.identity.sign_in_session import MAX_COOKIE_BYTES
from gate.identity.ticket import MAX_REMOVED_COOKIES
from testing.aws import refusal
from testing.environment import JSON
from testing.harness import Browser, Harness
from testing.log_lines import Lines
from testing.slack import Slack, open_path
from tests.unit.identity.callbacks import LINK, NOTEBOOK, callback_path, start_sign_in, state_of


def _targets(count: int) -> list[str]:
    return ["/", "/open", NOTEBOOK, f"{NOTEBOOK}?view=lab", *(f"/open/notebook-{n}" for n in range(count - 4))]


def _tabs(harness: Harness, targets: list[str], order: list[int]) -> list[str]:
    """Open `targets` in tabs at once, finish the sign-ins in `order`, and return the path where each tab ended."""
    browser = Browser(harness.browser.base_url)
    authorization_urls = [start_sign_in(browser, target) for target in targets]
    ends: dict[int, str] = {}
    for tab in order:
        answer = browser.get(callback_path(harness, authorization_urls[tab]))
        assert answer.status == 302, (order, tab)
        ends[tab] = browser.path_of(answer.location)
    return [ends[tab] for tab in range(len(targets))]


SIX = [*range(6)]

ORDERS: list[list[int]] = [
    SIX,
    SIX[::-1],
    *(SIX[first:] + SIX[:first] for first in range(1, 6)),
    *([*order, 5, 4, 3] for order in itertools.permutations(range(3))),
]


@pytest.mark.parametrize("order", ORDERS, ids=str)
def test_six_tabs_opened_at_once_all_reach_their_return_paths(harness: Harness, order: list[int]) -> None:
    assert _tabs(harness, _targets(6), order) == _targets(6)


def test_more_tabs_than_cookies_reach_their_return_paths_after_one_sign_in(harness: Harness) -> None:
    """The oldest cookies were removed. These tabs continue with the session of another tab."""
    targets = _targets(MAX_LOGINS + 4)
    order = [*range(len(targets))]
    random.Random(16).shuffle(order)
    newest_first = [len(targets) - 1, *(tab for tab in order if tab != len(targets) - 1)]
    assert _tabs(harness, targets, newest_first) == targets


def test_the_error_page_of_one_tab_too_many_links_to_its_notebook(harness: Harness) -> None:
    authorization_urls = [start_sign_in(harness.browser) for _ in range(MAX_LOGINS + 1)]
    oldest = harness.browser.get(callback_path(harness, authorization_urls[0]))
    assert (oldest.status, LINK.findall(oldest.body)) == (400, ["/prod/login?next=%2Fopen%2Falice-notebook"])
    newer = harness.browser.get(callback_path(harness, authorization_urls[1]))
    assert newer.location == harness.browser.base_url + NOTEBOOK


def test_the_cookies_of_all_tabs_fit_into_the_headers(harness: Harness) -> None:
    """API Gateway accepts 10,240 bytes of request line and headers ("Quotas", REST API)."""
    for base_url in ("https://notebooks.example.com", harness.browser.base_url):
        harness.configure(GATE_BASE_URL=base_url)
        for _ in range(2 * MAX_LOGINS):
            start_sign_in(harness.browser, f"/open/{'a' * 104}?view=classic")
        assert len(harness.browser.cookies) == MAX_LOGINS
        sent = "; ".join(f"{name}={value}" for name, value in harness.browser.cookies.items())
        assert len(sent) <= MAX_LOGINS * 256
    longest_code, other_headers = 2500, 1500
    assert MAX_LOGINS * 256 + MAX_COOKIE_BYTES + longest_code + other_headers < 10_240


def test_the_state_contains_no_secret_of_the_cookie(harness: Harness) -> None:
    """The verifier and the nonce are only in the cookie. The state appears in URLs, logs and browser histories."""
    from gate import container

    authorization_url = start_sign_in(harness.browser)
    (cookie,) = harness.browser.cookies.values()
    login: Any = container.get_gate().identity.login
    state_id, nonce, verifier = login._cookie_signer.read(cookie)
    state = login._states._signer.read(state_of(authorization_url))
    assert state == [state_id, NOTEBOOK]
    assert not {nonce, verifier} & set(state)


ALICE = "user:alice@example.com"
OPEN = "/open/alice-notebook"
EVERYWHERE = "everywhere=1"


def test_requests_count_as_the_signed_in_persons_despite_a_colleagues_link(slack: Slack, lines: Lines) -> None:
    harness = slack.harness
    harness.aws.notebooks["alice-notebook"] = "Stopped"
    path = open_path(slack.ask())
    assert harness.browser.get(path).status == 303  # Alice's link, in a browser without a sign-in
    harness.sign_in("bob@example.com")
    for method, route in (
        ("POST", "/notebooks/alice-notebook/start"),
        ("GET", OPEN),
        ("GET", "/notebooks/alice-notebook"),
    ):
        answer = harness.browser.send(method, route, headers={**JSON, "Sec-Fetch-Site": "same-origin"})
        assert (answer.status, answer.json["error"]) == (403, "not_granted"), route
        assert lines.decisions[-1]["subject"] == "user:bob@example.com"
    assert harness.aws.notebooks["alice-notebook"] == "Stopped"


@pytest.mark.parametrize("state", ["Stopped", "Pending", "Failed"])
def test_a_link_to_a_notebook_that_does_not_run_asks_another_person_to_sign_out_first(slack: Slack, state: str) -> None:
    harness = slack.harness
    harness.aws.notebooks["alice-notebook"] = state
    harness.sign_in("bob@example.com")
    page = harness.browser.get(open_path(slack.ask()))
    assert page.status == 409
    assert "You are signed in here under another name" in page.body
    assert page.set_cookies == []
    answer = harness.browser.get(open_path(slack.ask()), headers=JSON)
    assert (answer.status, answer.json["error"]) == (409, "other_person")
    harness.browser.post("/logout")
    assert harness.browser.get(open_path(slack.ask())).status == 303


def test_a_throttled_link_asks_another_person_to_sign_out_first(slack: Slack) -> None:
    harness = slack.harness
    harness.sign_in("bob@example.com")
    path = open_path(slack.ask())
    harness.aws.errors["create_presigned_notebook_instance_url"] = refusal("ThrottlingException")
    assert harness.browser.reason(path) == "other_person"


@pytest.mark.parametrize("grantee", ["user:alice@example.com", "slack:T0LOCAL/U0ALICE"])
def test_a_persons_own_link_works_while_they_are_signed_in(slack: Slack, grantee: str) -> None:
    harness = slack.harness
    harness.aws.table.clear()
    harness.aws.grant(grantee, "alice-notebook", power="start-stop")
    harness.aws.notebooks["alice-notebook"] = "Stopped"
    harness.sign_in()
    assert harness.browser.get(open_path(slack.ask())).status == 303
    assert harness.browser.post("/notebooks/alice-notebook/start").status == 303
    assert harness.aws.notebooks["alice-notebook"] == "Pending"


def test_a_slack_user_without_an_email_is_another_person(slack: Slack) -> None:
    harness = slack.harness
    harness.aws.grant("slack:T0LOCAL/U0DANA", "shared-notebook", power="start")
    harness.aws.notebooks["shared-notebook"] = "Stopped"
    assert harness.browser.get(open_path(slack.ask(user_id="U0DANA"))).status == 303
    assert harness.browser.get("/open/shared-notebook").status == 409
    harness.sign_in("bob@example.com")
    assert harness.browser.reason("/open/shared-notebook") == "not_granted"


@pytest.mark.parametrize("body", [None, EVERYWHERE])
@pytest.mark.parametrize(
    "base_url",
    [
        "https://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com/prod",
        "https://notebooks.example.com",
        "http://127.0.0.1:8080",
    ],
)
def test_after_signing_out_nothing_of_the_person_is_left_in_the_browser(
    slack: Slack, base_url: str, body: str | None
) -> None:
    harness = slack.harness
    names = ("alice-notebook", "other-notebook")
    for name in names:
        harness.aws.grant(ALICE, name, power="start-stop")
        harness.aws.notebooks[name] = "Pending"
    harness.configure(GATE_BASE_URL=base_url)
    for name in names:
        path = _link(slack, base_url, name)
        assert harness.browser.get(path).status == 303
    path, harness.aws.lost_response = _link(slack, base_url), 1
    assert harness.browser.get(path).status == 502  # sets the retry cookie
    harness.sign_in()
    assert len(harness.browser.cookies) == 4
    assert harness.browser.post("/logout", body=body).status == 200
    assert harness.browser.cookies == {}
    for name in names:
        assert harness.browser.reason(f"/open/{name}") == "not_signed_in"


def _link(slack: Slack, base_url: str, name: str = "alice-notebook") -> str:
    """Return the path of a new ticket, for a gate at `base_url`."""
    button = next(each for each in slack.ask(text=name).buttons if each["action_id"] == "open")
    return str(button["url"]).removeprefix(base_url)


def test_signing_out_removes_only_the_gates_cookies_up_to_a_limit(harness: Harness) -> None:
    harness.sign_in()
    prefix = "__Secure-gate-wait-"
    planted = {f"{prefix}n{number}": "x" for number in range(200)}
    invalid = {f"{prefix}<zq>": "x", prefix: "x", f"{prefix}{'a' * 200}": "x", "gate-wait-a": "x", f"x{prefix}a": "x"}
    harness.browser.cookies |= invalid | planted
    answer = harness.browser.post("/logout")
    assert len(answer.set_cookies) == 1 + MAX_REMOVED_COOKIES
    assert not any("zq" in line for line in answer.set_cookies)
    # API Gateway accepts 10,240 bytes of headers.
    assert len("".join(answer.set_cookies)) < 8_000
