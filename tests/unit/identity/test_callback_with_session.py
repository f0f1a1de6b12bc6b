"""Callbacks that cannot be used, in a browser with a session: they lead to the requested page."""

import pytest

from gate.identity.login_state import LOGIN_SECONDS
from testing.harness import Answer, Browser, Harness
from tests.unit.identity.callbacks import LINK, NOTEBOOK, callback_path, outcomes, start_sign_in, state_of


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
