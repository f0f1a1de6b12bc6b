"""The stack: puts the constructs together and tells what came of it."""

from typing import Any

import aws_cdk as cdk
from constructs import Construct

from infra.api import GateApi
from infra.authorities import IN_FUNCTION
from infra.bundle import ROOT
from infra.domain import Domain
from infra.function import FunctionRole, GateFunction, listed, session_secret
from infra.grants_table import GrantsTable
from infra.identity import Issuer, UserPool
from infra.launch_role import LaunchRole, allow_assuming
from infra.monitoring import Monitoring
from infra.network import Network
from infra.pin import warn_of_unknown_addresses
from infra.remote import role_name
from infra.settings import Settings
from infra.slack import Slack
from infra.vpc_settings import VpcSettings


class GateStack(cdk.Stack):
    """One Notebook Gate, as its settings say."""

    def __init__(self, scope: Construct, construct_id: str, *, settings: Settings, **options: Any) -> None:
        super().__init__(scope, construct_id, description="Notebook Gate", **options)
        # For `gate doctor` and `gate explain`: which settings are deployed, not which stand in a file somewhere.
        self.template_options.metadata = {"NotebookGate": settings.model_dump(mode="json")}
        warn_of_unknown_addresses(self, settings)
        network = Network(self, "Network", settings=settings.vpc, log_days=settings.limits.log_days)
        grants = GrantsTable(self, "Grants")
        key = session_secret(self)
        function_role = FunctionRole(self, "FunctionRole")
        launch = LaunchRole(
            self,
            "Launch",
            trusted=function_role.role.role_arn,
            addresses=[*settings.networks, *network.egress],
            vpc_endpoints=settings.vpc_endpoints,
            regions=[cdk.Aws.REGION, *settings.remote.regions],
        )
        allow_assuming(function_role.role, [launch.role.role_arn, *self._remote_launch_roles(settings)])
        api = GateApi(
            self,
            "Gate",
            networks=settings.networks,
            private_endpoints=settings.private_endpoints,
            iam_accounts=settings.identity.iam_accounts,
            limits=settings.limits,
            own_domain=bool(settings.domain.name),
            slack=bool(settings.slack.teams),
        )
        base_url = f"https://{settings.domain.name}" if settings.domain.name else api.stage_url
        issuer = self._issuer(settings, base_url)
        slack = Slack(self, "Slack", settings=settings.slack) if settings.slack.teams else None
        grants.grant_reading(function_role.role)
        grants.grant_writing_state(function_role.role, replay_claims=bool(slack))
        for arn in filter(None, (key.secret_arn, issuer.client_secret_arn, slack.secret.secret_arn if slack else "")):
            function_role.grant_secret(arn)
        function = GateFunction(
            self,
            "Function",
            role=function_role.role,
            vpc=network.vpc,
            security_group=network.security_group,
            log_days=settings.limits.log_days,
            snap_start=settings.snap_start,
            authorities=ROOT / settings.vpc.ca_bundle if settings.vpc.ca_bundle else None,
            environment={
                "GATE_BASE_URL": base_url,
                "GATE_TABLE": grants.table.table_name,
                "GATE_LAUNCH_ROLE_ARN": launch.role.role_arn,
                "GATE_SESSION_SECRET_ARN": key.secret_arn,
                "GATE_ISSUER": issuer.issuer,
                "GATE_CLIENT_ID": issuer.client_id,
                "GATE_CLIENT_SECRET_ARN": issuer.client_secret_arn,
                "GATE_SCOPES": " ".join(settings.identity.scopes),
                "GATE_USER_CLAIM": settings.identity.user_claim,
                "GATE_GROUPS_CLAIM": issuer.groups_claim,
                "GATE_GROUPS": listed(settings.identity.groups),
                "GATE_AUDIENCES": listed(settings.identity.audiences),
                "GATE_TRUST_EMAIL": "true" if settings.identity.trust_email else "false",
                "GATE_SIGN_OUT": settings.identity.sign_out,
                "GATE_USER_ROLES": listed(settings.identity.user_roles),
                "GATE_PIN": settings.pin,
                # All of them may be long, and the environment is small: only where the function needs them.
                "GATE_NETWORKS": listed(settings.networks) if settings.pin == "network" else "",
                "GATE_PRIVATE_ENDPOINTS": listed(settings.private_endpoints),
                "GATE_VPC_ENDPOINTS": listed(settings.vpc_endpoints),
                "GATE_EGRESS": listed(network.egress),
                "GATE_SUBNET_CIDRS": listed(settings.vpc.subnet_cidrs),
                "GATE_SIGN_IN_SECONDS": str(settings.identity.sign_in_seconds),
                "GATE_MAX_SESSION": str(settings.limits.session),
                "GATE_REMOTE_LOCATIONS": listed(settings.remote.locations),
                "GATE_REMOTE_ROLE": role_name(settings) if settings.remote.locations else "",
                "GATE_EXTERNAL_ID": settings.remote.external_id,
                "POWERTOOLS_SERVICE_NAME": settings.name,
                "POWERTOOLS_LOG_LEVEL": "INFO",
                **_way_out(settings.vpc),
                **(slack.environment if slack else {}),
            },
        )
        if slack:
            slack.answer_later(function.alias, function_role.role)
        api.add_routes(function.alias)
        Monitoring(
            self, "Monitoring", service=settings.name, function=function.function, api=api.api, settings=settings.alarms
        )
        if settings.domain.name:
            Domain(self, "Domain", settings=settings.domain, api=api.api)
        outputs = {
            "BaseUrl": base_url,
            "ExampleBookmark": f"{base_url}/open",
            "GrantsTable": grants.table.table_name,
            "LaunchRoleArn": launch.role.role_arn,
            "FunctionName": function.alias.function_name,
        }
        if settings.remote.locations:
            outputs |= {"FunctionRoleArn": function_role.role.role_arn, "Egress": listed(network.egress)}
        if issuer.user_pool_id:
            outputs["UserPool"] = issuer.user_pool_id
        if slack:
            outputs["SlackSecret"] = slack.secret.secret_arn
        for name, value in outputs.items():
            cdk.CfnOutput(self, f"{name}Output", value=value).override_logical_id(name)

    def _remote_launch_roles(self, settings: Settings) -> list[str]:
        """Return the ARNs of the launch roles in other accounts. One of this account would be no role at all."""
        name = role_name(settings)
        accounts = sorted({location.partition("/")[0] for location in settings.remote.locations})
        return [f"arn:{cdk.Aws.PARTITION}:iam::{account}:role/{name}" for account in accounts]

    def _issuer(self, settings: Settings, base_url: str) -> Issuer:
        given = settings.identity
        if given.issuer:
            return Issuer(given.issuer, given.client_id, given.client_secret_arn, given.groups_claim)
        return UserPool(self, "Identity", base_url=base_url).issuer


def _way_out(settings: VpcSettings) -> dict[str, str]:
    """Return the variables by which the function's connections leave."""
    found: dict[str, str] = {}
    if settings.proxy:
        # The names that every library knows. Nothing else in Lambda heeds them: its own interfaces are plain HTTP.
        found |= {"HTTPS_PROXY": settings.proxy, "NO_PROXY": listed(settings.no_proxy)}
    if settings.ca_bundle:
        found["GATE_CA_BUNDLE"] = IN_FUNCTION
    return found
