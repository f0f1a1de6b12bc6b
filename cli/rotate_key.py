"""`gate rotate-key`: a new key signs from now on. With `--leaked`, no older key counts any more."""

import secrets
import time
from typing import Annotated, Any

import typer

from cli.aws import aws_errors
from cli.errors import CommandError
from cli.output import AsJson, Output
from gate.secrets import SECRET_TTL

BYTES = 32


def rotate_key(
    context: typer.Context,
    now: Annotated[bool, typer.Option("--now", help="Though the last change is younger than a sign-in lasts.")] = False,
    leaked: Annotated[
        bool, typer.Option("--leaked", help="End all older keys within five minutes; signs everybody out.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Change the key that signs cookies and tickets. Nobody is signed out, unless the key has leaked (--leaked)."""
    config, client = context.obj.deployed.config, context.obj.deployed.aws.client("secretsmanager")
    out = Output(as_json=as_json)
    if leaked:
        _end_all_keys(client, config.session_secret_arn)
        ended = int(time.time()) + SECRET_TTL + 1
        out.document({"rotated": True, "older_keys_end": ended})
        out.say("Two new keys are stored, and no older one is left for the function to read.", style="green")
        over = time.strftime("%H:%M:%S UTC", time.gmtime(ended))
        out.say(f"From {over} on, nothing that an older key signed counts: everybody signs in again.", style="green")
        out.say("What the thief has opened stays open until you also type: gate revoke --everybody")
        return
    if not now:
        _refuse_if_young(client, config.session_secret_arn, config.sign_in_seconds)
    _put_new_key(client, config.session_secret_arn)
    out.document({"rotated": True})
    out.say("A new key signs from now on; all instances of the function have it within five minutes.", style="green")
    out.say("What the old one signed stays good for its time. If it has leaked, type: gate rotate-key --leaked")


def _end_all_keys(client: Any, arn: str) -> None:
    """Make both keys that the function can read new ones. Raises `CommandError`.

    PutSecretValue moves AWSPREVIOUS to the version that was AWSCURRENT (API reference). After one call, that is the
    key that has leaked; after two, a key that nobody has seen. The function reads no version without these labels.
    """
    _put_new_key(client, arn)
    try:
        _put_new_key(client, arn)
    except CommandError as error:
        raise CommandError(
            f"The key was changed once, and the leaked one still counts as the previous one. "
            f"Type gate rotate-key --leaked again\n{error}"
        ) from None


def _put_new_key(client: Any, arn: str) -> None:
    with aws_errors():
        client.put_secret_value(SecretId=arn, SecretString=secrets.token_hex(BYTES))


def _refuse_if_young(client: Any, arn: str, sign_in_seconds: int) -> None:
    with aws_errors():
        described = client.describe_secret(SecretId=arn)
    changed = described.get("LastChangedDate")
    age = time.time() - changed.timestamp() if changed else float("inf")
    had_one_before = any("AWSPREVIOUS" in stages for stages in described.get("VersionIdsToStages", {}).values())
    if had_one_before and age < sign_in_seconds:
        left = int(sign_in_seconds - age) // 60 + 1
        raise CommandError(
            f"The key was changed {int(age) // 60} minutes ago, and the one before still keeps people signed in. "
            f"Wait {left} minutes more, or add --now, which signs those people out. "
            "If the key has leaked, type gate rotate-key --leaked instead"
        )
