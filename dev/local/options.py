"""How a local deployment differs from the usual one, and the settings that its stack is synthesised with."""

import ipaddress
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from infra.settings import Settings
from infra.vpc_settings import VpcSettings
from local.aws.source import Source
from local.places import NETWORKS
from local.provider import CLIENT_ID, CLIENT_SECRET, ExternalProvider
from local.slack.app import SlackApp
from local.template import ACCOUNT, AWS_ADDRESS, EGRESS, REGION, Template

NOTEBOOK_FILES = Path(__file__).parents[2] / ".cache" / "local" / "notebooks"

PLACEHOLDER_ISSUER = "https://issuer.invalid"
"""The issuer in the template. The real one's port differs from run to run, which would make each template a new one."""

CLIENT_SECRET_ARN = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:client-secret-AbCdEf"


def _same_address(_name: str, url: str) -> str:
    return url


@dataclass(frozen=True)
class LocalOptions:
    """Options of a `LocalDeployment`. The defaults serve the local provider and the local Slack workspace."""

    port: int = 0
    """The first TCP port on loopback; 0 takes any that are free."""
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
    addresses: Sequence[str] = ()
    """More source addresses than `INSIDE`, `COLLEAGUE` and `OUTSIDE`. Each has a port of its own, too."""
    vpc_endpoints: Mapping[str, str] = field(default_factory=dict)
    """VPC endpoint IDs by source address: a request from that address counts as one through that endpoint.

    A private API admits requests from these addresses alone. Each has a port of its own.
    """
    slack: SlackApp = field(default_factory=SlackApp)
    """The Slack app; by default the local workspace's."""
    reroute: Callable[[str, str], str] = _same_address
    """Given the name and address of a dependency, returns the address that the function uses for it.

    The name is that of an AWS service as botocore has it, `issuer` or `slack`.
    """


def client_registration(options: LocalOptions) -> ExternalProvider:
    """Return the gate's registration at the identity provider; the local provider's issuer is the placeholder."""
    return options.provider or ExternalProvider(PLACEHOLDER_ISSUER, CLIENT_ID, CLIENT_SECRET)


def local_settings(options: LocalOptions, studio_domains: Sequence[str] = ()) -> Settings:
    """Return the settings to synthesise the stack with. `studio_domains`: ids. Raises `SettingsError`."""
    client = client_registration(options)
    identity = {
        **options.settings.get("identity", {}),
        "issuer": PLACEHOLDER_ISSUER,
        "client_id": client.client_id,
        "client_secret_arn": CLIENT_SECRET_ARN if client.client_secret else "",
    }
    settings = {"networks": NETWORKS, **options.settings, "identity": identity}
    settings["studio"] = {"domains": list(studio_domains)}
    settings["user_names"] = {"source": "address", "domain": "example.com"}
    vpc = VpcSettings.model_construct(**settings.get("vpc", {}))
    # Slack's servers can't reach a private API, and a function without egress can't reach Slack.
    if vpc.reaches_internet and not settings.get("private_endpoints"):
        settings["slack"] = options.slack.settings(options.settings.get("slack", {}))
    return Settings.parse(settings)


def function_source(settings: Settings) -> Source:
    """Return the source of the function's calls as AWS sees it."""
    if settings.vpc.none:
        return Source(AWS_ADDRESS)
    if settings.vpc.no_egress:
        subnet = ipaddress.ip_network(settings.vpc.subnet_cidrs[0])
        # AWS reserves the first four addresses of a subnet (VPC user guide, "Subnet CIDR blocks").
        return Source(str(subnet[4]), settings.vpc_endpoints[0])
    return Source(EGRESS)
