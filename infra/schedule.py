"""Scheduled events for the functions."""

from collections.abc import Sequence

import aws_cdk as cdk
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

CANARY_EVERY = cdk.Duration.minutes(30)
"""Two events in each hour that the alarm looks at."""

REMIND_EVERY = cdk.Duration.minutes(5)

DENY_EVERY = cdk.Duration.minutes(5)
"""The function is also invoked when access ends."""


class Schedule(Construct):
    """Invokes aliases of the functions in regular intervals (`gate.routes.dispatch`)."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        event: str,
        purpose: str,
        every: cdk.Duration,
        aliases: Sequence[lambda_.IAlias],
    ) -> None:
        """`event`: the key by which the function knows the event. `purpose`: what it does, for people."""
        super().__init__(scope, construct_id)
        events.Rule(
            self,
            "Rule",
            description=f"Notebook Gate: {purpose}",
            schedule=events.Schedule.rate(every),
            targets=[
                targets.LambdaFunction(
                    alias,
                    # API Gateway's events, which clients send, have no such key.
                    event=events.RuleTargetInput.from_object({event: {}}),
                    retry_attempts=0,
                )
                for alias in aliases
            ],
        )
