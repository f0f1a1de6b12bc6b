"""The deployment that a command works on, from the options before the command."""

import tomllib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from cli.aws import AwsAccess
from cli.deployed import Deployed

SETTINGS_FILE = Path("gate.toml")
LOCAL_STACK = "local"
"""The name of the stack of `make run`."""


@dataclass(frozen=True)
class Context:
    """The options before the command."""

    stack: str | None
    profile: str | None
    region: str | None
    local: bool
    table: str | None = None

    @cached_property
    def deployed(self) -> Deployed:
        """The deployment. Raises `CommandError`."""
        aws = (
            AwsAccess.of_local_deployment()
            if self.local
            else AwsAccess.with_profile(profile=self.profile, region=self.region)
        )
        if self.table:
            return Deployed.of_table(aws, self.table)
        return Deployed.find(aws, self.stack or (LOCAL_STACK if self.local else _stack_name()))


def _stack_name() -> str:
    """Return the stack that gate.toml in this folder names, or the default name."""
    try:
        return str(tomllib.loads(SETTINGS_FILE.read_text(encoding="utf-8"))["name"])
    except (OSError, KeyError, ValueError):
        return "notebook-gate"
