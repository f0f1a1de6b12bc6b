"""Callbacks that cannot be used: an error page or a new sign-in, or with a session the requested page."""

import re
from urllib.parse import urlencode

import pytest

from gate.identity.login_state import LOGIN_SECONDS, STATE_SECONDS
from testing.environment import JSON
from testing.harness import Answer, Browser, Harness
from tests.unit.identity.callbacks import LINK, NOTEBOOK, callback_path, outcomes, start_sign_in, state_of

DAY = 86_400


def test_without_a_session_the_error_page_links_to_the_requested_notebook(harness: Harness) -> None:
    callback = callback_path(harness, start_sign_in(harness.browser))
    # Another browser, a used code without a session, and a browser without cookies.
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
def test_every_return_path_is_read_from_the_state(harness: Harness, target: str) -> None:
    state = state_of(start_sign_in(harness.browser, target))
    # Providers limit the length of URLs, and some limit the length of the state.
    assert len(state) < 300
    assert re.fullmatch(r"[\w.-]+", state, re.ASCII)
    answer = Browser(harness.browser.base_url).get(f"/login/callback?state={state}&code=x")
    assert LINK.findall(answer.body) == [f"/prod/login?{urlencode({'next': target})}"]


def test_the_error_page_links_to_the_notebook_when_the_provider_is_down_at_the_start(
    harness: Harness, caplog: pytest.LogCaptureFixture
) -> None:
    harness.issuer.overrides["/.well-known/openid-configuration"] = (500, {})
    answer = harness.browser.get(f"/login?next={NOTEBOOK}")
    assert answer.status == 503
    assert LINK.findall(answer.body) == ["/prod/login?next=%2Fopen%2Falice-notebook"]
    # The log has a line with the reference on the page, and the failure is counted.
    assert outcomes(caplog) == [("identity_provider_down", None)]


def test_an_expired_state_gives_no_return_path(harness: Harness) -> None:
    authorization_url = start_sign_in(harness.browser)
    cookies = dict(harness.browser.cookies)
    callback = callback_path(harness, authorization_url)
    harness.clock.now += STATE_SECONDS + 1
    answer = Browser(harness.browser.base_url, dict(cookies)).get(callback)
    assert (answer.status, LINK.findall(answer.body)) == (400, ["/prod/login?next=%2F"])


@pytest.mark.parametrize("has_cookie", [True, False])
@pytest.mark.parametrize("after", [LOGIN_SECONDS, LOGIN_SECONDS + 60, STATE_SECONDS - 60])
def test_a_late_sign_in_is_restarted_once(
    harness: Harness, has_cookie: bool, after: int, caplog: pytest.LogCaptureFixture
) -> None:
    """`has_cookie`: whether the browser still has the sign-in's cookie."""
    callback = callback_path(harness, start_sign_in(harness.browser))
    cookies = harness.browser.cookies if has_cookie else {}
    harness.browser.cookies = dict(cookies)
    harness.clock.now += after
    caplog.clear()
    restarted = harness.browser.get(callback)
    assert restarted.status == 302
    assert restarted.location.startswith(f"{harness.issuer.url}/authorize?")
    assert "gate-session" not in str(harness.browser.cookies)
    assert outcomes(caplog) == [("login_restarted", None)]
    second_callback = callback_path(harness, restarted.location)
    slow = Browser(harness.browser.base_url, dict(harness.browser.cookies))
    # The second sign-in is in time, and returns to the path of the first one.
    finished = harness.browser.get(second_callback)
    assert finished.location == harness.browser.base_url + NOTEBOOK
    assert harness.browser.get(NOTEBOOK).status == 302
    # If the second sign-in is also late, the response is an error page.
    harness.clock.now += LOGIN_SECONDS
    error = slow.get(second_callback)
    assert (error.status, LINK.findall(error.body)) == (400, ["/prod/login?next=%2Fopen%2Falice-notebook"])
    assert error.set_cookies == []


def test_a_sign_in_in_time_is_not_restarted(harness: Harness) -> None:
    callback = callback_path(harness, start_sign_in(harness.browser))
    harness.clock.now += LOGIN_SECONDS - 2
    assert Browser(harness.browser.base_url).get(callback).status == 400
    assert harness.browser.get(callback).location == harness.browser.base_url + NOTEBOOK


def test_a_late_script_gets_an_error(harness: Harness) -> None:
    callback = callback_path(harness, start_sign_in(harness.browser))
    harness.clock.now += LOGIN_SECONDS
    answer = harness.browser.get(callback, headers=JSON)
    assert (answer.status, answer.json["error"], answer.set_cookies) == (400, "login_failed", [])


@pytest.mark.parametrize(("error", "status"), [("temporarily_unavailable", 302), ("access_denied", 400)])
def test_a_late_refusal_is_not_restarted(harness: Harness, error: str, status: int) -> None:
    """Keycloak sends `temporarily_unavailable` after its own sign-in page has expired."""
    state = state_of(start_sign_in(harness.browser))
    harness.clock.now += LOGIN_SECONDS
    assert harness.browser.get(f"/login/callback?error={error}&state={state}").status == status


def test_a_late_callback_of_another_person_signs_nobody_in_as_them(harness: Harness) -> None:
    """Login CSRF with a late state: the victim is redirected to the provider, and signs in as themselves."""
    callback = callback_path(harness, start_sign_in(Browser(harness.browser.base_url)), "mallory@example.com")
    harness.clock.now += LOGIN_SECONDS
    restarted = harness.browser.get(callback)
    assert harness.browser.get(callback_path(harness, restarted.location)).status == 302
    assert harness.issuer.token_requests[-1]["code"] not in callback
    assert "Signed in as </span>alice@example.com<" in harness.browser.get("/").body


def test_a_late_sign_in_at_a_provider_that_is_down_gets_an_error(harness: Harness) -> None:
    callback = callback_path(harness, start_sign_in(harness.browser))
    harness.clock.now += 2 * 3600 + DAY // 2
    harness.issuer.overrides["/.well-known/openid-configuration"] = (500, {})
    harness.configure()
    answer = harness.browser.get(callback)
    assert (answer.status, LINK.findall(answer.body)) == (503, ["/prod/login?next=%2Fopen%2Falice-notebook"])


def _is_redirected(answer: Answer, browser: Browser, target: str) -> bool:
    """Return whether the browser is redirected to `target`, without a cookie."""
    return (answer.status, answer.location, answer.set_cookies) == (302, browser.base_url + target, [])


def test_a_used_callback_redirects_a_signed_in_person(harness: Harness, caplog: pytest.LogCaptureFixture) -> None:
    callback = callback_path(harness, start_sign_in(harness.browser))
    assert harness.browser.get(callback).location == harness.browser.base_url + NOTEBOOK
    codes = len(harness.issuer.token_requests)
    caplog.clear()
    assert _is_redirected(harness.browser.get(callback), harness.browser, NOTEBOOK)
    assert outcomes(caplog) == [("already_signed_in", "user:alice@example.com")]
    assert len(harness.issuer.token_requests) == codes


def test_a_callback_with_a_used_code_redirects_a_signed_in_person(harness: Harness) -> None:
    authorization_url = start_sign_in(harness.browser)
    cookies = dict(harness.browser.cookies)
    callback = callback_path(harness, authorization_url)
    assert harness.browser.get(callback).status == 302
    harness.browser.cookies |= cookies
    assert _is_redirected(harness.browser.get(callback), harness.browser, NOTEBOOK)


@pytest.mark.parametrize("after", [LOGIN_SECONDS + 1, 3 * 3600])
def test_a_late_callback_redirects_a_signed_in_person(harness: Harness, after: int) -> None:
    late = start_sign_in(harness.browser)
    harness.sign_in("bob@example.com")
    harness.clock.now += after
    assert _is_redirected(harness.browser.get(callback_path(harness, late)), harness.browser, NOTEBOOK)


def test_another_browsers_callback_redirects_a_signed_in_person_and_changes_nothing(harness: Harness) -> None:
    """Login CSRF with a session: the signed-in person does not change."""
    harness.sign_in("alice@example.com")
    cookies, redeemed = dict(harness.browser.cookies), len(harness.issuer.token_requests)
    mallory = Browser(harness.browser.base_url)
    callback = callback_path(harness, start_sign_in(mallory, "/open/bob-notebook"), "mallory@example.com")
    assert _is_redirected(harness.browser.get(callback), harness.browser, "/open/bob-notebook")
    assert harness.browser.cookies == cookies
    assert len(harness.issuer.token_requests) == redeemed
    assert harness.browser.get(NOTEBOOK).status == 302


@pytest.mark.parametrize("error", ["temporarily_unavailable", "access_denied", "login_required"])
def test_an_error_in_another_tab_redirects_a_signed_in_person(harness: Harness, error: str) -> None:
    """Keycloak redirects the other tabs with an error after a sign-in in the first one."""
    other = state_of(start_sign_in(harness.browser))
    harness.sign_in("alice@example.com")
    answer = harness.browser.get(f"/login/callback?error={error}&state={other}")
    assert _is_redirected(answer, harness.browser, NOTEBOOK)


@pytest.mark.parametrize("query", ["", "code=x", "state=made-up&code=x", "state=//evil.example&code=x", "error=x"])
def test_a_state_that_the_gate_did_not_sign_redirects_to_the_start_page(harness: Harness, query: str) -> None:
    harness.sign_in("alice@example.com")
    assert _is_redirected(harness.browser.get(f"/login/callback?{query}"), harness.browser, "/")


def test_an_altered_state_redirects_to_the_start_page(harness: Harness) -> None:
    harness.sign_in("alice@example.com")
    state = state_of(start_sign_in(Browser(harness.browser.base_url)))
    for index in range(len(state)):
        altered = state[:index] + ("A" if state[index] != "A" else "B") + state[index + 1 :]
        assert _is_redirected(harness.browser.get(f"/login/callback?state={altered}&code=x"), harness.browser, "/")


def test_an_expired_session_does_not_count_at_the_callback(harness: Harness) -> None:
    harness.sign_in("alice@example.com")
    harness.clock.now += 28_801
    assert harness.browser.get("/login/callback?code=x&state=made-up").status == 400


def test_a_failure_of_the_provider_is_reported_despite_a_session(harness: Harness) -> None:
    callback = callback_path(harness, start_sign_in(harness.browser))
    cookies = dict(harness.browser.cookies)
    harness.sign_in("alice@example.com")
    harness.browser.cookies |= cookies
    harness.issuer.overrides["/token"] = (500, {})
    answer = harness.browser.get(callback)
    assert answer.status == 503
    assert LINK.findall(answer.body) == ["/prod/login?next=%2Fopen%2Falice-notebook"]
