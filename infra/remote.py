"""The launch role in another account: a stack to deploy there, or the template of a StackSet for many accounts."""

from typing import Any

import aws_cdk as cdk
from constructs import Construct

from infra.launch_role import LaunchRole
from infra.settings import Settings

SHARED_NAME = (
    "The role is named {name}. If another gate has a role of this name in the same account, CloudFormation refuses to "
    "create it: set remote.role_name."
)


class LaunchRoleStack(cdk.Stack):
    """One launch role that trusts only the gate's function."""

    def __init__(self, scope: Construct, construct_id: str, *, settings: Settings, **options: Any) -> None:
        super().__init__(scope, construct_id, description="Notebook Gate: launch role for this account", **options)
        # Outputs of the gate's stack are parameters here, so that the template is the same for every account.
        trusted = cdk.CfnParameter(
            self, "FunctionRoleArn", description="The output FunctionRoleArn of the gate's stack", min_length=20
        )
        launch = LaunchRole(
            self,
            "Launch",
            name=settings.remote_role,
            trusted_arn=trusted.value_as_string,
            external_id=settings.remote.external_id,
            addresses=self._addresses(settings),
            vpc_endpoints=settings.vpc_endpoints,
            regions=settings.remote.regions,
            allows_window=settings.vpc.allows_window,
            studio_domains=settings.studio.by_region(),
        )
        if not settings.remote.role_name:
            cdk.Annotations.of(self).add_info_v2("gate:role", SHARED_NAME.format(name=settings.remote_role))
        cdk.CfnOutput(self, "RoleOutput", value=launch.role.role_arn).override_logical_id("LaunchRoleArn")

    def _addresses(self, settings: Settings) -> list[str]:
        networks = [*settings.networks]
        if settings.vpc.none:
            return [*networks, *settings.vpc.additional_egress]
        if settings.vpc.no_egress:
            return networks
        egress = cdk.CfnParameter(
            self, "Egress", type="CommaDelimitedList", description="The output Egress of the gate's stack"
        )
        return cdk.Fn.split(",", cdk.Fn.join(",", [*networks, cdk.Fn.join(",", egress.value_as_list)]))
