"""The gate's stack: composes the constructs and defines the outputs."""

from typing import Any

import aws_cdk as cdk
from constructs import Construct

from infra.access_requests import AccessRequests
from infra.api import GateApi
from infra.bundle import ROOT
from infra.ca_bundle import FUNCTION_PATH as CA_BUNDLE_PATH
from infra.domain import Domain
from infra.function import FunctionRole, GateFunction, comma_separated, signing_key
from infra.grants_table import GrantsTable
from infra.identity import Issuer, UserPool
from infra.launch_role import LaunchRole, allow_assuming
from infra.monitoring import Monitoring
from infra.network import Network
from infra.remote import role_name
from infra.settings import Settings
from infra.slack import Slack
from infra.synth_warnings import warn_incomparable_names, warn_unusable_endpoints
from infra.vpc_settings import VpcSettings


class GateStack(cdk.Stack):
    """One deployment of Notebook Gate."""

    def __init__(self, scope: Construct, construct_id: str, *, settings: Settings, **options: Any) -> None:
        super().__init__(scope, construct_id, description="Notebook Gate", **options)
        # `gate doctor` and `gate explain` read the deployed settings from here.
        self.template_options.metadata = {"NotebookGate": settings.model_dump(mode="json")}
        warn_unusable_endpoints(self, settings)
        warn_incomparable_names(self, settings)
        network = Network(
            self,
            "Network",
            settings=settings.vpc,
            issuer_port=settings.identity.issuer_port,
            log_days=settings.limits.log_days,
        )
        grants = GrantsTable(self, "Grants", by_notebook=bool(settings.requests.approvers))
        key = signing_key(self, "SessionKey", description="Notebook Gate: signs session cookies")
        function_role = FunctionRole(
            self,
            "FunctionRole",
            description="Notebook Gate's function: reads grants and its secrets, and assumes the launch role",
        )
        launch = LaunchRole(
            self,
            "Launch",
            trusted_arn=function_role.role.role_arn,
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
            private_host=settings.private_host,
            iam_accounts=settings.identity.iam_accounts,
            limits=settings.limits,
            own_domain=bool(settings.domain.name),
            slack=bool(settings.slack.teams),
            logging_role=settings.stack.api_logging_role,
        )
        base_url = f"https://{settings.domain.name}" if settings.domain.name else api.stage_url
        issuer = self._issuer(settings, base_url)
        slack = Slack(self, "Slack", settings=settings.slack) if settings.slack.teams else None
        grants.grant_reading(function_role.role)
        grants.grant_writing_state(function_role.role, replay_claims=bool(slack))
        secrets = [key.secret_arn, *([slack.secret.secret_arn] if slack else [])]
        sign_in_secrets = [issuer.client_secret_arn] if issuer.client_secret_arn else []
        options = {
            "vpc": network.vpc,
            "security_group": network.security_group,
            "log_days": settings.limits.log_days,
            "snap_start": settings.snap_start,
            "ca_bundle": ROOT / settings.vpc.ca_bundle if settings.vpc.ca_bundle else None,
        }
        environment = {
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
            "GATE_GROUPS": comma_separated(settings.identity.groups),
            "GATE_AUDIENCES": comma_separated(settings.identity.audiences),
            "GATE_TRUST_EMAIL": "true" if settings.identity.trust_email else "false",
            "GATE_SIGN_OUT": settings.identity.sign_out,
            "GATE_USER_ROLES": comma_separated(settings.identity.user_roles),
            "GATE_PIN": settings.pin,
            # The list may be long and the environment is small, so it is set only if the function needs it.
            "GATE_NETWORKS": comma_separated(settings.networks) if settings.pin == "network" else "",
            "GATE_PRIVATE_ENDPOINTS": comma_separated(settings.private_endpoints),
            "GATE_VPC_ENDPOINTS": comma_separated(settings.vpc_endpoints),
            "GATE_EGRESS": comma_separated(network.egress),
            "GATE_SUBNET_CIDRS": comma_separated(settings.vpc.subnet_cidrs),
            "GATE_SIGN_IN_SECONDS": str(settings.identity.sign_in_seconds),
            "GATE_MAX_SESSION": str(settings.limits.session),
            "GATE_REMOTE_LOCATIONS": comma_separated(settings.remote.locations),
            "GATE_REMOTE_ROLE": role_name(settings) if settings.remote.locations else "",
            "GATE_EXTERNAL_ID": settings.remote.external_id,
            "POWERTOOLS_SERVICE_NAME": settings.name,
            "POWERTOOLS_LOG_LEVEL": "INFO",
            **_outbound_environment(settings.vpc),
            **(slack.environment if slack else {}),
        }
        requests = None
        if settings.requests.approvers:
            requests = AccessRequests(
                self,
                "Requests",
                settings=settings.requests,
                grants=grants,
                secrets=[*secrets, *sign_in_secrets],
                slack=bool(slack),
                environment=environment,
                options=options,
            )
            environment["GATE_REQUESTS_FUNCTION_ARN"] = requests.forwarding.function_arn
        else:
            grants.grant_reporting(function_role.role)
            secrets += sign_in_secrets
        for arn in secrets:
            function_role.grant_secret(arn)
        function = GateFunction(
            self,
            "Function",
            description="Notebook Gate: redirects a caller to their notebook",
            role=function_role.role,
            environment=environment,
            **options,
        )
        if slack:
            slack.allow_self_invocation(function.alias, function_role.role)
            if requests:
                requests.allow_forwarding(function_role.role)
        api.add_routes(function.alias, requests=requests.alias if requests else None)
        Monitoring(
            self,
            "Monitoring",
            service=settings.name,
            functions=[function.function, *([requests.function] if requests else [])],
            api=api.api,
            settings=settings.alarms,
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
            outputs |= {"FunctionRoleArn": function_role.role.role_arn, "Egress": comma_separated(network.egress)}
        if api.logging_role:
            outputs["ApiLoggingRoleArn"] = api.logging_role.role_arn
        if requests:
            outputs["RequestsFunctionName"] = requests.function.function_name
            outputs["DecisionSecret"] = requests.key.secret_arn
        if issuer.user_pool_id:
            outputs["UserPool"] = issuer.user_pool_id
        if slack:
            outputs["SlackSecret"] = slack.secret.secret_arn
        for name, value in outputs.items():
            cdk.CfnOutput(self, f"{name}Output", value=value).override_logical_id(name)

    def _remote_launch_roles(self, settings: Settings) -> list[str]:
        """Return the ARNs of the launch roles in other accounts.

        A location in the stack's own account gives the ARN of a role that does not exist.
        """
        name = role_name(settings)
        accounts = sorted({location.partition("/")[0] for location in settings.remote.locations})
        return [f"arn:{cdk.Aws.PARTITION}:iam::{account}:role/{name}" for account in accounts]

    def _issuer(self, settings: Settings, base_url: str) -> Issuer:
        identity = settings.identity
        if identity.issuer:
            return Issuer(identity.issuer, identity.client_id, identity.client_secret_arn, identity.groups_claim)
        return UserPool(self, "Identity", base_url=base_url).issuer


def _outbound_environment(settings: VpcSettings) -> dict[str, str]:
    """Return the environment variables for outbound connections: the proxy and the certificate authorities."""
    variables: dict[str, str] = {}
    if settings.proxy:
        # The standard names. Lambda's own interfaces ignore them, since these are plain HTTP.
        variables |= {"HTTPS_PROXY": settings.proxy, "NO_PROXY": comma_separated(settings.no_proxy)}
    if settings.ca_bundle:
        variables["GATE_CA_BUNDLE"] = CA_BUNDLE_PATH
    return variables
