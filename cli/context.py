"""The deployment that a command works on, from the options that name it."""

import tomllib
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from cli.aws import AwsAccess
from cli.command_lines import CommandLines
from cli.deployed import Deployed

SETTINGS_FILE = Path("gate.toml")
LOCAL_STACK = "local"
"""The name of the stack of `make run`."""


@dataclass(frozen=True)
class Context:
    """The options that name a deployment."""

    stack: str | None = None
    profile: str | None = None
    region: str | None = None
    local: bool = False
    table: str | None = None

    @property
    def command_lines(self) -> CommandLines:
        """Makes command lines that repeat these options."""
        local = ("--local",) if self.local else ()
        aws = (*_option("profile", self.profile), *_option("region", self.region))
        return CommandLines((*local, *_option("stack", self.stack), *_option("table", self.table), *aws), aws)

    @cached_property
    def deployed(self) -> Deployed:
        """The deployment. Raises `CommandError`."""
        aws = (
            AwsAccess.of_local_deployment()
            if self.local
            else AwsAccess.with_profile(profile=self.profile, region=self.region)
        )
        if self.table:
            found = Deployed.of_table(aws, self.table)
        else:
            found = Deployed.find(aws, self.stack or (LOCAL_STACK if self.local else _stack_name()))
        return replace(found, lines=self.command_lines)


def _option(name: str, value: str | None) -> tuple[str, ...]:
    return (f"--{name}", value) if value else ()


def _stack_name() -> str:
    """Return the stack that gate.toml in this folder names, or the default name."""
    try:
        return str(tomllib.loads(SETTINGS_FILE.read_text(encoding="utf-8"))["name"])
    except (OSError, KeyError, ValueError):
        return "notebook-gate"
