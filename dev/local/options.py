"""How a local deployment differs from the usual one."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from local.provider import ExternalProvider
from local.slack.app import SlackApp
from local.template import Template

NOTEBOOK_FILES = Path(__file__).parents[2] / ".cache" / "local" / "notebooks"


def _same_address(_name: str, url: str) -> str:
    return url


@dataclass(frozen=True)
class LocalOptions:
    """Options of a `LocalDeployment`. The defaults serve the local provider and the local Slack workspace."""

    port: int = 0
    """TCP port on loopback; 0 takes any free port."""
    stage_in_path: bool = False
    """Serve below `/STAGE`, as API Gateway's default endpoint does, rather than at the root as a custom domain does."""
    provider: ExternalProvider | None = None
    """The identity provider to use in place of the local one."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """Settings of `gate.toml` that differ from their defaults, by section."""
    change_template: Callable[[Template], None] | None = None
    """Changes the template before it is deployed, so that a test can show which protection is then missing."""
    clock: Callable[[], float] = time.time
    """Seconds since the epoch, for the function, the fake AWS and Slack."""
    folder: Path = NOTEBOOK_FILES
    """Where the notebooks' files are kept."""
    vpc_endpoints: Mapping[str, str] = field(default_factory=dict)
    """VPC endpoint IDs by loopback address: a request from that address counts as one through that endpoint.

    A private API admits requests from these addresses alone.
    """
    slack: SlackApp = field(default_factory=SlackApp)
    """The Slack app; by default the local workspace's."""
    reroute: Callable[[str, str], str] = _same_address
    """Given the name and address of a dependency, returns the address that the function uses for it.

    The name is that of an AWS service as botocore has it, `issuer` or `slack`.
    """
