"""The resources for Slack: a secret for the app, and permission for the function to invoke itself asynchronously."""

import json

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from infra.keys import encrypt
from infra.nag import acknowledge_finding
from infra.part import Part
from infra.sections import SlackSettings


class Slack(Part, Construct):
    """The secret of the Slack app, and the function's environment variables for Slack."""

    def __init__(self, scope: Construct, construct_id: str, *, settings: SlackSettings, key_arn: str) -> None:
        """`key_arn`: the KMS key that encrypts the secret; empty for the key of Secrets Manager."""
        super().__init__(scope, construct_id)
        self.secret = secretsmanager.Secret(
            self,
            "Secret",
            description="Notebook Gate: the Slack app's signing_secret and bot_token, as JSON",
            # A random signing secret, so that all requests are refused until the owner of the app stores the real one.
            generate_secret_string=secretsmanager.SecretStringGenerator(
                secret_string_template=json.dumps({"bot_token": ""}),
                generate_string_key="signing_secret",
                password_length=64,
                exclude_punctuation=True,
            ),
        )
        encrypt(self.secret, key_arn)
        acknowledge_finding(
            self.secret, "SMG4", "Slack issues both secrets, so they are rotated there first and then stored here."
        )
        self.environment = {
            "GATE_SLACK_SECRET_ARN": self.secret.secret_arn,
            "GATE_SLACK_API_URL": f"https://{settings.domain}/api/",
            # The prefix of every `response_url`. Messages contain tickets, so the function posts to no other address.
            "GATE_SLACK_HOOKS_URLS": f"https://hooks.{settings.domain}/",
        }
        self.outputs = {"SlackSecret": self.secret.secret_arn}

    def allow_self_invocation(self, function: lambda_.Alias, role: iam.IRole) -> None:
        """Let `function`, which runs as `role`, invoke itself for work that takes longer than Slack waits."""
        # A separate policy: in the role's default policy, the function and the policy would depend on each other.
        iam.Policy(
            self,
            "SelfInvocation",
            roles=[role],
            statements=[iam.PolicyStatement(actions=["lambda:InvokeFunction"], resources=[function.function_arn])],
        )
        lambda_.EventInvokeConfig(
            self,
            "AsyncInvocation",
            function=function,
            # Without a qualifier, this would apply to `$LATEST`, which nobody invokes.
            qualifier=function.alias_name,
            # After that, the user has pressed the button again.
            max_event_age=cdk.Duration.minutes(5),
            # All work of such an event is idempotent. Without a retry, the user would get no answer after a failure.
            retry_attempts=1,
        )
