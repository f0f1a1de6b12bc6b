"""The stack's own user pool: its client only signs users in, and nobody can change who they are."""

from local.resolved_template import ResolvedTemplate
from local.template import Resolver, Template
from tests.infra.examples import only


def test_the_user_pools_client_can_only_sign_users_in(template: Template) -> None:
    client = only(template, "AWS::Cognito::UserPoolClient")
    # If absent or empty, Cognito would add SRP and custom flows.
    assert client["ExplicitAuthFlows"] == ["ALLOW_REFRESH_TOKEN_AUTH"]
    assert client["AllowedOAuthFlows"] == ["code"]
    assert set(client["AllowedOAuthScopes"]) == {"openid", "email", "profile"}
    # If absent or empty, all attributes would be writable.
    assert client["WriteAttributes"]
    assert not {"email", "email_verified"} & set(client["WriteAttributes"])
    assert set(client["ReadAttributes"]) == {"email", "email_verified"}


def test_cognito_accepts_this_client(template: Template) -> None:
    """Cognito refuses a client that may not write a required attribute, so the address is the user name instead."""
    pool = only(template, "AWS::Cognito::UserPool")
    assert pool["UsernameAttributes"] == ["email"]
    assert [each for each in pool.get("Schema", []) if each.get("Required")] == []


def test_nobody_can_sign_up_and_every_user_has_a_second_factor(template: Template, resolved: ResolvedTemplate) -> None:
    pool = only(template, "AWS::Cognito::UserPool")
    assert pool["AdminCreateUserConfig"] == {"AllowAdminCreateUserOnly": True}
    assert (pool["MfaConfiguration"], pool["EnabledMfas"]) == ("ON", ["SOFTWARE_TOKEN_MFA"])
    client = only(template, "AWS::Cognito::UserPoolClient")
    assert client["GenerateSecret"] is False
    assert "aws.cognito.signin.user.admin" not in client["AllowedOAuthScopes"]
    assert len(client["CallbackURLs"]) == 1
    base_url = resolved.environment["GATE_BASE_URL"]
    assert Resolver(template).resolve(client["CallbackURLs"]) == [f"{base_url}/login/callback"]
