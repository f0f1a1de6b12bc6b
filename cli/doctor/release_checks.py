"""Compares the release of the deployed stack with that of `gate`."""

import re

from cli.deployed import Deployed
from cli.doctor.check import Outcome, Outcomes
from gate.values.version import VERSION


def check_release(deployed: Deployed, *, own: str = VERSION) -> Outcomes:
    """Check that the stack and `gate` are of one release. `own`: that of `gate`."""
    present = deployed.outputs.get("Version")
    if present == own:
        yield Outcome("ok", f"{deployed.stack} and gate are {own}")
    elif present is None:
        text = f"{deployed.stack} does not say its version: it is older than 0.1.0, and gate is {own}"
        yield Outcome("warning", text, _UPGRADE)
    elif _numbers(present) < _numbers(own):
        yield Outcome("warning", f"{deployed.stack} is {present}, and gate is {own}", _UPGRADE)
    else:
        fix = f"Use the gate of {present}: commands of another version may misread its rows and settings."
        yield Outcome("warning", f"{deployed.stack} is {present}, and gate is {own}", fix)


_UPGRADE = "Read the upgrade notes in CHANGELOG.md, and deploy."


def _numbers(version: str) -> list[int]:
    return [int(each) for each in re.findall(r"\d+", version)]
