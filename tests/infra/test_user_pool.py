"""The own user pool: its client signs people in, and lets nobody change who they are."""

from typing import Any

from local.template import Template


def _one(template: Template, kind: str) -> dict[str, Any]:
    (properties,) = (each["Properties"] for each in template["Resources"].values() if each["Type"] == kind)
    found: dict[str, Any] = properties
    return found


def test_the_user_pools_client_can_do_nothing_but_sign_in(template: Template) -> None:
    client = _one(template, "AWS::Cognito::UserPoolClient")
    # Absent or empty, Cognito would add SRP and custom flows.
    assert client["ExplicitAuthFlows"] == ["ALLOW_REFRESH_TOKEN_AUTH"]
    assert client["AllowedOAuthFlows"] == ["code"]
    assert set(client["AllowedOAuthScopes"]) == {"openid", "email", "profile"}
    # Absent or empty, all would be writable.
    assert client["WriteAttributes"]
    assert not {"email", "email_verified"} & set(client["WriteAttributes"])
    assert set(client["ReadAttributes"]) == {"email", "email_verified"}


def test_cognito_would_make_that_client(template: Template) -> None:
    """It refuses one that may not write a required attribute; the address is there as what people sign in with."""
    pool = _one(template, "AWS::Cognito::UserPool")
    assert pool["UsernameAttributes"] == ["email"]
    assert [each for each in pool.get("Schema", []) if each.get("Required")] == []
