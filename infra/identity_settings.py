"""The section `identity` of the settings: who people are, and who says so."""

from typing import Literal, TypeVar

from pydantic import Field, ValidationInfo, field_validator

from infra.sections import Section
from infra.setting_types import Account, Issuer, RoleArn, Scope, SecretArn

T = TypeVar("T")


class IdentitySettings(Section):
    """Who people are, and who says so."""

    issuer: Issuer = ""
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
    iam_accounts: list[Account] = Field(default=[])

    @field_validator("client_id")
    @classmethod
    def _goes_with_the_issuer(cls, value: str, info: ValidationInfo) -> str:
        if info.data.get("issuer") and not value:
            raise ValueError("is missing for the issuer; write the id of the application that you registered there")
        if "issuer" in info.data and not info.data["issuer"] and value:
            raise ValueError("names an application but identity.issuer is empty; write the issuer, or leave both empty")
        return value

    @field_validator("scopes")
    @classmethod
    def _ask_for_an_id_token(cls, value: list[str]) -> list[str]:
        if "openid" not in value:
            raise ValueError('lacks "openid", without which a provider sends no ID token; add it')
        return value

    @field_validator("scopes", "user_claim")
    @classmethod
    def _is_of_a_given_issuer(cls, value: T, info: ValidationInfo) -> T:
        if info.data.get("issuer") == "" and value != cls.model_fields[str(info.field_name)].default:
            raise ValueError("is for a provider of your own, but identity.issuer is empty; leave it out")
        return value

    @field_validator("trust_email")
    @classmethod
    def _is_about_the_address(cls, value: bool, info: ValidationInfo) -> bool:
        if value and info.data.get("user_claim", "email") != "email":
            raise ValueError("is about the claim email, but identity.user_claim names another; leave one of them out")
        return value

    @field_validator("groups", "audiences")
    @classmethod
    def _can_be_joined(cls, value: list[str], info: ValidationInfo) -> list[str]:
        if any("," in entry or not entry.strip() for entry in value):
            raise ValueError(f"has an entry that is empty or has a comma; {_ENTRIES[str(info.field_name)]}")
        return value


_ENTRIES = {
    "groups": 'write one pattern an entry, such as "ds-*"',
    "audiences": "write one client id an entry, as the claim aud has it",
}
