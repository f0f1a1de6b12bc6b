"""The section `identity` of the settings: the identity provider, and how users and groups are named."""

from typing import Literal, TypeVar
from urllib.parse import urlsplit

from pydantic import Field, ValidationInfo, field_validator

from infra.field_types import AccountId, IssuerUrl, RoleArn, Scope, SecretArn
from infra.sections import SettingsSection

T = TypeVar("T")


class IdentitySettings(SettingsSection):
    """The identity provider, and how users and groups are named."""

    issuer: IssuerUrl = ""
    client_id: str = ""
    client_secret_arn: SecretArn = ""
    scopes: list[Scope] = Field(default=["openid", "email", "profile"], max_length=20)
    user_claim: str = Field(default="email", min_length=1)
    groups_claim: str = Field(default="groups", min_length=1)
    groups: list[str] = Field(default=["*"])
    audiences: list[str] = Field(default=[], max_length=20)
    trust_email: bool = False
    sign_in_seconds: int = Field(default=28_800, ge=300, le=86_400)
    sign_out: Literal["provider", "here"] = "provider"
    user_roles: list[RoleArn] = Field(default=[])
    iam_accounts: list[AccountId] = Field(default=[])

    @property
    def issuer_port(self) -> int | None:
        """The port that the issuer's URL names; None if it names none."""
        return urlsplit(self.issuer).port if self.issuer else None

    @field_validator("client_id")
    @classmethod
    def _is_set_with_the_issuer(cls, value: str, info: ValidationInfo) -> str:
        if info.data.get("issuer") and not value:
            raise ValueError("is empty; write the client id of the application that you registered at identity.issuer")
        if "issuer" in info.data and not info.data["issuer"] and value:
            raise ValueError("has no effect while identity.issuer is empty; set the issuer, or leave both empty")
        return value

    @field_validator("scopes")
    @classmethod
    def _include_openid(cls, value: list[str]) -> list[str]:
        if "openid" not in value:
            raise ValueError('lacks "openid", without which a provider sends no ID token; add it')
        return value

    @field_validator("scopes", "user_claim")
    @classmethod
    def _requires_an_issuer(cls, value: T, info: ValidationInfo) -> T:
        if info.data.get("issuer") == "" and value != cls.model_fields[str(info.field_name)].default:
            raise ValueError("has no effect while identity.issuer is empty; set the issuer, or remove this setting")
        return value

    @field_validator("trust_email")
    @classmethod
    def _requires_the_email_claim(cls, value: bool, info: ValidationInfo) -> bool:
        if value and info.data.get("user_claim", "email") != "email":
            raise ValueError(
                'has no effect while identity.user_claim is not "email"; remove this setting, or change the claim'
            )
        return value

    @field_validator("groups", "audiences")
    @classmethod
    def _have_no_commas(cls, value: list[str], info: ValidationInfo) -> list[str]:
        if any("," in entry or not entry.strip() for entry in value):
            raise ValueError(f"has an entry that is empty or contains a comma; {_ENTRIES[str(info.field_name)]}")
        return value


_ENTRIES = {
    "groups": 'write one pattern in each entry, such as "ds-*"',
    "audiences": "write one client id in each entry, as in the claim aud",
}
"""How to fix an entry, by setting."""
