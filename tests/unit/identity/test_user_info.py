"""Claims from the UserInfo endpoint: when it is called, and when its claims count."""

import pytest

from gate.identity.claims import Claims
from gate.values.received_claim import ReceivedClaim
from testing.environment import JSON
from testing.harness import Harness
from tests.unit.identity.user_info import ALICE, NO_ADDRESS, assert_refused, sign_in

OPEN = "/open/alice-notebook"


@pytest.mark.parametrize("media_type", ["application/json", "application/jwt"])
def test_claims_that_the_id_token_lacks_are_read_from_user_info(harness: Harness, media_type: str) -> None:
    harness.issuer.user_info_type = media_type
    assert sign_in(harness, {**ALICE, "groups": ["data-science"]}, groups=None).status == 302
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
    sign_in(harness, {}, **claims)
    assert ("/userinfo" in harness.issuer.requests) is called


def test_user_info_is_not_called_if_the_provider_has_no_endpoint(harness: Harness) -> None:
    assert_refused(sign_in(harness, None), harness, 403)
    assert "/userinfo" not in harness.issuer.requests


def test_user_info_is_not_called_without_an_access_token(harness: Harness) -> None:
    token = harness.issuer.token(**ALICE)
    harness.issuer.overrides["/token"] = (200, {"id_token": token, "access_token": ["x"]})
    assert_refused(sign_in(harness, {"groups": ["data-science"]}), harness, 400)  # because the token has no nonce
    redirect = harness.browser.get("/login")
    params = harness.issuer.sign_in(redirect.location)
    nonce = harness.issuer.codes[params["code"]]["query"]["nonce"]
    harness.issuer.overrides["/token"] = (200, {"id_token": harness.issuer.token(**ALICE, nonce=nonce)})
    assert harness.browser.get(f"/login/callback?code={params['code']}&state={params['state']}").status == 302
    assert "/userinfo" not in harness.issuer.requests


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
    answer = sign_in(harness, user_info, **id_token)
    if opens is None:
        assert_refused(answer, harness, 403)
    else:
        assert f"</span>{opens}@example.com<" in harness.browser.get("/").body


def test_a_trusted_address_is_the_one_of_the_id_token(harness: Harness) -> None:
    harness.configure(GATE_TRUST_EMAIL="true")
    info = {"email": "bob@example.com", "email_verified": True}
    assert sign_in(harness, info, email="alice@example.com", groups=None).status == 302
    assert harness.browser.get(OPEN).status == 302


def test_the_groups_of_the_id_token_take_precedence(harness: Harness) -> None:
    assert sign_in(harness, {**ALICE, "groups": ["data-science"]}, groups=["others"]).status == 302
    assert harness.browser.get("/open/shared-notebook").status == 403


def test_nested_groups_are_found_although_the_id_token_has_the_parent_claim(harness: Harness) -> None:
    harness.configure(GATE_GROUPS_CLAIM="realm_access.roles")
    info = {"realm_access": {"roles": ["data-science"]}}
    assert sign_in(harness, info, **ALICE, realm_access={"other": 1}).status == 302
    assert harness.browser.get("/open/shared-notebook").status == 302


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
