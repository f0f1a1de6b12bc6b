"""Back, old tabs and slow people: ways back from the identity provider that sign nobody in, and where they lead."""

import itertools
import random
import re
from typing import Any
from urllib.parse import parse_qs, quote, urlencode, urlsplit

import pytest

from gate.identity.login import MAX_LOGINS
from gate.identity.login_state import LOGIN_SECONDS, STATE_SECONDS
from gate.identity.sign_in_session import MAX_COOKIE_BYTES
from tests.unit.conftest import Answer, Browser, Harness

JSON = {"Accept": "application/json"}
NOTEBOOK = "/open/alice-notebook"
LINK = re.compile(r'class="button" href="([^"]*)"')
DAY = 86_400


def _away(browser: Browser, target: str = NOTEBOOK) -> str:
    """Begin a sign-in in one tab, and return the address at the provider."""
    return browser.get(f"/login?next={quote(target)}").location


def _back(harness: Harness, away: str, email: str = "alice@example.com") -> str:
    """Sign in at the provider, and return the path of the callback."""
    return f"/login/callback?{urlencode(harness.issuer.sign_in(away, email=email, email_verified=True))}"


def _led_on(answer: Answer, browser: Browser, target: str) -> bool:
    """Whether the browser is sent to `target`, with nothing to keep."""
    return (answer.status, answer.location, answer.set_cookies) == (302, browser.base_url + target, [])


def _outcome(caplog: pytest.LogCaptureFixture) -> list[tuple[str, str | None]]:
    lines = [vars(record) for record in caplog.records if record.msg == "decision"]
    return [(line["outcome"], line["subject"]) for line in lines]


def _state_of(away: str) -> str:
    return parse_qs(urlsplit(away).query)["state"][0]


# With a session.


def test_a_way_back_that_was_used_leads_on(harness: Harness, caplog: pytest.LogCaptureFixture) -> None:
    callback = _back(harness, _away(harness.browser))
    assert harness.browser.get(callback).location == harness.browser.base_url + NOTEBOOK
    codes = len(harness.issuer.token_requests)
    caplog.clear()
    assert _led_on(harness.browser.get(callback), harness.browser, NOTEBOOK)
    assert _outcome(caplog) == [("already_signed_in", "user:alice@example.com")]
    assert len(harness.issuer.token_requests) == codes


def test_a_code_that_the_provider_calls_spent_leads_on(harness: Harness) -> None:
    away = _away(harness.browser)
    cookies = dict(harness.browser.cookies)
    callback = _back(harness, away)
    assert harness.browser.get(callback).status == 302
    harness.browser.cookies |= cookies
    assert _led_on(harness.browser.get(callback), harness.browser, NOTEBOOK)


@pytest.mark.parametrize("after", [LOGIN_SECONDS + 1, 3 * 3600])
def test_a_late_tab_leads_on(harness: Harness, after: int) -> None:
    late = _away(harness.browser)
    harness.sign_in("bob@example.com")
    harness.clock.now += after
    assert _led_on(harness.browser.get(_back(harness, late)), harness.browser, NOTEBOOK)


def test_another_browsers_way_back_leads_on_and_changes_nothing(harness: Harness) -> None:
    """Login CSRF, with a session: whoever is signed in stays who they are."""
    harness.sign_in("alice@example.com")
    cookies, redeemed = dict(harness.browser.cookies), len(harness.issuer.token_requests)
    mallory = Browser(harness.browser.base_url)
    callback = _back(harness, _away(mallory, "/open/bob-notebook"), "mallory@example.com")
    assert _led_on(harness.browser.get(callback), harness.browser, "/open/bob-notebook")
    assert harness.browser.cookies == cookies
    assert len(harness.issuer.token_requests) == redeemed
    assert harness.browser.get(NOTEBOOK).status == 302


@pytest.mark.parametrize("error", ["temporarily_unavailable", "access_denied", "login_required"])
def test_an_error_in_another_tab_leads_on(harness: Harness, error: str) -> None:
    """Keycloak sends the other tabs back with an error when the first one has signed in."""
    other = _state_of(_away(harness.browser))
    harness.sign_in("alice@example.com")
    answer = harness.browser.get(f"/login/callback?error={error}&state={other}")
    assert _led_on(answer, harness.browser, NOTEBOOK)


@pytest.mark.parametrize("query", ["", "code=x", "state=made-up&code=x", "state=//evil.example&code=x", "error=x"])
def test_what_the_gate_did_not_sign_leads_to_the_start_page(harness: Harness, query: str) -> None:
    harness.sign_in("alice@example.com")
    assert _led_on(harness.browser.get(f"/login/callback?{query}"), harness.browser, "/")


def test_an_altered_target_leads_to_the_start_page(harness: Harness) -> None:
    harness.sign_in("alice@example.com")
    state = _state_of(_away(Browser(harness.browser.base_url)))
    for index in range(len(state)):
        altered = state[:index] + ("A" if state[index] != "A" else "B") + state[index + 1 :]
        assert _led_on(harness.browser.get(f"/login/callback?state={altered}&code=x"), harness.browser, "/")


def test_a_session_that_is_over_is_none(harness: Harness) -> None:
    harness.sign_in("alice@example.com")
    harness.clock.now += 28_801
    assert harness.browser.get("/login/callback?code=x&state=made-up").status == 400


def test_a_failure_of_the_provider_is_told_with_a_session_too(harness: Harness) -> None:
    callback = _back(harness, _away(harness.browser))
    cookies = dict(harness.browser.cookies)
    harness.sign_in("alice@example.com")
    harness.browser.cookies |= cookies
    harness.issuer.overrides["/token"] = (500, {})
    answer = harness.browser.get(callback)
    assert answer.status == 503
    assert LINK.findall(answer.body) == ["/prod/login?next=%2Fopen%2Falice-notebook"]


# Without one.


def test_without_a_session_the_page_offers_the_notebook_that_was_asked_for(harness: Harness) -> None:
    callback = _back(harness, _away(harness.browser))
    # Another browser; a code that is spent, and no session; no cookie any more.
    others = [Browser(harness.browser.base_url)]
    cookies = dict(harness.browser.cookies)
    harness.browser.get(callback)
    others += [Browser(harness.browser.base_url, dict(cookies)), Browser(harness.browser.base_url)]
    for browser in others:
        before = dict(browser.cookies)
        answer = browser.get(callback)
        assert answer.status == 400
        assert LINK.findall(answer.body) == ["/prod/login?next=%2Fopen%2Falice-notebook"]
        assert (answer.set_cookies, browser.cookies) == ([], before)
        assert browser.get(callback, headers=JSON).json["error"] == "login_failed"


@pytest.mark.parametrize("target", ["/", "/open", "/open/bob-notebook?view=lab", f"/open/{'a' * 104}?view=classic"])
def test_every_target_comes_back_from_the_state(harness: Harness, target: str) -> None:
    state = _state_of(_away(harness.browser, target))
    # Providers limit the length of their addresses, and some that of the state.
    assert len(state) < 300
    assert re.fullmatch(r"[\w.-]+", state, re.ASCII)
    answer = Browser(harness.browser.base_url).get(f"/login/callback?state={state}&code=x")
    assert LINK.findall(answer.body) == [f"/prod/login?{urlencode({'next': target})}"]


def test_a_provider_that_is_down_at_the_start_leads_back_to_the_notebook(
    harness: Harness, caplog: pytest.LogCaptureFixture
) -> None:
    harness.issuer.overrides["/.well-known/openid-configuration"] = (500, {})
    answer = harness.browser.get(f"/login?next={NOTEBOOK}")
    assert answer.status == 503
    assert LINK.findall(answer.body) == ["/prod/login?next=%2Fopen%2Falice-notebook"]
    # The reference on the page finds a line, and the failure is counted.
    assert _outcome(caplog) == [("identity_provider_down", None)]


def test_the_target_is_all_that_an_old_state_is_good_for(harness: Harness) -> None:
    away = _away(harness.browser)
    cookies = dict(harness.browser.cookies)
    callback = _back(harness, away)
    harness.clock.now += STATE_SECONDS + 1
    answer = Browser(harness.browser.base_url, dict(cookies)).get(callback)
    assert (answer.status, LINK.findall(answer.body)) == (400, ["/prod/login?next=%2F"])


# Slow people.


@pytest.mark.parametrize("kept", [True, False])
@pytest.mark.parametrize("after", [LOGIN_SECONDS, LOGIN_SECONDS + 60, STATE_SECONDS - 60])
def test_a_late_sign_in_starts_again_by_itself_once(
    harness: Harness, kept: bool, after: int, caplog: pytest.LogCaptureFixture
) -> None:
    """`kept`: whether the browser still has the cookie."""
    callback = _back(harness, _away(harness.browser))
    cookies = harness.browser.cookies if kept else {}
    harness.browser.cookies = dict(cookies)
    harness.clock.now += after
    caplog.clear()
    again = harness.browser.get(callback)
    assert again.status == 302
    assert again.location.startswith(f"{harness.issuer.url}/authorize?")
    assert "gate-session" not in str(harness.browser.cookies)
    assert _outcome(caplog) == [("login_restarted", None)]
    second = _back(harness, again.location)
    slow = Browser(harness.browser.base_url, dict(harness.browser.cookies))
    # In time, it ends where the first one was going.
    done = harness.browser.get(second)
    assert done.location == harness.browser.base_url + NOTEBOOK
    assert harness.browser.get(NOTEBOOK).status == 302
    # Late again, it ends on the page.
    harness.clock.now += LOGIN_SECONDS
    told = slow.get(second)
    assert (told.status, LINK.findall(told.body)) == (400, ["/prod/login?next=%2Fopen%2Falice-notebook"])
    assert told.set_cookies == []


def test_a_sign_in_that_is_not_late_does_not_start_again(harness: Harness) -> None:
    callback = _back(harness, _away(harness.browser))
    harness.clock.now += LOGIN_SECONDS - 2
    assert Browser(harness.browser.base_url).get(callback).status == 400
    assert harness.browser.get(callback).location == harness.browser.base_url + NOTEBOOK


def test_scripts_are_told_that_they_were_late(harness: Harness) -> None:
    callback = _back(harness, _away(harness.browser))
    harness.clock.now += LOGIN_SECONDS
    answer = harness.browser.get(callback, headers=JSON)
    assert (answer.status, answer.json["error"], answer.set_cookies) == (400, "login_failed", [])


@pytest.mark.parametrize(("error", "status"), [("temporarily_unavailable", 302), ("access_denied", 400)])
def test_a_late_no_is_a_no(harness: Harness, error: str, status: int) -> None:
    """Keycloak answers `temporarily_unavailable` when its own page has waited too long."""
    state = _state_of(_away(harness.browser))
    harness.clock.now += LOGIN_SECONDS
    assert harness.browser.get(f"/login/callback?error={error}&state={state}").status == status


def test_a_late_way_back_of_somebody_else_signs_nobody_in_as_them(harness: Harness) -> None:
    """Login CSRF, late: the victim goes to the provider, as by any link to a notebook, and comes back as themself."""
    callback = _back(harness, _away(Browser(harness.browser.base_url)), "mallory@example.com")
    harness.clock.now += LOGIN_SECONDS
    again = harness.browser.get(callback)
    assert harness.browser.get(_back(harness, again.location)).status == 302
    assert harness.issuer.token_requests[-1]["code"] not in callback
    assert "Signed in as <strong>alice@example.com</strong>" in harness.browser.get("/").body


def test_a_late_sign_in_at_a_provider_that_is_down_tells_so(harness: Harness) -> None:
    callback = _back(harness, _away(harness.browser))
    harness.clock.now += 2 * 3600 + DAY // 2
    harness.issuer.overrides["/.well-known/openid-configuration"] = (500, {})
    harness.configure()
    answer = harness.browser.get(callback)
    assert (answer.status, LINK.findall(answer.body)) == (503, ["/prod/login?next=%2Fopen%2Falice-notebook"])


# Several tabs.


def _targets(count: int) -> list[str]:
    return ["/", "/open", NOTEBOOK, f"{NOTEBOOK}?view=lab", *(f"/open/notebook-{n}" for n in range(count - 4))]


def _tabs(harness: Harness, targets: list[str], order: list[int]) -> list[str]:
    """Open `targets` at once, come back in `order`, and return where each tab ended."""
    browser = Browser(harness.browser.base_url)
    aways = [_away(browser, target) for target in targets]
    ends: dict[int, str] = {}
    for tab in order:
        answer = browser.get(_back(harness, aways[tab]))
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
def test_six_tabs_opened_at_once_all_end_where_they_were_going(harness: Harness, order: list[int]) -> None:
    assert _tabs(harness, _targets(6), order) == _targets(6)


def test_more_tabs_than_cookies_end_there_once_one_has_signed_in(harness: Harness) -> None:
    """The oldest cookies are gone; the session of another tab leads these tabs on."""
    targets = _targets(MAX_LOGINS + 4)
    order = [*range(len(targets))]
    random.Random(16).shuffle(order)
    newest_first = [len(targets) - 1, *(tab for tab in order if tab != len(targets) - 1)]
    assert _tabs(harness, targets, newest_first) == targets


def test_one_tab_too_many_offers_its_notebook(harness: Harness) -> None:
    aways = [_away(harness.browser) for _ in range(MAX_LOGINS + 1)]
    oldest = harness.browser.get(_back(harness, aways[0]))
    assert (oldest.status, LINK.findall(oldest.body)) == (400, ["/prod/login?next=%2Fopen%2Falice-notebook"])
    assert harness.browser.get(_back(harness, aways[1])).location == harness.browser.base_url + NOTEBOOK


def test_the_cookies_of_all_tabs_leave_room_in_the_headers(harness: Harness) -> None:
    """API Gateway takes 10,240 bytes of request line and headers in all ("Quotas", REST API)."""
    for base_url in ("https://notebooks.example.com", harness.browser.base_url):
        harness.configure(GATE_BASE_URL=base_url)
        for _ in range(2 * MAX_LOGINS):
            _away(harness.browser, f"/open/{'a' * 104}?view=classic")
        assert len(harness.browser.cookies) == MAX_LOGINS
        sent = "; ".join(f"{name}={value}" for name, value in harness.browser.cookies.items())
        assert len(sent) <= MAX_LOGINS * 256
    longest_code, browsers_own = 2500, 1500
    assert MAX_LOGINS * 256 + MAX_COOKIE_BYTES + longest_code + browsers_own < 10_240


def test_nothing_of_the_cookie_is_in_the_state(harness: Harness) -> None:
    """The verifier and the nonce stay with the browser; the state goes through addresses, logs and histories."""
    from gate import container

    away = _away(harness.browser)
    (cookie,) = harness.browser.cookies.values()
    login: Any = container.get_gate().login
    state_id, nonce, verifier = login._cookie_signer.read(cookie)
    said = login._states._signer.read(_state_of(away))
    assert said == [state_id, NOTEBOOK]
    assert not {nonce, verifier} & set(said)
