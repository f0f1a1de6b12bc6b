"""The gate as one construct: composes its parts and sums up their environment variables and outputs."""

import aws_cdk as cdk
from constructs import Construct

from gate.values.version import VERSION
from infra.access_requests import AccessRequests
from infra.api import GateApi
from infra.denies import Denies
from infra.domain import Domain
from infra.function import FunctionRole, GateFunction
from infra.grants_table import GrantsTable
from infra.identity import UserPool
from infra.keys import key_statements
from infra.launch_role import LaunchRole
from infra.monitoring import Monitoring
from infra.network import Network
from infra.part import Part
from infra.placement import place
from infra.regions import check_region
from infra.schedule import CANARY_EVERY, DENY_EVERY, REMIND_EVERY, Schedule
from infra.settings import Settings
from infra.signing_key import SigningKey
from infra.slack import Slack
from infra.synth_warnings import warn_incomparable_names, warn_long_studio_names, warn_unusable_endpoints


class NotebookGate(Construct):
    """One deployment of Notebook Gate, in a stack of its own (`GateStack`) or in one of another app."""

    def __init__(self, scope: Construct, construct_id: str, *, settings: Settings) -> None:
        """Raises `PlacementError`, and `SettingsError` if Lambda or the region would not accept the settings."""
        super().__init__(scope, construct_id)
        self.settings = settings = place(self, settings)
        """The settings with the name of the stack, for `LaunchRoleStack`."""
        region = cdk.Stack.of(self).region
        if not cdk.Token.is_unresolved(region):
            check_region(settings, region)
        warn_unusable_endpoints(self, settings)
        warn_incomparable_names(self, settings)
        warn_long_studio_names(self, settings)
        network = None if settings.vpc.none else Network(self, "Network", settings=settings)
        egress = network.allowed if network else settings.vpc.additional_egress
        grants = GrantsTable(
            self,
            "Grants",
            by_notebook=bool(settings.requests.approvers),
            existing=settings.stack.grants_table,
            key_arn=settings.keys.data,
        )
        key = SigningKey(
            self,
            "SessionKey",
            variable="GATE_SESSION_SECRET_ARN",
            description="Notebook Gate: signs session cookies",
            key_arn=settings.keys.data,
        )
        role = FunctionRole(
            self,
            "FunctionRole",
            description="Notebook Gate's function: reads grants and its secrets, and assumes the launch role",
        )
        launch = LaunchRole(
            self,
            "Launch",
            trusted_arn=role.role.role_arn,
            addresses=[*settings.networks, *egress],
            vpc_endpoints=settings.vpc_endpoints,
            regions=[cdk.Aws.REGION, *settings.remote.regions],
            allows_window=settings.vpc.allows_window,
            bounded=bool(settings.requests.approvers) and not settings.stack.permissions_boundary,
            studio_domains=settings.studio.by_region(home=cdk.Aws.REGION),
        )
        launch.allow_assuming(role.role, remote_name=settings.remote_role, accounts=settings.remote.accounts)
        api = GateApi(self, "Gate", settings=settings)
        pool = None if settings.identity.issuer else UserPool(self, "Identity", base_url=api.base_url)
        slack = (
            Slack(self, "Slack", settings=settings.slack, key_arn=settings.keys.data) if settings.slack.teams else None
        )
        domain = Domain(self, "Domain", settings=settings.domain, api=api.api) if settings.domain.name else None
        parts: list[Part | None] = [api, network, grants, key, launch, pool, slack, domain]
        environment = settings.environment
        for part in filter(None, parts):
            environment |= part.environment
        grants.grant_reading(role.role)
        grants.grant_writing_state(role.role, replay_claims=bool(slack))
        secrets = [key.secret_arn, *([slack.secret.secret_arn] if slack else [])]
        client_secret = environment["GATE_CLIENT_SECRET_ARN"]
        sign_in_secrets = [client_secret] if client_secret else []
        requests = denies = None
        if settings.requests.approvers:
            denies = Denies(
                self,
                "Denies",
                settings=settings,
                grants=grants,
                launch_role=launch.role,
                environment=environment,
            )
            requests = AccessRequests(
                self,
                "Requests",
                settings=settings,
                network=network,
                grants=grants,
                secrets=[*secrets, *sign_in_secrets],
                environment={**environment, **denies.environment},
            )
            denies.allow_invoking(requests.role)
            environment |= requests.environment
        else:
            grants.grant_reporting(role.role)
            secrets += sign_in_secrets
        for arn in secrets:
            role.grant_secret(arn)
        role.grant(key_statements(settings.keys, signs_in=not requests, publishes=False))
        function = GateFunction(
            self,
            "Function",
            description="Notebook Gate: redirects a caller to their notebook",
            settings=settings,
            network=network,
            role=role.role,
            environment=environment,
        )
        if slack:
            slack.allow_self_invocation(function.alias, role.role)
        if slack and requests:
            requests.allow_forwarding(role.role)
        api.add_routes(function.alias, requests=requests.alias if requests else None)
        Schedule(
            self,
            "Canary",
            event="canary",
            purpose="checks what people's requests need",
            every=CANARY_EVERY,
            aliases=[function.alias, *([requests.alias] if requests else [])],
        )
        if denies:
            Schedule(
                self,
                "Denying",
                event="denies",
                purpose="cuts off open notebooks, if that failed when access ended",
                every=DENY_EVERY,
                aliases=[denies.alias],
            )
        if slack and requests:
            Schedule(
                self,
                "Reminders",
                event="reminders",
                purpose="reminds people of the end of their access",
                every=REMIND_EVERY,
                aliases=[requests.alias],
            )
        Monitoring(
            self,
            "Monitoring",
            service=settings.name,
            functions=[each.function for each in (function, requests) if each],
            denies=denies.function if denies else None,
            api=api.api,
            settings=settings.alarms,
        )
        # For key policies, and the launch roles in other accounts.
        outputs = {"Version": VERSION, "FunctionRoleArn": role.role.role_arn}
        outputs |= {"Egress": ",".join(egress)} if egress else {}
        for part in filter(None, (*parts, function, requests, denies)):
            outputs |= part.outputs
        for name, value in outputs.items():
            cdk.CfnOutput(self, f"{name}Output", value=value).override_logical_id(name)
