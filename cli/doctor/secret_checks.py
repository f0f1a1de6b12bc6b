"""Checks that the deployment's secrets exist, and the age of the signing key."""

from typing import Any

from cli.aws import aws_errors
from cli.deployed import Deployed
from cli.doctor.check import Outcome, Outcomes
from cli.errors import CommandError

DAY = 86_400


def check_secrets(deployed: Deployed, *, now: float) -> Outcomes:
    """Check each secret at `now` (epoch seconds). Raises `CommandError` for a secret that is missing or deleted."""
    config = deployed.config
    changed = [_describe(deployed, arn).get("LastChangedDate") for arn in deployed.signing_keys]
    age = max(int((now - each.timestamp()) / DAY) if each else 0 for each in changed)
    text = f"the key that signs cookies is {age} days old"
    if age > deployed.settings.alarms.key_days:
        yield Outcome("warning", text, f"Run: {deployed.lines.gate('rotate-key')}")
    else:
        yield Outcome("ok", text)
    if config.client_secret_arn:
        _describe(deployed, config.client_secret_arn)
        yield Outcome("ok", "the identity provider's client secret exists")
    if config.slack.secret_arn:
        versions = _describe(deployed, config.slack.secret_arn).get("VersionIdsToStages", {})
        if len(versions) < 2:
            yield Outcome("warning", "the Slack app's secrets are not stored yet", "See docs/slack.md, step 4.")
        else:
            yield Outcome("ok", "the Slack app's secrets are stored")


def _describe(deployed: Deployed, arn: str) -> dict[str, Any]:
    with aws_errors():
        description: dict[str, Any] = deployed.aws.client("secretsmanager").describe_secret(SecretId=arn)
    if "DeletedDate" in description:
        restore = deployed.lines.aws("secretsmanager", "restore-secret", "--secret-id", arn)
        raise CommandError(f"{arn} is scheduled for deletion. Restore it: {restore}")
    return description
