"""The schedule of the canary: an event for each function, which checks what people's requests need."""

from collections.abc import Sequence

import aws_cdk as cdk
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

EVERY = cdk.Duration.minutes(30)
"""Two events in each hour that the alarm looks at."""


class Canary(Construct):
    """Invokes the aliases of the functions on a schedule (`gate.routes.canary`)."""

    def __init__(self, scope: Construct, construct_id: str, *, aliases: Sequence[lambda_.IAlias]) -> None:
        super().__init__(scope, construct_id)
        events.Rule(
            self,
            "Rule",
            description="Notebook Gate: checks what people's requests need",
            schedule=events.Schedule.rate(EVERY),
            targets=[
                targets.LambdaFunction(
                    alias,
                    # API Gateway's events, which clients send, have no such key.
                    event=events.RuleTargetInput.from_object({"canary": {}}),
                    retry_attempts=0,
                )
                for alias in aliases
            ],
        )
