"""Who says who people are: an own Cognito user pool, or a given OpenID Connect issuer."""

from dataclasses import dataclass

import aws_cdk as cdk
from aws_cdk import aws_cognito as cognito
from constructs import Construct

from infra.acknowledge import acknowledge


@dataclass(frozen=True)
class Issuer:
    """What the function has to know of the identity provider."""

    issuer: str
    client_id: str
    client_secret_arn: str
    groups_claim: str
    user_pool_id: str = ""
    """Of the own pool, where people are added."""


class UserPool(Construct):
    """A user pool that works as deployed: an administrator adds people, and each sets up a second factor."""

    def __init__(self, scope: Construct, construct_id: str, *, base_url: str) -> None:
        super().__init__(scope, construct_id)
        pool = cognito.UserPool(
            self,
            "Pool",
            # Who could sign up could take any address that nobody verified yet.
            self_sign_up_enabled=False,
            sign_in_aliases=cognito.SignInAliases(email=True),
            sign_in_case_sensitive=False,
            # The address is what people sign in with, so everybody has one. Marked as required besides, each
            # application would have to be allowed to write it: Cognito refuses to make one that is not.
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
        acknowledge(
            pool,
            "COG8",
            "Threat protection needs Cognito's Plus plan, which is charged for each person. Here nobody can sign up, "
            "and a second factor is required of everybody.",
        )
        stack_id = cdk.Fn.select(2, cdk.Fn.split("/", cdk.Aws.STACK_ID))
        pool.add_domain(
            "Domain",
            cognito_domain=cognito.CognitoDomainOptions(
                # Prefixes are unique among all customers of a region: the stack's own id is, too.
                domain_prefix=cdk.Fn.join("-", ["gate", cdk.Fn.select(4, cdk.Fn.split("-", stack_id))])
            ),
        )
        client = pool.add_client(
            "Client",
            # A public client: PKCE ties each code to the browser, and there is no secret to keep or to leak.
            generate_secret=False,
            # Tokens come by the code flow alone. Absent or empty, this would allow SRP and custom flows, in which a
            # person's password gets a token with the admin scope, by which they change their own attributes
            # (API reference of CreateUserPoolClient, ExplicitAuthFlows). CDK adds the refresh flow by itself.
            auth_flows=cognito.AuthFlow(user_srp=False),
            read_attributes=cognito.ClientAttributes().with_standard_attributes(email=True, email_verified=True),
            # What is not listed is not writable: not the address either. An empty list would count as absent, which
            # makes all writable, so the list has an attribute that the gate never reads.
            write_attributes=cognito.ClientAttributes().with_standard_attributes(locale=True),
            o_auth=cognito.OAuthSettings(
                flows=cognito.OAuthFlows(authorization_code_grant=True),
                # Without the admin scope, a token can't be used to change one's own address.
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
        self.issuer = Issuer(
            pool.user_pool_provider_url, client.user_pool_client_id, "", "cognito:groups", pool.user_pool_id
        )
