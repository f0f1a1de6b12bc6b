"""The gate's client secret, and the errors of the token endpoint."""

import json
from typing import Any

import pytest

from gate.platform.metrics import NAMESPACE
from gate.platform.secrets import SECRET_TTL
from testing.aws import refusal
from testing.environment import JSON
from testing.harness import Answer, Harness

ARN = "arn:client"


@pytest.fixture
def confidential(harness: Harness) -> Harness:
    """A deployment with a client secret, which it has used before."""
    harness.issuer.client_secret = harness.aws.secrets[ARN]
    harness.configure(GATE_CLIENT_SECRET_ARN=ARN)
    assert harness.sign_in().status == 302
    harness.browser.cookies.clear()
    harness.aws.calls.clear()
    return harness


def _callback(harness: Harness) -> Answer:
    """Sign in, and return the response to the callback."""
    redirect = harness.browser.get("/login")
    params = harness.issuer.sign_in(redirect.location, email="alice@example.com", email_verified=True)
    return harness.browser.get(f"/login/callback?code={params['code']}&state={params['state']}", headers=JSON)


def _secret_reads(harness: Harness) -> int:
    return [read["SecretId"] for read in harness.aws.called("get_secret_value")].count(ARN)


def test_a_new_client_secret_is_used(confidential: Harness) -> None:
    """The provider accepts both secrets for a while, so the gate uses the new one only after `SECRET_TTL`."""
    confidential.aws.secrets[ARN] = "a-new-client-secret"
    confidential.clock.now += SECRET_TTL
    confidential.issuer.client_secret = "a-new-client-secret"
    confidential.issuer.requests.clear()
    assert _callback(confidential).status == 302
    assert confidential.issuer.requests.count("/token") == 1


@pytest.mark.parametrize("later", [0, 1000, 86_400])
def test_a_sudden_change_of_the_secret_prevents_no_sign_in(confidential: Harness, later: float) -> None:
    confidential.clock.now += later
    confidential.aws.secrets[ARN] = confidential.issuer.client_secret = "a-new-client-secret"
    confidential.clock.now += 60
    assert _callback(confidential).status == 302


def test_a_wrong_secret_is_not_tried_twice(confidential: Harness) -> None:
    confidential.issuer.client_secret = "nobody stored it"
    confidential.clock.now += 60
    confidential.issuer.requests.clear()
    assert (_callback(confidential).json["error"], _secret_reads(confidential)) == ("client_refused", 1)
    assert confidential.issuer.requests.count("/token") == 1
    # Otherwise each failed sign-in would cause a call to Secrets Manager.
    for _ in range(5):
        _callback(confidential)
    assert _secret_reads(confidential) == 1
    confidential.clock.now += 11
    _callback(confidential)
    assert _secret_reads(confidential) == 2


def test_the_registered_authentication_method_is_found_and_remembered(
    confidential: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    issuer, discovery = confidential.issuer, "/.well-known/openid-configuration"
    _, document = issuer._answer(discovery, {}, None)
    document = {
        **document,
        "token_endpoint_auth_methods_supported": ["private_key_jwt", "client_secret_post", "client_secret_basic"],
    }
    monkeypatch.setitem(issuer.overrides, discovery, (200, document))
    monkeypatch.setattr(issuer, "secret_in_form", True)
    confidential.configure(GATE_CLIENT_SECRET_ARN=ARN)
    for calls in (2, 1, 1):
        confidential.browser.cookies.clear()
        issuer.requests.clear()
        assert _callback(confidential).status == 302
        assert issuer.requests.count("/token") == calls
    confidential.browser.cookies.clear()
    issuer.requests.clear()
    issuer.client_secret = "nobody stored it"
    assert _callback(confidential).json["error"] == "client_refused"
    assert issuer.requests.count("/token") == 2


def test_a_cached_secret_is_used_while_it_cannot_be_read(confidential: Harness) -> None:
    confidential.clock.now += SECRET_TTL + 1
    confidential.aws.errors["get_secret_value"] = refusal("InternalServiceError")
    assert _callback(confidential).status == 302


def test_a_code_that_was_used_up_with_the_old_secret_needs_a_new_sign_in(confidential: Harness) -> None:
    confidential.aws.secrets[ARN] = "a-new-client-secret"
    confidential.clock.now += 60
    answers = [(401, {"error": "invalid_client"}), (400, {"error": "invalid_grant"})]

    class UsingUpCodes(dict[str, Any]):
        def __getitem__(self, path: str) -> Any:
            return answers.pop(0)

    redirect = confidential.browser.get("/login")
    params = confidential.issuer.sign_in(redirect.location)
    confidential.issuer.overrides = UsingUpCodes({"/token": None})
    try:
        answer = confidential.browser.get(
            f"/login/callback?code={params['code']}&state={params['state']}", headers=JSON
        )
    finally:
        confidential.issuer.overrides = {}
    assert (answer.status, answer.json["error"], answers) == (400, "login_failed", [])


REFUSALS = [
    ((401, {"error": "invalid_client", "error_description": "words of the provider"}), 502, "client_refused"),
    ((400, {"error": "invalid_client", "error_description": "words of the provider"}), 502, "client_refused"),
    ((400, {"error": "unauthorized_client"}), 502, "client_refused"),
    ((401, {}), 502, "client_refused"),
    ((401, b"<html>words of the provider</html>"), 502, "client_refused"),
    ((429, {"error": "words of the provider"}), 503, "identity_provider_busy"),
    ((429, b"<html>words of the provider</html>"), 503, "identity_provider_busy"),
    ((500, {"error": "words of the provider"}), 503, "identity_provider_down"),
    ((503, b"<html>words of the provider</html>"), 503, "identity_provider_down"),
    ((400, b"<html>words of the provider</html>"), 503, "identity_provider_down"),
    ((401, {"error": "invalid_grant"}), 400, "login_failed"),
    ((400, {"error": "invalid_grant", "error_description": "words of the provider"}), 400, "login_failed"),
    ((400, {"error": "invalid_scope"}), 502, "client_refused"),
    ((400, {"error": "unsupported_grant_type"}), 502, "client_refused"),
    ((400, {"error": "invalid_request"}), 400, "provider_failed"),
    ((400, {"error": "words of the provider"}), 400, "provider_failed"),
    ((403, {"error": ["words of the provider"]}), 400, "provider_failed"),
    ((404, {}), 400, "provider_failed"),
    ((400, b'{"error": "' + b"x" * (1 << 20) + b'"}'), 503, "identity_provider_down"),
]


@pytest.mark.parametrize(("response", "status", "reason"), REFUSALS)
def test_each_refusal_of_the_token_endpoint_has_its_error(
    harness: Harness,
    response: tuple[int, Any],
    status: int,
    reason: str,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    harness.issuer.overrides["/token"] = response
    answer = _callback(harness)
    assert (answer.status, answer.json["error"]) == (status, reason)
    assert ("retry-after" in answer.headers) is (status == 503)
    out = capsys.readouterr().out
    counted = [json.loads(line) for line in out.splitlines() if "_aws" in line][-1]
    kind = "Failures" if status >= 500 else "Refusals"
    assert (counted[kind], counted["reason"]) == ([1.0], reason)
    assert counted["_aws"]["CloudWatchMetrics"][0]["Namespace"] == NAMESPACE
    (line,) = (vars(record) for record in caplog.records if record.msg == "identity provider call failed")
    assert (line["operation"], line["levelname"]) == ("token", "WARNING" if status >= 500 else "INFO")
    code = response[1].get("error") if isinstance(response[1], dict) else None
    if "status" in line:
        known = isinstance(code, str) and code.startswith(("invalid_", "un"))
        assert (line["status"], line["code"]) == (response[0], code if known else "other" if code else None)
    written = out + answer.body + str([vars(record) for record in caplog.records])
    assert "words of the provider" not in written
    assert "xxx" not in written


def test_the_page_says_who_can_fix_it(harness: Harness) -> None:
    harness.issuer.client_secret = "the gate has none"
    answer = harness.sign_in()
    assert answer.status == 502
    assert "Send the reference to your platform team" in answer.body
