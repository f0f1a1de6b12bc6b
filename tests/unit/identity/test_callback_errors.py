"""Callbacks with an error of the identity provider: the error pages and the log lines."""

import json
import re
from urllib.parse import parse_qs, quote, urlsplit

import pytest

from gate.identity.authorization_error import _ERRORS
from testing.environment import JSON
from testing.harness import Browser, Harness

DESCRIPTION = "Words-of-the-provider"

# By error code: reason code, and part of the message. RFC 6749 §4.1.2.1, OpenID Connect Core §3.1.2.6.
ERRORS = {
    "access_denied": ("sign_in_denied", "You cancelled, or your identity provider does not let you"),
    "login_required": ("interaction_required", "do what it asks"),
    "interaction_required": ("interaction_required", "do what it asks"),
    "consent_required": ("interaction_required", "do what it asks"),
    "account_selection_required": ("interaction_required", "do what it asks"),
    "unmet_authentication_requirements": ("interaction_required", "do what it asks"),
    "temporarily_unavailable": ("provider_failed", "Sign in again in a minute"),
    "server_error": ("provider_failed", "Sign in again in a minute"),
    "invalid_request": ("request_refused", "platform team"),
    "invalid_scope": ("request_refused", "platform team"),
    "invalid_target": ("request_refused", "platform team"),
    "unauthorized_client": ("request_refused", "platform team"),
    "unsupported_response_type": ("request_refused", "platform team"),
    "invalid_request_uri": ("request_refused", "platform team"),
    "invalid_request_object": ("request_refused", "platform team"),
    "request_not_supported": ("request_refused", "platform team"),
    "request_uri_not_supported": ("request_refused", "platform team"),
    "registration_not_supported": ("request_refused", "platform team"),
}
UNKNOWN = ["unauthorized", "Access_Denied", " access_denied", "x" * 6000, "<script>alert(1)</script>", "\U0001f600"]
# States that the gate did not sign.
UNSIGNED_STATES = ["", "made-up", "a" * 8000, "00000000.W10.aaaaaa.aaaa"]


def _state(browser: Browser, target: str = "/open/alice-notebook") -> str:
    """Start a sign-in and return its state."""
    location = browser.get(f"/login?next={quote(target)}").location
    return parse_qs(urlsplit(location).query)["state"][0]


def _callback(state: str, error: str) -> str:
    description = f"&error_description={DESCRIPTION}&error_uri=https%3A%2F%2Fprovider.example%2F{DESCRIPTION}"
    return f"/login/callback?error={quote(error)}&state={quote(state)}{description}"


def test_the_expected_errors_are_complete() -> None:
    assert {code: error.reason for code, error in _ERRORS.items()} == {code: ERRORS[code][0] for code in ERRORS}


@pytest.mark.parametrize("code", [*ERRORS, *UNKNOWN])
def test_each_error_has_its_message_and_its_log_line(
    harness: Harness, code: str, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    reason, words = ERRORS.get(code, ("provider_failed", "Sign in again in a minute"))
    state = _state(harness.browser)
    page = harness.browser.get(_callback(state, code))
    assert (page.status, words in page.body) == (400, True)
    answer = harness.browser.get(_callback(state, code), headers=JSON)
    assert (answer.status, answer.json["error"]) == (400, reason)
    # No text of the provider, or of the author of the link, appears anywhere.
    lines = [vars(record) for record in caplog.records if record.msg == "identity provider sent an error"]
    known = code if code in ERRORS else "other"
    assert [(line["operation"], line["code"], line["levelname"]) for line in lines] == [
        ("authorization", known, "INFO")
    ] * 2
    written = page.body + answer.body + capsys.readouterr().out + str([vars(record) for record in caplog.records])
    assert DESCRIPTION not in written
    if code not in ERRORS and code != "unauthorized":
        assert code not in written
    assert "gate-session" not in str(harness.browser.cookies)


@pytest.mark.parametrize("code", ["access_denied", "consent_required", "server_error", "invalid_scope"])
def test_the_error_page_links_to_the_requested_notebook(harness: Harness, code: str) -> None:
    page = harness.browser.get(_callback(_state(harness.browser), code))
    assert re.findall(r'class="button" href="([^"]*)"', page.body) == ["/prod/login?next=%2Fopen%2Falice-notebook"]


def test_an_attacker_cannot_choose_the_message_that_a_person_sees(
    harness: Harness, caplog: pytest.LogCaptureFixture
) -> None:
    """The provider's error is shown only for a callback that belongs to a sign-in of this browser."""
    foreign = _state(Browser(harness.browser.base_url))
    own = _state(harness.browser)
    key_id, payload = own.split(".", 1)
    # An event can contain lone surrogates.
    surrogates = [f"{key_id}.\ud800.aaaa", f"{key_id}.\udfff{payload}"]
    for state in [foreign, own[:-1], own + "x", *UNSIGNED_STATES]:
        answer = harness.browser.get(_callback(state, "access_denied"), headers=JSON)
        assert (answer.status, answer.json["error"]) == (400, "login_failed")
    for name, state in ((name, state) for state in surrogates for name in ("state", "cookie")):
        event = _event(harness, state) if name == "state" else _event(harness, own, cookie=state)
        assert harness.browser.receive(event).status == 400
    assert "identity provider sent an error" not in caplog.messages


def _event(harness: Harness, state: str, cookie: str | None = None) -> dict[str, object]:
    """Return the response to a callback event with strings that a URL cannot contain."""
    from gate.routes.dispatch import handler
    from testing.environment import CONTEXT, EVENTS

    event = json.loads((EVENTS / "browser_get.json").read_text())
    event["path"] = event["resource"] = "/login/callback"
    event["multiValueQueryStringParameters"] = {"state": [state], "error": ["access_denied"]}
    cookies = harness.browser.cookies if cookie is None else dict.fromkeys(harness.browser.cookies, cookie)
    event["multiValueHeaders"]["Cookie"] = ["; ".join(f"{name}={value}" for name, value in cookies.items())]
    event["multiValueHeaders"]["Accept"] = ["application/json"]
    answer = handler(event, CONTEXT)
    assert answer is not None
    return answer


def test_an_error_takes_precedence_over_a_code(harness: Harness) -> None:
    """A callback with both is an error (RFC 6749 §4.1.2)."""
    redirect = harness.browser.get("/login")
    params = harness.issuer.sign_in(redirect.location, email="alice@example.com", email_verified=True)
    answer = harness.browser.get(f"{_callback(params['state'], 'access_denied')}&code={params['code']}", headers=JSON)
    assert answer.json["error"] == "sign_in_denied"
    assert harness.issuer.token_requests == []


def test_a_person_who_cancelled_can_go_back_and_sign_in(harness: Harness) -> None:
    redirect = harness.browser.get("/login?next=/open/alice-notebook")
    params = harness.issuer.sign_in(redirect.location, email="alice@example.com", email_verified=True)
    assert harness.browser.get(_callback(params["state"], "access_denied")).status == 400
    again = harness.browser.get(f"/login/callback?code={params['code']}&state={params['state']}")
    assert again.location == f"{harness.browser.base_url}/open/alice-notebook"


def test_an_error_that_a_client_can_cause_is_not_counted_as_a_failure(
    harness: Harness, capsys: pytest.CaptureFixture[str]
) -> None:
    state = _state(harness.browser)
    capsys.readouterr()
    for code in ERRORS:
        assert harness.browser.get(_callback(state, code), headers=JSON).status == 400
    counted = [json.loads(line) for line in capsys.readouterr().out.splitlines() if "_aws" in line]
    assert [line["reason"] for line in counted] == [reason for reason, _ in ERRORS.values()]
    assert all(line["Refusals"] == [1.0] and "Failures" not in line for line in counted)
