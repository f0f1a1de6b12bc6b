"""Identity providers: the settings in docs/identity.md, with tokens as the providers' documentation shows them.

The payloads follow the page that each row names. Times, nonce, issuer and audience are those of the test issuer. Each
test is a whole sign-in over sockets.
"""

import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from gate.errors.caller import EmailNotVerifiedError
from gate.errors.notebook import GroupsNotSentError
from infra.settings import Settings
from testing.harness import Answer, Harness

DOCUMENT = (Path(__file__).parents[2] / "docs" / "identity.md").read_text()
JSON = {"Accept": "application/json"}
ENTRA_OID, ENTRA_GROUP = "aa11bb22-0000-4000-8000-cc33dd44ee55", "b7e3a1c4-5d6f-4a2b-9c8d-0e1f2a3b4c5d"


@dataclass(frozen=True)
class Row:
    """The claims that a provider sends for a person, and the expected user and groups."""

    provider: str
    """The name in the table of docs/identity.md."""
    label: str
    source: str
    """The documentation that shows these claims."""
    user: str
    groups: tuple[str, ...]
    id_token: dict[str, Any]
    user_info: dict[str, Any] | None = None
    """The claims of UserInfo. None if they are not needed."""
    settings: dict[str, Any] = field(default_factory=dict)
    """Settings from the last column of the table, instead of the standard ones."""

    def __str__(self) -> str:
        return f"{self.provider}: {self.label}"


ROWS = [
    Row(
        "Amazon Cognito", "groups of the pool",
        "https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-id-token.html",
        "jane@example.com", ("data-science", "staff"),
        {
            "sub": "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee", "cognito:groups": ["data-science", "staff"],
            "cognito:username": "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee", "email": "jane@example.com",
            "email_verified": True, "token_use": "id", "origin_jti": "bbbbbbbb-bbbb-cccc-dddd-eeeeeeeeeeee",
            "event_id": "64f513be-32db-42b0-b78e-b02127b4f463", "jti": "cccccccc-bbbb-cccc-dddd-eeeeeeeeeeee",
        },
        # In UserInfo, the values are strings, and the groups are missing.
        {"username": "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee", "email": "jane@example.com", "email_verified": "true"},
    ),
    Row(
        "Amazon Cognito", "groups of a SAML provider",
        "https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-specifying-attribute-mapping.html",
        "jane@example.com", ("data-science", "staff"),
        {
            "sub": "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee", "cognito:groups": ["eu-west-1_AbCdEfGhI_Corporate"],
            "cognito:username": "Corporate_jane@example.com", "custom:groups": "[data-science, staff]",
            "identities": [{"userId": "jane@example.com", "providerName": "Corporate", "providerType": "SAML"}],
            "email": "jane@example.com", "email_verified": True, "token_use": "id",
        },
        settings={"groups_claim": "custom:groups"},
    ),
    Row(
        "Microsoft Entra ID", "groups by their object ids",
        "https://learn.microsoft.com/entra/identity-platform/id-token-claims-reference",
        ENTRA_OID, (ENTRA_GROUP,),
        {
            "sub": "OLu859SGc2Sr9ZsqbkG-QbeLgJlb41KcdiPoLYNpSFA", "oid": ENTRA_OID, "ver": "2.0",
            "tid": "8eaef023-2b34-4da1-9baa-8bc8c9d6a490", "preferred_username": "mikah@example.com",
            "name": "Mikah Ollenburg", "email": "mikah@example.com", "groups": [ENTRA_GROUP],
            "uti": "bbbbbbbbbbbbbbbbbbbbbb", "rh": "0.AQABCDEFGHIJ.", "aio": "DVXDVXDVXDVX",
        },
    ),
    Row(
        "Microsoft Entra ID", "app roles, and a person's upn",
        "https://learn.microsoft.com/entra/identity-platform/optional-claims-reference",
        "mikah@example.com", ("DataScience",),
        {
            "sub": "OLu859SGc2Sr9ZsqbkG-QbeLgJlb41KcdiPoLYNpSFA", "oid": ENTRA_OID, "upn": "Mikah@example.com",
            "roles": ["DataScience"], "tid": "8eaef023-2b34-4da1-9baa-8bc8c9d6a490", "ver": "2.0",
        },
        settings={"user_claim": "upn", "groups_claim": "roles"},
    ),
    Row(
        "Okta", "groups and the verified address from UserInfo",
        "https://support.okta.com/help/s/article/Okta-Groups-or-Attribute-Missing-from-Id-Token",
        "isaac@example.com", ("Everyone", "IT"),
        {
            "sub": "00uixa271s6x7qt8I0h7", "ver": 1, "name": "Isaac Brock", "email": "isaac@example.com",
            "preferred_username": "isaac@example.com", "amr": ["mfa", "otp", "pwd"], "idp": "00oixa26ycdNcX0VT0h7",
            "jti": "ID.LPQaDhnBhZ9wy-B5BvamTBs7E2C8EzXuLA5P8Uyx-IE", "at_hash": "fPlsvVszI29LU2UhDyJ9vg",
        },
        {
            "name": "Isaac Brock", "locale": "en_US", "email": "isaac@example.com", "email_verified": True,
            "preferred_username": "isaac@example.com", "given_name": "Isaac", "family_name": "Brock",
            "zoneinfo": "America/Los_Angeles", "updated_at": 1574117011, "groups": ["Everyone", "IT"],
        },
    ),
    Row(
        "Okta", "groups in each ID token, by a custom authorization server",
        "https://help.okta.com/en-us/Content/topics/security/api-config-claims.htm",
        "isaac@example.com", ("IT",),
        {
            "sub": "00uixa271s6x7qt8I0h7", "ver": 1, "name": "Isaac Brock", "email": "isaac@example.com",
            "preferred_username": "isaac@example.com", "amr": ["pwd"], "idp": "00oixa26ycdNcX0VT0h7", "groups": ["IT"],
        },
        {"email": "isaac@example.com", "email_verified": True, "preferred_username": "isaac@example.com"},
    ),
    Row(
        "Google", "an account of an organisation",
        "https://developers.google.com/identity/openid-connect/openid-connect",
        "jsmith@example.com", (),
        {
            "sub": "10769150350006150715113082367", "azp": "notebook-gate", "email": "jsmith@example.com",
            "email_verified": True, "hd": "example.com", "at_hash": "HK6E_P6Dh8Y93mRNtsDB1Q", "name": "J Smith",
        },
    ),
    Row(
        "Keycloak", "groups by their paths",
        "https://www.keycloak.org/docs/latest/server_admin/",
        "stian@example.com", ("/data-science", "/data-science/leads"),
        {
            "sub": "eb14ea82-45e2-4413-8997-129fd0fc865b", "typ": "ID", "azp": "notebook-gate", "acr": "1",
            "sid": "22884115-55cb-4285-ba92-26c4bf74f74b", "email": "stian@example.com", "email_verified": True,
            "preferred_username": "st", "name": "Stian T", "groups": ["/data-science", "/data-science/leads"],
        },
    ),
    Row(
        "Keycloak", "realm roles, which UserInfo adds",
        "https://github.com/keycloak/keycloak/issues/14617",
        "stian@example.com", ("data-science", "offline_access"),
        {
            "sub": "eb14ea82-45e2-4413-8997-129fd0fc865b", "typ": "ID", "azp": "notebook-gate",
            "email": "stian@example.com", "email_verified": True, "preferred_username": "st",
        },
        {
            "email": "stian@example.com", "email_verified": True, "preferred_username": "st",
            "realm_access": {"roles": ["offline_access", "data-science"]},
        },
        settings={"groups_claim": "realm_access.roles"},
    ),
    Row(
        "Auth0", "roles by an Action, under a namespaced name",
        "https://auth0.com/docs/secure/tokens/json-web-tokens/create-custom-claims",
        "jane@example.com", ("data-science",),
        {
            "sub": "auth0|123456", "name": "Jane Doe", "nickname": "jane", "email": "jane@example.com",
            "email_verified": True, "picture": "https://example.com/j.png", "sid": "EpdPq0fTr5xYrhN5",
            "updated_at": "2026-11-25T08:00:00.000Z", "https://example.com/groups": ["data-science"],
        },
    ),
    Row(
        "Dex", "groups of its connector",
        "https://dexidp.io/docs/configuration/custom-scopes-claims-clients/",
        "jane@example.com", ("admins", "developers"),
        {
            "sub": "Cg0wLTM4NS0yODA4OS0wEgRtb2Nr", "at_hash": "cdefg", "email": "jane@example.com",
            "email_verified": True, "groups": ["admins", "developers"], "name": "jane", "preferred_username": "jane",
            "federated_claims": {"connector_id": "ldap", "user_id": "cn=jane,ou=People,dc=example,dc=org"},
        },
    ),
    Row(
        "Authentik", "groups with the scope profile, and an unverified address",
        "https://docs.goauthentik.io/add-secure-apps/providers/oauth2/",
        "jane@example.com", ("authentik Admins", "data-science"),
        {
            "sub": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b", "acr": "goauthentik.io/providers/oauth2/default",
            "amr": ["pwd"], "sid": "e3b0c44298fc1c14", "email": "jane@example.com", "email_verified": False,
            "name": "Jane Doe", "given_name": "Jane Doe", "preferred_username": "jane", "nickname": "jane",
            "groups": ["authentik Admins", "data-science"], "auth_time": 1764057600, "uid": "k2Jt0hq3lV",
        },
    ),
]  # fmt: skip


def _documented_settings() -> dict[str, dict[str, Any]]:
    """Return the settings in `[identity]` of each provider in docs/identity.md."""
    section = DOCUMENT.split("\n## Providers\n", 1)[1].split("\n## ", 1)[0]
    rows = [line.split(" | ") for line in section.splitlines() if line.startswith("| [")]
    return {
        re.findall(r"\[([^\]]+)\]", name)[0]: tomllib.loads("\n".join(re.findall(r"`([^`]+)`", lines)))
        for name, _, lines, _ in rows
    }


SETTINGS = _documented_settings()


def _deploy(harness: Harness, row: Row) -> None:
    """Deploy with the settings of docs/identity.md, and the test issuer as the provider."""
    own = {"issuer": harness.issuer.url, "client_id": harness.environ["GATE_CLIENT_ID"]}
    identity = Settings.parse(
        {"networks": ["203.0.113.0/24"], "identity": {**SETTINGS[row.provider], **row.settings, **own}}
    ).identity
    harness.issuer.user_info = row.user_info
    harness.configure(
        GATE_SCOPES=" ".join(identity.scopes),
        GATE_USER_CLAIM=identity.user_claim,
        GATE_GROUPS_CLAIM=identity.groups_claim,
        GATE_GROUPS=",".join(identity.groups),
        GATE_TRUST_EMAIL=str(identity.trust_email).lower(),
        GATE_SIGN_OUT=identity.sign_out,
    )


def _sign_in(harness: Harness, row: Row) -> Answer:
    redirect = harness.browser.get("/login?next=/open")
    params = harness.issuer.sign_in(redirect.location, **row.id_token)
    if harness.issuer.user_info is not None:
        harness.issuer.user_info = {**harness.issuer.user_info, "sub": row.id_token["sub"]}
    return harness.browser.get(f"/login/callback?{urlencode(params)}")


def test_every_provider_of_the_document_has_a_row() -> None:
    assert list(SETTINGS) == list(dict.fromkeys(row.provider for row in ROWS))
    assert len(SETTINGS) == 8
    assert all(row.source.startswith("https://") for row in ROWS)


@pytest.mark.parametrize("provider", SETTINGS)
def test_the_settings_of_the_document_are_valid(provider: str) -> None:
    assert Settings.parse({"networks": ["203.0.113.0/24"], "identity": SETTINGS[provider]}).identity.issuer


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_a_provider_signs_people_in_as_its_documentation_shows(harness: Harness, row: Row) -> None:
    _deploy(harness, row)
    assert _sign_in(harness, row).status == 302
    harness.aws.grants.clear()
    harness.aws.grant(f"user:{row.user}", "alice-notebook")
    for number, group in enumerate(row.groups):
        harness.aws.grant(f"group:{group}", f"notebook-{number}")
    harness.aws.grant("group:other", "bob-notebook")
    listed = harness.browser.get("/", headers=JSON).json["notebooks"]
    assert [each["notebook"] for each in listed] == [
        "alice-notebook", *(f"notebook-{number}" for number in range(len(row.groups)))
    ]  # fmt: skip


UNVERIFIED = [row for row in ROWS if "email" in row.id_token and row.id_token.get("email_verified") is not True]


@pytest.mark.parametrize("row", UNVERIFIED, ids=str)
def test_an_address_that_a_provider_does_not_verify_is_refused(harness: Harness, row: Row) -> None:
    # Entra ID sends no `email_verified`, Okta sends none in the ID token, and Authentik sends false.
    _deploy(harness, row)
    harness.issuer.user_info = None
    harness.configure(GATE_USER_CLAIM="email", GATE_TRUST_EMAIL="false")
    answer = _sign_in(harness, row)
    assert (answer.status, EmailNotVerifiedError.title in answer.body) == (403, True)


@pytest.mark.parametrize(
    "pointer",
    [
        {
            "_claim_names": {"groups": "src1"},
            "_claim_sources": {"src1": {"endpoint": "https://graph.microsoft.com/v1.0/users/x/getMemberObjects"}},
        },
        {"hasgroups": True},
    ],
    ids=["_claim_names", "hasgroups"],
)
def test_a_person_with_a_grant_of_their_own_is_not_affected_by_entra_ids_overage(
    harness: Harness, pointer: dict[str, Any]
) -> None:
    entra = next(row for row in ROWS if row.provider == "Microsoft Entra ID")
    token = {name: value for name, value in entra.id_token.items() if name != "groups"} | pointer
    row = Row(entra.provider, "overage", entra.source, ENTRA_OID, (), token)
    _deploy(harness, row)
    _sign_in(harness, row)
    refused = harness.browser.get("/open/shared-notebook")
    assert (refused.status, GroupsNotSentError.title in refused.body) == (403, True)
    harness.aws.grant(f"user:{ENTRA_OID}", "alice-notebook")
    assert harness.browser.get("/open/alice-notebook").status == 302
