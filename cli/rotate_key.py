"""`gate rotate-key`: replaces the keys that sign cookies and tickets. With `--leaked`, older keys stop being valid."""

import secrets
import time
from typing import Annotated, Any

import typer

from cli.aws import aws_errors
from cli.errors import CommandError
from cli.output import AsJson, Output
from gate.platform.secrets import SECRET_TTL

KEY_BYTES = 32


def rotate_key(
    context: typer.Context,
    now: Annotated[
        bool, typer.Option("--now", help="Rotate even if the last rotation was less than a sign-in's duration ago.")
    ] = False,
    leaked: Annotated[
        bool, typer.Option("--leaked", help="Invalidate all older keys within five minutes. Signs everybody out.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Replace the keys that sign cookies and tickets. Nobody is signed out, except with --leaked."""
    deployed = context.obj.deployed
    keys, client = deployed.signing_keys, deployed.aws.client("secretsmanager")
    out, rotate_leaked = Output(as_json=as_json), deployed.lines.gate("rotate-key", "--leaked")
    if leaked:
        for arn in keys:
            _replace_both_keys(client, arn, rotate_leaked)
        older_keys_end = int(time.time()) + SECRET_TTL + 1
        out.document({"rotated": True, "older_keys_end": older_keys_end})
        out.print("New keys are stored. The gate can no longer read an older one.", style="green")
        end = time.strftime("%H:%M:%S UTC", time.gmtime(older_keys_end))
        out.print(f"From {end} on, signatures by older keys are invalid, and everybody signs in again.", style="green")
        revoke = deployed.lines.gate("revoke", "--everybody")
        out.print(f"Notebooks that were opened with a forged sign-in stay open until you run: {revoke}")
        return
    if not now:
        for arn in keys:
            _require_old_key(client, arn, deployed.config.sign_in_seconds, rotate_leaked)
    for arn in keys:
        _put_new_key(client, arn)
    out.document({"rotated": True})
    out.print("New keys are stored. All instances of the gate use them within five minutes.", style="green")
    out.print(f"Signatures by the previous key stay valid until they expire. If it has leaked, run: {rotate_leaked}")


def _replace_both_keys(client: Any, arn: str, command: str) -> None:
    """Replace both keys that the function can read. Raises `CommandError`, which says to run `command` again.

    PutSecretValue moves AWSPREVIOUS to the version that was AWSCURRENT (API reference). After one call, that is the
    leaked key; after two, a key that nobody has seen. The function reads no version without these labels.
    """
    _put_new_key(client, arn)
    try:
        _put_new_key(client, arn)
    except CommandError as error:
        raise CommandError(
            "The key was replaced once, and the leaked one is still valid as the previous key. "
            f"Run this again: {command}\n{error}"
        ) from None


def _put_new_key(client: Any, arn: str) -> None:
    with aws_errors():
        client.put_secret_value(SecretId=arn, SecretString=secrets.token_hex(KEY_BYTES))


def _require_old_key(client: Any, arn: str, sign_in_seconds: int, command: str) -> None:
    """Raise `CommandError` if sign-ins by the key before the current one can still be valid.

    `command`: replaces a key that has leaked.
    """
    with aws_errors():
        description = client.describe_secret(SecretId=arn)
    changed = description.get("LastChangedDate")
    age = time.time() - changed.timestamp() if changed else float("inf")
    has_previous_key = any("AWSPREVIOUS" in stages for stages in description.get("VersionIdsToStages", {}).values())
    if has_previous_key and age < sign_in_seconds:
        remaining = int(sign_in_seconds - age) // 60 + 1
        raise CommandError(
            f"The key was rotated {int(age) // 60} minutes ago, and the previous key still keeps people signed in. "
            f"Wait {remaining} more minutes, or add --now, which signs those people out. "
            f"If the key has leaked, run this instead: {command}"
        )
