"""Claims from the UserInfo endpoint: when it is called, and when its claims count."""

import json

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from gate.identity.claims import Claims, ReceivedClaim
from testing.harness import Answer, Harness
from testing.issuer import CLIENT_ID
from testing.log_lines import Lines

ALICE = {"email": "alice@example.com", "email_verified": True}
NO_ADDRESS = {"email": None, "email_verified": None}
OPEN = "/open/alice-notebook"
JSON = {"Accept": "application/json"}


def _sign_in(harness: Harness, user_info: dict[str, object] | None, **claims: object) -> Answer:
    harness.issuer.user_info = user_info
    return harness.sign_in(**{**NO_ADDRESS, "groups": [], **claims})


def _assert_refused(answer: Answer, harness: Harness, status: int) -> None:
    assert answer.status == status
    assert "gate-session" not in str(harness.browser.cookies)


@pytest.mark.parametrize("media_type", ["application/json", "application/jwt"])
def test_claims_that_the_id_token_lacks_are_read_from_user_info(harness: Harness, media_type: str) -> None:
    harness.issuer.user_info_type = media_type
    assert _sign_in(harness, {**ALICE, "groups": ["data-science"]}, groups=None).status == 302
    assert harness.issuer.requests.count("/userinfo") == 1
    harness.issuer.requests.clear()
    for path in (OPEN, "/open/shared-notebook", "/open/shared-notebook"):
        harness.aws.calls.clear()
        assert harness.browser.get(path).status == 302
    # Opening a notebook with cached credentials takes two calls, and none to the provider.
    assert [name for name, _ in harness.aws.calls] == ["batch_get_item", "create_presigned_notebook_instance_url"]
    assert harness.issuer.requests == []


@pytest.mark.parametrize(
    ("claims", "settings", "called"),
    [
        ({**ALICE}, {}, False),
        ({**ALICE, "groups": None}, {}, True),
        ({**ALICE, "groups": None}, {"GATE_GROUPS": ""}, False),
        ({**ALICE, "groups": 7}, {}, False),
        ({**ALICE, "groups": None, "hasgroups": True}, {}, False),
        ({**ALICE, "groups": None, "_claim_names": {"groups": "src1"}}, {}, False),
        ({**ALICE, "groups": None, "_claim_names": {"roles": "src1"}}, {}, True),
        ({**ALICE, "groups": None, "realm_access": {"roles": []}}, {"GATE_GROUPS_CLAIM": "realm_access.roles"}, False),
        ({**ALICE, "email_verified": None}, {}, True),
        ({**ALICE, "email_verified": None}, {"GATE_TRUST_EMAIL": "true"}, False),
        ({**ALICE, "email_verified": False}, {}, False),
        ({"upn": "a"}, {"GATE_USER_CLAIM": "upn"}, False),
        ({**ALICE}, {"GATE_USER_CLAIM": "upn"}, True),
    ],
)
def test_user_info_is_called_only_for_needed_and_absent_claims(
    harness: Harness, claims: dict[str, object], settings: dict[str, str], called: bool
) -> None:
    harness.configure(**settings)
    _sign_in(harness, {}, **claims)
    assert ("/userinfo" in harness.issuer.requests) is called


def test_user_info_is_not_called_if_the_provider_has_no_endpoint(harness: Harness) -> None:
    _assert_refused(_sign_in(harness, None), harness, 403)
    assert "/userinfo" not in harness.issuer.requests


def test_user_info_is_not_called_without_an_access_token(harness: Harness) -> None:
    token = harness.issuer.token(**ALICE)
    harness.issuer.overrides["/token"] = (200, {"id_token": token, "access_token": ["x"]})
    _assert_refused(_sign_in(harness, {"groups": ["data-science"]}), harness, 400)  # because the token has no nonce
    redirect = harness.browser.get("/login")
    params = harness.issuer.sign_in(redirect.location)
    nonce = harness.issuer.codes[params["code"]]["query"]["nonce"]
    harness.issuer.overrides["/token"] = (200, {"id_token": harness.issuer.token(**ALICE, nonce=nonce)})
    assert harness.browser.get(f"/login/callback?code={params['code']}&state={params['state']}").status == 302
    assert "/userinfo" not in harness.issuer.requests


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
    _assert_refused(_sign_in(harness, {**ALICE, "sub": sub}), harness, 400)
    assert any("about another person" in text for text in lines.texts)


@pytest.mark.parametrize("sub", [7, True, ["s-1"], {"s-1": 1}])
def test_a_sub_that_is_not_a_string_refuses_the_sign_in(harness: Harness, sub: object) -> None:
    _assert_refused(_sign_in(harness, {**ALICE, "sub": sub}), harness, 400)


@pytest.mark.parametrize(
    ("id_token", "user_info", "opens"),
    [
        # The address and `email_verified` are from one document.
        ({"email": "alice@example.com"}, {"email": "alice@example.com", "email_verified": True}, "alice"),
        ({"email": "alice@example.com"}, {"email": "bob@example.com", "email_verified": True}, "bob"),
        ({"email": "alice@example.com"}, {"email_verified": True}, None),
        ({"email_verified": True}, {"email": "alice@example.com"}, None),
        ({"email_verified": True}, {"email": "alice@example.com", "email_verified": False}, None),
        ({"email": "alice@example.com"}, {"email": "bob@example.com", "email_verified": False}, None),
        # If the ID token has both, they count, even if UserInfo is called for other claims.
        ({**ALICE, "groups": None}, {"email": "bob@example.com", "email_verified": True}, "alice"),
        ({**ALICE, "email_verified": False, "groups": None}, {**ALICE}, None),
    ],
)
def test_an_address_and_its_verification_are_from_one_document(
    harness: Harness, id_token: dict[str, object], user_info: dict[str, object], opens: str | None
) -> None:
    answer = _sign_in(harness, user_info, **id_token)
    if opens is None:
        _assert_refused(answer, harness, 403)
    else:
        assert f"<strong>{opens}@example.com</strong>" in harness.browser.get("/").body


def test_a_trusted_address_is_the_one_of_the_id_token(harness: Harness) -> None:
    harness.configure(GATE_TRUST_EMAIL="true")
    info = {"email": "bob@example.com", "email_verified": True}
    assert _sign_in(harness, info, email="alice@example.com", groups=None).status == 302
    assert harness.browser.get(OPEN).status == 302


def test_the_groups_of_the_id_token_take_precedence(harness: Harness) -> None:
    assert _sign_in(harness, {**ALICE, "groups": ["data-science"]}, groups=["others"]).status == 302
    assert harness.browser.get("/open/shared-notebook").status == 403


def test_nested_groups_are_found_although_the_id_token_has_the_parent_claim(harness: Harness) -> None:
    harness.configure(GATE_GROUPS_CLAIM="realm_access.roles")
    info = {"realm_access": {"roles": ["data-science"]}}
    assert _sign_in(harness, info, **ALICE, realm_access={"other": 1}).status == 302
    assert harness.browser.get("/open/shared-notebook").status == 302


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
    assert _sign_in(harness, {}, **ALICE, groups=None).status == 302
    log = [json.loads(text) for text in lines.texts]
    (line,) = [line for line in log if line["message"] == "identity provider call failed"]
    assert (line["level"], line["operation"], line["status"]) == ("WARNING", "userinfo", override[0])
    assert line["code"] == code
    assert "text of the provider" not in str(log)
    harness.browser.cookies.clear()
    _assert_refused(_sign_in(harness, {}), harness, 403)


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
    assert _sign_in(harness, {**ALICE, **claims}).status == (302 if read else 403)


def test_a_response_with_another_signature_is_ignored(harness: Harness) -> None:
    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    harness.issuer.user_info_type = "application/jwt"
    for token in (
        harness.issuer.token(key=stranger, **ALICE),
        harness.issuer.token(key=stranger, headers={"kid": "k2"}, **ALICE),
        harness.issuer.token(key="x" * 64, alg="HS256", **ALICE),
    ):
        harness.issuer.overrides["/userinfo"] = (200, token.encode())
        _assert_refused(_sign_in(harness, {}), harness, 403)
    harness.issuer.overrides["/userinfo"] = (200, harness.issuer.token(**ALICE).encode())
    assert _sign_in(harness, {}).status == 302


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
    answer = _sign_in(harness, {**ALICE})
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
    _assert_refused(_sign_in(harness, {}), harness, 503)


# Bearer tokens -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "claims", "missing"),
    [
        ({}, NO_ADDRESS, "email"),
        ({}, {**ALICE, "email_verified": None}, "email_verified"),
        ({"GATE_TRUST_EMAIL": "true"}, NO_ADDRESS, "email"),
        ({"GATE_USER_CLAIM": "preferred_username"}, ALICE, "preferred_username"),
    ],
)
def test_a_bearer_gets_the_name_of_the_missing_claim_and_user_info_is_not_called(
    harness: Harness, settings: dict[str, str], claims: dict[str, object], missing: str
) -> None:
    harness.issuer.user_info = {**ALICE, "preferred_username": "alice"}
    harness.configure(**settings)
    token = harness.issuer.token(**claims)
    answer = harness.browser.get(OPEN, headers={**JSON, "Authorization": f"Bearer {token}"})
    assert (answer.status, answer.json["error"]) == (403, "token_lacks_claim")
    assert answer.json["claim"] == missing
    assert "/userinfo" not in harness.issuer.requests


# Claims in reports --------------------------------------------------------------------------------------------------


def test_each_received_claim_has_type_and_source_and_no_value() -> None:
    id_token = {"sub": "s-1", "email": "a@x", "amr": None, "n": 1.5, "b": True, "zoneinfo": None}
    received = Claims(id_token, {"sub": 1, "groups": ["g"], "address": {"roles": ["r"]}, "zoneinfo": "UTC"}).received(
        "address.roles"
    )
    assert set(received) == {
        ReceivedClaim("sub", "string", "id_token"),
        ReceivedClaim("email", "string", "id_token"),
        ReceivedClaim("amr", "null", "id_token"),
        ReceivedClaim("n", "number", "id_token"),
        ReceivedClaim("b", "boolean", "id_token"),
        ReceivedClaim("groups", "array", "userinfo"),
        ReceivedClaim("address", "object", "userinfo"),
        ReceivedClaim("address.roles", "array", "userinfo"),
        ReceivedClaim("zoneinfo", "string", "userinfo"),
    }
    assert "a@x" not in repr(received)
