"""Checks the state of the stack and of API Gateway's role, and compares the deployed settings with a file."""

import json
from pathlib import Path
from typing import Any

from cli.aws import aws_errors
from cli.deployed import Deployed
from cli.doctor.check import Outcome, Outcomes
from infra.incomparable_names import incomparable_names
from infra.settings import Settings
from infra.settings_errors import SettingsError


def check_stack(deployed: Deployed) -> Outcomes:
    """Check that the last deployment succeeded and that the function can run. Raises `CommandError`."""
    if not deployed.status.endswith("_COMPLETE") or "ROLLBACK" in deployed.status:
        fix = "Look at its events in CloudFormation, and deploy again."
        yield Outcome("error", f"{deployed.stack} is {deployed.status}", fix)
        return
    state = deployed.function.get("State", "")
    if state not in ("Active", ""):
        yield Outcome("error", f"the function is {state}", "Deploy again.")
        return
    yield Outcome("ok", f"{deployed.stack} in {deployed.aws.region} is {deployed.status}")


def check_settings(deployed: Deployed, file: Path | None) -> Outcomes:
    """Check that the deployed settings are those of `file`, if there is one. Raises `CommandError`."""
    if file is None:
        return
    try:
        wanted = _flat(Settings.load(file))
    except SettingsError as error:
        fix = "Run this in the folder of your gate.toml, or add --settings FILE."
        yield Outcome("warning", str(error).splitlines()[0], fix)
        return
    present = _flat(deployed.settings)
    differing = [name for name in wanted if wanted[name] != present[name]]
    for name in differing:
        text = f"{name} is {json.dumps(present[name])}; {file} says {json.dumps(wanted[name])}"
        yield Outcome("error", text, "Deploy, or correct the file.")
    if not differing:
        yield Outcome("ok", f"the deployed settings are those of {file}")


def check_names(deployed: Deployed) -> Outcomes:
    """Check that the gate can compare the names of the people who ask and decide. Raises `CommandError`."""
    if not deployed.settings.requests.approvers:
        return
    found = incomparable_names(deployed.settings)
    for text in found:
        yield Outcome("warning", text, "See docs/identity.md.")
    if not found:
        yield Outcome("ok", "people who ask for access and people who decide have names that can be compared")


def check_logging_role(deployed: Deployed) -> Outcomes:
    """Check that API Gateway's role for logs, one in each region, is that of the stack or of the organisation.

    Raises `CommandError`.
    """
    with aws_errors():
        role = deployed.aws.client("apigateway").get_account().get("cloudwatchRoleArn", "")
    if deployed.settings.stack.api_logging_role:
        if role == deployed.outputs.get("ApiLoggingRoleArn"):
            yield Outcome("ok", "API Gateway writes its logs with the role of this stack")
            return
        text = f"API Gateway writes its logs with {role or 'no role'}, which is not the role of this stack"
        fix = "If your organisation manages this role, write stack.api_logging_role = false. If not, deploy again."
        yield Outcome("warning", text, fix)
    elif role:
        yield Outcome("ok", f"API Gateway writes its logs with {role}")
    else:
        text = "API Gateway has no role in this account and region, and writes no access log"
        yield Outcome("error", text, "Have your organisation set one, or write stack.api_logging_role = true.")


def _flat(settings: Settings) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in settings.model_dump(mode="json").items():
        if isinstance(value, dict):
            flat |= {f"{name}.{inner}": each for inner, each in value.items()}
        else:
            flat[name] = value
    return flat
