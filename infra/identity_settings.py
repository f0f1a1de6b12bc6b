"""The section `identity` of the settings: the identity provider, and how users and groups are named."""

from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field

from infra.arn_types import RoleArn, SecretArn
from infra.field_types import AccountId, ClientId, GroupPattern, IssuerUrl, Scope
from infra.settings_base import Needs, Rule, SettingsSection, Variable

_ISSUER = Needs("identity.issuer")


class IdentitySettings(SettingsSection):
    """The identity provider, and how users and groups are named."""

    issuer: Annotated[IssuerUrl, Variable("GATE_ISSUER")] = ""
    client_id: Annotated[str, _ISSUER, Variable("GATE_CLIENT_ID")] = ""
    client_secret_arn: Annotated[SecretArn, Variable("GATE_CLIENT_SECRET_ARN")] = ""
    scopes: Annotated[list[Scope], _ISSUER, Variable("GATE_SCOPES", separator=" ")] = Field(
        default=["openid", "email", "profile"], max_length=20
    )
    user_claim: Annotated[str, _ISSUER, Variable("GATE_USER_CLAIM")] = Field(default="email", min_length=1)
    groups_claim: Annotated[str, Variable("GATE_GROUPS_CLAIM")] = Field(default="groups", min_length=1)
    groups: Annotated[
        list[GroupPattern], Variable("GATE_GROUPS", shorten='write patterns in place of single groups, such as "ds-*"')
    ] = Field(default=["*"])
    audiences: Annotated[list[ClientId], Variable("GATE_AUDIENCES")] = Field(default=[], max_length=20)
    trust_email: Annotated[bool, Variable("GATE_TRUST_EMAIL")] = False
    sign_in_seconds: Annotated[int, Variable("GATE_SIGN_IN_SECONDS")] = Field(default=28_800, ge=300, le=86_400)
    sign_out: Annotated[Literal["provider", "here"], Variable("GATE_SIGN_OUT")] = "provider"
    user_roles: Annotated[
        list[RoleArn], Variable("GATE_USER_ROLES", shorten="list only roles that call /iam/open with a user's name")
    ] = Field(default=[])
    iam_accounts: list[AccountId] = Field(default=[])

    rules = (
        Rule("client_id", lambda identity: identity.issuer and not identity.client_id,
             "is empty; write the client id of the application that you registered at identity.issuer"),
        Rule("scopes", lambda identity: "openid" not in identity.scopes,
             'lacks "openid", without which a provider sends no ID token; add it'),
        Rule("trust_email", lambda identity: identity.trust_email and identity.user_claim != "email",
             'has no effect while identity.user_claim is not "email"; remove this setting, or change the claim'),
    )  # fmt: skip

    @property
    def issuer_port(self) -> int | None:
        """The port that the issuer's URL names; None if it names none."""
        return urlsplit(self.issuer).port if self.issuer else None
