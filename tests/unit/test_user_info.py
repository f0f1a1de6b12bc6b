"""Claims that are not in the ID token: what the UserInfo endpoint is asked, and when it is believed."""

import json

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from gate.identity.claims import Claims, SeenClaim
from tests.unit.conftest import Answer, World
from tests.unit.issuer import CLIENT_ID
from tests.unit.test_audit import Lines, lines  # noqa: F401

ALICE = {"email": "alice@example.com", "email_verified": True}
NO_ADDRESS = {"email": None, "email_verified": None}
OPEN = "/open/alice-notebook"
JSON = {"Accept": "application/json"}


def _sign_in(world: World, user_info: dict[str, object] | None, **claims: object) -> Answer:
    world.issuer.user_info = user_info
    return world.sign_in(**{**NO_ADDRESS, "groups": [], **claims})


def _refused(answer: Answer, world: World, status: int) -> None:
    assert answer.status == status
    assert "gate-session" not in str(world.browser.cookies)


@pytest.mark.parametrize("media_type", ["application/json", "application/jwt"])
def test_who_is_not_in_the_id_token_is_in_the_user_info(world: World, media_type: str) -> None:
    world.issuer.user_info_type = media_type
    assert _sign_in(world, {**ALICE, "groups": ["data-science"]}, groups=None).status == 302
    assert world.issuer.requests.count("/userinfo") == 1
    world.issuer.requests.clear()
    for path in (OPEN, "/open/shared-notebook", "/open/shared-notebook"):
        world.aws.calls.clear()
        assert world.browser.get(path).status == 302
    # A warm open is two calls, and none to the provider, however the person came.
    assert [name for name, _ in world.aws.calls] == ["batch_get_item", "create_presigned_notebook_instance_url"]
    assert world.issuer.requests == []


@pytest.mark.parametrize(
    ("claims", "settings", "asked"),
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
def test_it_is_asked_only_for_what_is_needed_and_absent(
    world: World, claims: dict[str, object], settings: dict[str, str], asked: bool
) -> None:
    world.configure(**settings)
    _sign_in(world, {}, **claims)
    assert ("/userinfo" in world.issuer.requests) is asked


def test_a_provider_without_the_endpoint_is_not_asked(world: World) -> None:
    _refused(_sign_in(world, None), world, 403)
    assert "/userinfo" not in world.issuer.requests


def test_without_an_access_token_nobody_is_asked(world: World) -> None:
    token = world.issuer.token(**ALICE)
    world.issuer.overrides["/token"] = (200, {"id_token": token, "access_token": ["x"]})
    _refused(_sign_in(world, {"groups": ["data-science"]}), world, 400)  # the nonce is missing, but that comes first
    away = world.browser.get("/login")
    back = world.issuer.sign_in(away.location)
    nonce = world.issuer.codes[back["code"]]["query"]["nonce"]
    world.issuer.overrides["/token"] = (200, {"id_token": world.issuer.token(**ALICE, nonce=nonce)})
    assert world.browser.get(f"/login/callback?code={back['code']}&state={back['state']}").status == 302
    assert "/userinfo" not in world.issuer.requests


@pytest.mark.parametrize("media_type", ["application/json", "application/jwt"])
@pytest.mark.parametrize("sub", ["s-2", "S-1", "s-1 ", "", None])
def test_somebody_elses_user_info_refuses_the_sign_in(
    world: World,
    sub: str | None,
    media_type: str,
    lines: Lines,  # noqa: F811
) -> None:
    """OpenID Connect Core §5.3.2: an access token of another sign-in, slipped in beside the ID token."""
    world.issuer.user_info_type = media_type
    _refused(_sign_in(world, {**ALICE, "sub": sub}), world, 400)
    assert any("about somebody else" in text for text in lines.texts)


@pytest.mark.parametrize("sub", [7, True, ["s-1"], {"s-1": 1}])
def test_a_sub_that_is_no_text_refuses_the_sign_in(world: World, sub: object) -> None:
    _refused(_sign_in(world, {**ALICE, "sub": sub}), world, 400)


@pytest.mark.parametrize(
    ("id_token", "user_info", "opens"),
    [
        # The address and that it is verified are of one document.
        ({"email": "alice@example.com"}, {"email": "alice@example.com", "email_verified": True}, "alice"),
        ({"email": "alice@example.com"}, {"email": "bob@example.com", "email_verified": True}, "bob"),
        ({"email": "alice@example.com"}, {"email_verified": True}, None),
        ({"email_verified": True}, {"email": "alice@example.com"}, None),
        ({"email_verified": True}, {"email": "alice@example.com", "email_verified": False}, None),
        ({"email": "alice@example.com"}, {"email": "bob@example.com", "email_verified": False}, None),
        # The ID token's word counts where it has all of it, whatever else UserInfo is asked for.
        ({**ALICE, "groups": None}, {"email": "bob@example.com", "email_verified": True}, "alice"),
        ({**ALICE, "email_verified": False, "groups": None}, {**ALICE}, None),
    ],
)
def test_an_address_and_its_verification_come_from_one_place(
    world: World, id_token: dict[str, object], user_info: dict[str, object], opens: str | None
) -> None:
    answer = _sign_in(world, user_info, **id_token)
    if opens is None:
        _refused(answer, world, 403)
    else:
        assert f"<strong>{opens}@example.com</strong>" in world.browser.get("/").body


def test_an_address_that_is_believed_is_the_id_tokens(world: World) -> None:
    world.configure(GATE_TRUST_EMAIL="true")
    info = {"email": "bob@example.com", "email_verified": True}
    assert _sign_in(world, info, email="alice@example.com", groups=None).status == 302
    assert world.browser.get(OPEN).status == 302


def test_the_id_tokens_groups_count_before_the_user_infos(world: World) -> None:
    assert _sign_in(world, {**ALICE, "groups": ["data-science"]}, groups=["others"]).status == 302
    assert world.browser.get("/open/shared-notebook").status == 403


def test_groups_on_a_path_are_found_beside_an_id_token_that_has_its_beginning(world: World) -> None:
    world.configure(GATE_GROUPS_CLAIM="realm_access.roles")
    info = {"realm_access": {"roles": ["data-science"]}}
    assert _sign_in(world, info, **ALICE, realm_access={"other": 1}).status == 302
    assert world.browser.get("/open/shared-notebook").status == 302


@pytest.mark.parametrize(
    ("override", "media_type", "code"),
    [
        ((401, {"error": "invalid_token"}), "application/json", "invalid_token"),
        ((403, {"error": ["insufficient_scope"]}), "application/json", "refused"),
        ((401, {"error": "a secret of theirs"}), "application/json", "refused"),
        ((403, b"<html>a secret of theirs"), "text/html", "refused"),
        ((404, {}), "application/json", "refused"),
        ((302, {}), "application/json", "refused"),
        ((200, b"a secret of theirs"), "application/json", "not_json"),
        ((200, ["a secret of theirs"]), "application/json", "not_json"),
        ((200, b"[" * 100_000), "application/json", "not_json"),
        ((200, b'{"sub": "s-1", "x": "' + b"x" * (1 << 20) + b'"}'), "application/json", "not_json"),
        ((200, {**ALICE, "sub": "s-1"}), "text/html", "content_type"),
        ((200, {**ALICE, "sub": "s-1"}), "application/jwt", "bad_token"),
        ((200, b"\xff\xfe"), "application/jwt", "bad_token"),
        ((200, b"eyJhbGciOiJub25lIn0.e30."), "application/jwt", "bad_token"),
    ],
)
def test_an_answer_that_cannot_be_used_is_told_in_one_line_without_its_text(
    world: World,
    override: tuple[int, object],
    media_type: str,
    code: str,
    lines: Lines,  # noqa: F811
) -> None:
    world.issuer.user_info_type = media_type
    world.issuer.overrides["/userinfo"] = override
    # What was asked for stays absent; who is in the ID token gets in.
    assert _sign_in(world, {}, **ALICE, groups=None).status == 302
    told = [json.loads(text) for text in lines.texts]
    (line,) = [line for line in told if line["message"] == "identity provider call failed"]
    assert (line["level"], line["operation"], line["status"]) == ("WARNING", "userinfo", override[0])
    assert line["code"] == code
    assert "a secret of theirs" not in str(told)
    world.browser.cookies.clear()
    _refused(_sign_in(world, {}), world, 403)


@pytest.mark.parametrize(
    ("changes", "read"),
    [
        ({}, True),
        ({"aud": CLIENT_ID}, True),
        ({"aud": ["another", CLIENT_ID]}, True),
        ({"aud": "another"}, False),
        ({"aud": [], "iss": "THEIRS"}, False),
        ({"aud": 7}, False),
        ({"iss": "THEIRS"}, True),
        ({"iss": "https://another.example"}, False),
        ({"exp": 1_000_000_000}, False),
    ],
)
def test_a_signed_answer_is_for_us_and_by_them(world: World, changes: dict[str, object], read: bool) -> None:
    world.issuer.user_info_type = "application/jwt"
    theirs = {name: world.issuer.url if value == "THEIRS" else value for name, value in changes.items()}
    assert _sign_in(world, {**ALICE, **theirs}).status == (302 if read else 403)


def test_an_answer_that_somebody_else_signed_counts_for_nothing(world: World) -> None:
    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    world.issuer.user_info_type = "application/jwt"
    for token in (
        world.issuer.token(key=stranger, **ALICE),
        world.issuer.token(key=stranger, headers={"kid": "k2"}, **ALICE),
        world.issuer.token(key="x" * 64, alg="HS256", **ALICE),
    ):
        world.issuer.overrides["/userinfo"] = (200, token.encode())
        _refused(_sign_in(world, {}), world, 403)
    world.issuer.overrides["/userinfo"] = (200, world.issuer.token(**ALICE).encode())
    assert _sign_in(world, {}).status == 302


@pytest.mark.parametrize(
    ("status", "reason"),
    [(500, "identity_provider_down"), (503, "identity_provider_down"), (429, "identity_provider_busy")],
)
def test_an_endpoint_that_fails_is_named_as_what_fails(world: World, status: int, reason: str) -> None:
    world.issuer.overrides["/userinfo"] = (status, {})
    world.issuer.user_info = {}
    away = world.browser.get("/login")
    back = world.issuer.sign_in(away.location)
    answer = world.browser.get(f"/login/callback?code={back['code']}&state={back['state']}", headers=JSON)
    assert (answer.status, answer.json["error"]) == (503, reason)


def test_the_access_token_goes_nowhere_else(world: World, lines: Lines) -> None:  # noqa: F811
    answer = _sign_in(world, {**ALICE})
    (token,) = world.issuer.access_tokens
    assert answer.status == 302
    assert token not in str([lines.texts, answer.headers, answer.set_cookies, answer.body])
    # Not to another host either: redirects are not followed, and the endpoint may not be on plain HTTP.
    world.issuer.overrides["/.well-known/openid-configuration"] = (
        200,
        {
            "issuer": world.issuer.url,
            "authorization_endpoint": f"{world.issuer.url}/authorize",
            "token_endpoint": f"{world.issuer.url}/token",
            "jwks_uri": f"{world.issuer.url}/jwks",
            "userinfo_endpoint": "ftp://127.0.0.1/userinfo",
        },
    )
    world.configure()
    _refused(_sign_in(world, {}), world, 503)


# Bearer tokens -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "claims", "lacking"),
    [
        ({}, NO_ADDRESS, "email"),
        ({}, {**ALICE, "email_verified": None}, "email_verified"),
        ({"GATE_TRUST_EMAIL": "true"}, NO_ADDRESS, "email"),
        ({"GATE_USER_CLAIM": "preferred_username"}, ALICE, "preferred_username"),
    ],
)
def test_a_bearer_is_told_which_claim_is_missing_and_nobody_is_asked(
    world: World, settings: dict[str, str], claims: dict[str, object], lacking: str
) -> None:
    world.issuer.user_info = {**ALICE, "preferred_username": "alice"}
    world.configure(**settings)
    token = world.issuer.token(**claims)
    answer = world.browser.get(OPEN, headers={**JSON, "Authorization": f"Bearer {token}"})
    assert (answer.status, answer.json["error"]) == (403, "token_lacks_claim")
    assert answer.json["claim"] == lacking
    assert "/userinfo" not in world.issuer.requests


# What an operator is shown -------------------------------------------------------------------------------------------


def test_each_claim_is_known_by_its_type_and_source_and_not_by_its_value() -> None:
    id_token = {"sub": "s-1", "email": "a@x", "amr": None, "n": 1.5, "b": True, "zoneinfo": None}
    seen = Claims(id_token, {"sub": 1, "groups": ["g"], "address": {"roles": ["r"]}, "zoneinfo": "UTC"}).seen(
        "address.roles"
    )
    assert set(seen) == {
        SeenClaim("sub", "string", "id_token"),
        SeenClaim("email", "string", "id_token"),
        SeenClaim("amr", "null", "id_token"),
        SeenClaim("n", "number", "id_token"),
        SeenClaim("b", "boolean", "id_token"),
        SeenClaim("groups", "array", "userinfo"),
        SeenClaim("address", "object", "userinfo"),
        SeenClaim("address.roles", "array", "userinfo"),
        SeenClaim("zoneinfo", "string", "userinfo"),
    }
    assert "a@x" not in repr(seen)
