"""Responses of the UserInfo endpoint: which are used, and what happens with the others."""

import json

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from testing.environment import JSON
from testing.harness import Harness
from testing.issuer import CLIENT_ID
from testing.log_lines import Lines
from tests.unit.identity.user_info import ALICE, assert_refused, sign_in


@pytest.mark.parametrize("media_type", ["application/json", "application/jwt"])
@pytest.mark.parametrize("sub", ["s-2", "S-1", "s-1 ", "", None])
def test_user_info_about_another_person_refuses_the_sign_in(
    harness: Harness,
    sub: str | None,
    media_type: str,
    lines: Lines,
) -> None:
    """An attacker injected the access token of another sign-in (OpenID Connect Core §5.3.2)."""
    harness.issuer.user_info_type = media_type
    assert_refused(sign_in(harness, {**ALICE, "sub": sub}), harness, 400)
    assert any("about another person" in text for text in lines.texts)


@pytest.mark.parametrize("sub", [7, True, ["s-1"], {"s-1": 1}])
def test_a_sub_that_is_not_a_string_refuses_the_sign_in(harness: Harness, sub: object) -> None:
    assert_refused(sign_in(harness, {**ALICE, "sub": sub}), harness, 400)


@pytest.mark.parametrize(
    ("override", "media_type", "code"),
    [
        ((401, {"error": "invalid_token"}), "application/json", "invalid_token"),
        ((403, {"error": ["insufficient_scope"]}), "application/json", "refused"),
        ((401, {"error": "text of the provider"}), "application/json", "refused"),
        ((403, b"<html>text of the provider"), "text/html", "refused"),
        ((404, {}), "application/json", "refused"),
        ((302, {}), "application/json", "refused"),
        ((200, b"text of the provider"), "application/json", "not_json"),
        ((200, ["text of the provider"]), "application/json", "not_json"),
        ((200, b"[" * 100_000), "application/json", "not_json"),
        ((200, b'{"sub": "s-1", "x": "' + b"x" * (1 << 20) + b'"}'), "application/json", "not_json"),
        ((200, {**ALICE, "sub": "s-1"}), "text/html", "content_type"),
        ((200, {**ALICE, "sub": "s-1"}), "application/jwt", "bad_token"),
        ((200, b"\xff\xfe"), "application/jwt", "bad_token"),
        ((200, b"eyJhbGciOiJub25lIn0.e30."), "application/jwt", "bad_token"),
    ],
)
def test_an_unusable_response_is_logged_without_its_text(
    harness: Harness,
    override: tuple[int, object],
    media_type: str,
    code: str,
    lines: Lines,
) -> None:
    harness.issuer.user_info_type = media_type
    harness.issuer.overrides["/userinfo"] = override
    # The claim stays absent. A person whom the ID token identifies is signed in.
    assert sign_in(harness, {}, **ALICE, groups=None).status == 302
    log = [json.loads(text) for text in lines.texts]
    (line,) = [line for line in log if line["message"] == "identity provider call failed"]
    assert (line["level"], line["operation"], line["status"]) == ("WARNING", "userinfo", override[0])
    assert line["code"] == code
    assert "text of the provider" not in str(log)
    harness.browser.cookies.clear()
    assert_refused(sign_in(harness, {}), harness, 403)


@pytest.mark.parametrize(
    ("changes", "read"),
    [
        ({}, True),
        ({"aud": CLIENT_ID}, True),
        ({"aud": ["another", CLIENT_ID]}, True),
        ({"aud": "another"}, False),
        ({"aud": [], "iss": "ISSUER"}, False),
        ({"aud": 7}, False),
        ({"iss": "ISSUER"}, True),
        ({"iss": "https://another.example"}, False),
        ({"exp": 1_000_000_000}, False),
    ],
)
def test_the_issuer_and_audience_of_a_signed_response_are_checked(
    harness: Harness, changes: dict[str, object], read: bool
) -> None:
    harness.issuer.user_info_type = "application/jwt"
    claims = {name: harness.issuer.url if value == "ISSUER" else value for name, value in changes.items()}
    assert sign_in(harness, {**ALICE, **claims}).status == (302 if read else 403)


def test_a_response_with_another_signature_is_ignored(harness: Harness) -> None:
    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    harness.issuer.user_info_type = "application/jwt"
    for token in (
        harness.issuer.token(key=stranger, **ALICE),
        harness.issuer.token(key=stranger, headers={"kid": "k2"}, **ALICE),
        harness.issuer.token(key="x" * 64, alg="HS256", **ALICE),
    ):
        harness.issuer.overrides["/userinfo"] = (200, token.encode())
        assert_refused(sign_in(harness, {}), harness, 403)
    harness.issuer.overrides["/userinfo"] = (200, harness.issuer.token(**ALICE).encode())
    assert sign_in(harness, {}).status == 302


@pytest.mark.parametrize(
    ("status", "reason"),
    [(500, "identity_provider_down"), (503, "identity_provider_down"), (429, "identity_provider_busy")],
)
def test_a_failure_of_the_user_info_endpoint_is_a_503(harness: Harness, status: int, reason: str) -> None:
    harness.issuer.overrides["/userinfo"] = (status, {})
    harness.issuer.user_info = {}
    redirect = harness.browser.get("/login")
    params = harness.issuer.sign_in(redirect.location)
    answer = harness.browser.get(f"/login/callback?code={params['code']}&state={params['state']}", headers=JSON)
    assert (answer.status, answer.json["error"]) == (503, reason)


def test_the_access_token_is_sent_only_to_the_endpoint(harness: Harness, lines: Lines) -> None:
    answer = sign_in(harness, {**ALICE})
    (token,) = harness.issuer.access_tokens
    assert answer.status == 302
    assert token not in str([lines.texts, answer.headers, answer.set_cookies, answer.body])
    # It is not sent to other hosts: redirects are not followed, and the endpoint must use HTTPS or the issuer's scheme.
    harness.issuer.overrides["/.well-known/openid-configuration"] = (
        200,
        {
            "issuer": harness.issuer.url,
            "authorization_endpoint": f"{harness.issuer.url}/authorize",
            "token_endpoint": f"{harness.issuer.url}/token",
            "jwks_uri": f"{harness.issuer.url}/jwks",
            "userinfo_endpoint": "ftp://127.0.0.1/userinfo",
        },
    )
    harness.configure()
    assert_refused(sign_in(harness, {}), harness, 503)
