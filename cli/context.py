"""What every command starts from: which deployment, and how to answer."""

import tomllib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from cli.aws import AwsAccess
from cli.deployed import Deployed
from cli.grants.table import GrantsTable

SETTINGS = Path("gate.toml")
LOCAL_STACK = "local"
"""What the stack of `make run` is called."""


@dataclass(frozen=True)
class Context:
    """The options that stand before the command."""

    stack: str | None
    profile: str | None
    region: str | None
    local: bool

    @cached_property
    def deployed(self) -> Deployed:
        """The deployment that the command is about. Raises `CommandError`."""
        if self.local:
            return Deployed.find(AwsAccess.of_make_run(), self.stack or LOCAL_STACK)
        aws = AwsAccess.of_operator(profile=self.profile, region=self.region)
        return Deployed.find(aws, self.stack or _named_here())

    @cached_property
    def table(self) -> GrantsTable:
        """Its grants."""
        return GrantsTable(self.deployed.aws.client("dynamodb"), self.deployed.table)


def _named_here() -> str:
    """Return the stack that the gate.toml of this folder names; the usual one where there is none."""
    try:
        return str(tomllib.loads(SETTINGS.read_text(encoding="utf-8"))["name"])
    except (OSError, KeyError, ValueError):
        return "notebook-gate"
