"""The identity provider of a deployment whose settings name none: a Cognito user pool."""

import aws_cdk as cdk
from aws_cdk import aws_cognito as cognito
from constructs import Construct

from infra.nag import acknowledge_finding
from infra.part import Part


class UserPool(Part, Construct):
    """A user pool that works as deployed: an administrator adds users, and each user sets up a second factor."""

    def __init__(self, scope: Construct, construct_id: str, *, base_url: str) -> None:
        super().__init__(scope, construct_id)
        pool = cognito.UserPool(
            self,
            "Pool",
            # With self sign-up, anyone could claim an address that is not verified yet.
            self_sign_up_enabled=False,
            sign_in_aliases=cognito.SignInAliases(email=True),
            sign_in_case_sensitive=False,
            # Users sign in with their address, so each has one. If it were also a required attribute, every client
            # would have to be allowed to write it: Cognito refuses to create a client that is not.
            account_recovery=cognito.AccountRecovery.EMAIL_ONLY,
            mfa=cognito.Mfa.REQUIRED,
            mfa_second_factor=cognito.MfaSecondFactor(otp=True, sms=False),
            password_policy=cognito.PasswordPolicy(
                min_length=12,
                require_digits=True,
                require_lowercase=True,
                require_symbols=True,
                require_uppercase=True,
                temp_password_validity=cdk.Duration.days(3),
            ),
            removal_policy=cdk.RemovalPolicy.RETAIN,
        )
        acknowledge_finding(
            pool,
            "COG8",
            "Threat protection needs Cognito's Plus plan, which is charged for each user. Here nobody can sign up, "
            "and every user needs a second factor.",
        )
        stack_id = cdk.Fn.select(2, cdk.Fn.split("/", cdk.Aws.STACK_ID))
        pool.add_domain(
            "Domain",
            cognito_domain=cognito.CognitoDomainOptions(
                # The prefix must be unique among all customers in a region, as the stack's id is.
                domain_prefix=cdk.Fn.join("-", ["gate", cdk.Fn.select(4, cdk.Fn.split("-", stack_id))])
            ),
        )
        client = pool.add_client(
            "Client",
            # A public client: PKCE binds each code to the browser, and there is no secret that could leak.
            generate_secret=False,
            # The code flow alone issues tokens. If this were absent or empty, Cognito would allow SRP and custom flows,
            # in which a user's password gets a token with the admin scope, with which they can change their own
            # attributes (API reference of CreateUserPoolClient, ExplicitAuthFlows). CDK adds the refresh flow.
            auth_flows=cognito.AuthFlow(user_srp=False),
            read_attributes=cognito.ClientAttributes().with_standard_attributes(email=True, email_verified=True),
            # Only listed attributes are writable, so the address is not. An empty list would count as absent, which
            # makes all attributes writable, so the list has an attribute that the gate never reads.
            write_attributes=cognito.ClientAttributes().with_standard_attributes(locale=True),
            o_auth=cognito.OAuthSettings(
                flows=cognito.OAuthFlows(authorization_code_grant=True),
                # Without the admin scope, users cannot change their own address with a token.
                scopes=[cognito.OAuthScope.OPENID, cognito.OAuthScope.EMAIL, cognito.OAuthScope.PROFILE],
                callback_urls=[f"{base_url}/login/callback"],
                logout_urls=[f"{base_url}/"],
            ),
            supported_identity_providers=[cognito.UserPoolClientIdentityProvider.COGNITO],
            prevent_user_existence_errors=True,
            id_token_validity=cdk.Duration.hours(1),
            access_token_validity=cdk.Duration.hours(1),
            refresh_token_validity=cdk.Duration.hours(1),
        )
        self.environment = {
            "GATE_ISSUER": pool.user_pool_provider_url,
            "GATE_CLIENT_ID": client.user_pool_client_id,
            "GATE_CLIENT_SECRET_ARN": "",
            "GATE_GROUPS_CLAIM": "cognito:groups",
        }
        self.outputs = {"UserPool": pool.user_pool_id}
