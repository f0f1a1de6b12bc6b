"""`gate rotate-key`: a new key signs cookies from now on, and nobody is signed out."""

import secrets
import time
from typing import Annotated

import typer

from cli.aws import aws_errors
from cli.errors import CommandError
from cli.output import AsJson, Output

BYTES = 32


def rotate_key(
    context: typer.Context,
    now: Annotated[bool, typer.Option("--now", help="Though the last change is younger than a sign-in lasts.")] = False,
    as_json: AsJson = False,
) -> None:
    """Change the key that signs cookies and tickets. What the old one signed stays good for its time."""
    config, client = context.obj.deployed.config, context.obj.deployed.aws.client("secretsmanager")
    with aws_errors():
        described = client.describe_secret(SecretId=config.session_secret_arn)
    changed = described.get("LastChangedDate")
    age = time.time() - changed.timestamp() if changed else float("inf")
    had_one_before = any("AWSPREVIOUS" in stages for stages in described.get("VersionIdsToStages", {}).values())
    if had_one_before and age < config.sign_in_seconds and not now:
        left = int(config.sign_in_seconds - age) // 60 + 1
        raise CommandError(
            f"The key was changed {int(age) // 60} minutes ago, and the one before still keeps people signed in. "
            f"Wait {left} minutes more, or add --now, which signs those people out: right when a key has leaked"
        )
    with aws_errors():
        client.put_secret_value(SecretId=config.session_secret_arn, SecretString=secrets.token_hex(BYTES))
    out = Output(as_json=as_json)
    out.document({"rotated": True})
    out.say("A new key signs from now on; all instances of the function have it within five minutes.", style="green")
