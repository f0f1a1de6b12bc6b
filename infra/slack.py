"""What Slack needs: a place for the app's secrets, and leave for the function to answer after it has acknowledged."""

import json

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from infra.acknowledge import acknowledge
from infra.function import listed
from infra.sections import SlackSettings

API_URL = "https://slack.com/api/"
HOOKS_URL = "https://hooks.slack.com/"
"""What every `response_url` begins with; what the function answers holds tickets, and goes nowhere else."""


class Slack(Construct):
    """Slack's part of the stack."""

    def __init__(self, scope: Construct, construct_id: str, *, settings: SlackSettings) -> None:
        super().__init__(scope, construct_id)
        self.secret = secretsmanager.Secret(
            self,
            "Secret",
            description="Notebook Gate: the Slack app's signing_secret and bot_token, as JSON",
            # Until the app's owner stores the real one, a signing secret that nobody knows: all requests are refused.
            generate_secret_string=secretsmanager.SecretStringGenerator(
                secret_string_template=json.dumps({"bot_token": ""}),
                generate_string_key="signing_secret",
                password_length=64,
                exclude_punctuation=True,
            ),
        )
        acknowledge(self.secret, "SMG4", "Slack gives out both; they are changed there first, then here.")
        self.environment = {
            "GATE_SLACK_TEAMS": listed(settings.teams),
            "GATE_SLACK_EMAIL_DOMAINS": listed(settings.email_domains),
            "GATE_SLACK_SECRET_ARN": self.secret.secret_arn,
            "GATE_SLACK_API_URL": API_URL,
            "GATE_SLACK_HOOKS_URLS": HOOKS_URL,
        }

    def answer_later(self, function: lambda_.Alias, role: iam.IRole) -> None:
        """Let `function`, which runs as `role`, invoke itself for what takes longer than Slack waits."""
        # A policy of its own: in the role's default one, function and policy would wait for each other.
        iam.Policy(
            self,
            "AnswerLater",
            roles=[role],
            statements=[iam.PolicyStatement(actions=["lambda:InvokeFunction"], resources=[function.function_arn])],
        )
        lambda_.EventInvokeConfig(
            self,
            "Later",
            function=function,
            # Left out, the settings would be those of `$LATEST`, which nobody invokes.
            qualifier=function.alias_name,
            # After that, who pressed Start has long pressed it again.
            max_event_age=cdk.Duration.minutes(5),
            # Everything it does can be done twice; without a second try, a stumble would be silence.
            retry_attempts=1,
        )
