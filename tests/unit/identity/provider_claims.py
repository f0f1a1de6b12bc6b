"""The claims that each identity provider sends, as its documentation shows them.

The payloads follow the page that each row names. Times, nonce, issuer and audience are those of the test issuer.
"""

from dataclasses import dataclass, field
from typing import Any

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
