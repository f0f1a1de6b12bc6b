"""The settings with which the stack is synthesised for a local deployment."""

import ipaddress
from collections.abc import Sequence

from infra.settings import Settings
from infra.vpc_settings import VpcSettings
from local.aws.source import Source
from local.options import LocalOptions
from local.provider import CLIENT_ID, CLIENT_SECRET, ExternalProvider
from local.template import ACCOUNT, EGRESS, INSIDE, REGION

PLACEHOLDER_ISSUER = "https://issuer.invalid"
"""The issuer in the template. The real one's port differs from run to run, which would make each template a new one."""

CLIENT_SECRET_ARN = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:client-secret-AbCdEf"


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
    settings = {"networks": [INSIDE], **options.settings, "identity": identity}
    settings["studio"] = {"domains": list(studio_domains)}
    vpc = VpcSettings.model_construct(**settings.get("vpc", {}))
    # Slack's servers can't reach a private API, and a function without egress can't reach Slack.
    if vpc.reaches_internet and not settings.get("private_endpoints"):
        settings["slack"] = options.slack.settings(options.settings.get("slack", {}))
    return Settings.parse(settings)


def function_source(settings: Settings) -> Source:
    """Return the source of the function's calls as AWS sees it."""
    if settings.vpc.no_egress:
        subnet = ipaddress.ip_network(settings.vpc.subnet_cidrs[0])
        # AWS reserves the first four addresses of a subnet (VPC user guide, "Subnet CIDR blocks").
        return Source(str(subnet[4]), settings.vpc_endpoints[0])
    return Source(EGRESS)
