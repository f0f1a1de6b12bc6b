"""The subnets of the function, and the addresses from which it reaches AWS."""

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.logs import log_group
from infra.part import Part
from infra.placement import set_boundary
from infra.settings import Settings


class Network(Part, Construct):
    """Private subnets for the function, with known egress addresses for the policy of the launch role."""

    def __init__(self, scope: Construct, construct_id: str, *, settings: Settings) -> None:
        super().__init__(scope, construct_id)
        existing = settings.vpc
        if existing.id:
            self.vpc: ec2.IVpc = ec2.Vpc.from_vpc_attributes(
                self,
                "Vpc",
                vpc_id=existing.id,
                # Only the number of zones matters: the ids of the subnets decide where the function runs.
                availability_zones=[cdk.Fn.select(n, cdk.Fn.get_azs()) for n in range(len(existing.subnet_ids))],
                private_subnet_ids=existing.subnet_ids,
            )
            cdk.Annotations.of(self.vpc).acknowledge_warning(
                "@aws-cdk/aws-ec2:noSubnetRouteTableId", "The stack adds no route to an existing subnet."
            )
            self.egress = existing.egress
        else:
            addresses = [self._address(number) for number in range(existing.nat_gateways)]
            self.vpc = self._own_vpc(addresses, settings)
            self.egress = [f"{address.ref}/32" for address in addresses]
        self.allowed = [*self.egress, *existing.additional_egress]
        self.environment = {"GATE_EGRESS": ",".join(self.egress)}
        self.security_group = ec2.SecurityGroup(
            self,
            "FunctionGroup",
            vpc=self.vpc,
            description="Notebook Gate: HTTPS to AWS and the identity provider, no inbound traffic",
            allow_all_outbound=False,
        )
        self.security_group.add_egress_rule(ec2.Peer.any_ipv4(), ec2.Port.tcp(443), "AWS and the identity provider")
        ports = {settings.identity.issuer_port: "The identity provider", existing.proxy_port: "The proxy"}
        for port, description in ports.items():
            if port and port != 443:
                self.security_group.add_egress_rule(ec2.Peer.any_ipv4(), ec2.Port.tcp(port), description)

    def _address(self, number: int) -> ec2.CfnEIP:
        address = ec2.CfnEIP(self, f"Address{number or ''}", domain="vpc")
        # Lists of other organisations may name it, so it outlives a move to another VPC.
        address.apply_removal_policy(cdk.RemovalPolicy.RETAIN)
        return address

    def _own_vpc(self, addresses: list[ec2.CfnEIP], settings: Settings) -> ec2.Vpc:
        vpc = ec2.Vpc(
            self,
            "Vpc",
            max_azs=2,
            # With one gateway, the gate is unavailable if the zone of the gateway fails.
            nat_gateways=len(addresses),
            nat_gateway_provider=ec2.NatProvider.gateway(
                eip_allocation_ids=[address.attr_allocation_id for address in addresses]
            ),
            # Nothing uses the default group. It would allow its members everything (Security Hub control EC2.2).
            restrict_default_security_group=True,
            subnet_configuration=[
                ec2.SubnetConfiguration(
                    name="public", subnet_type=ec2.SubnetType.PUBLIC, cidr_mask=28, map_public_ip_on_launch=False
                ),
                ec2.SubnetConfiguration(name="private", subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS, cidr_mask=24),
            ],
        )
        _adopt_group_provider(self, settings.stack.permissions_boundary)
        # Every request reads grants; the endpoint avoids the NAT gateway, which charges by the gigabyte.
        vpc.add_gateway_endpoint("DynamoDb", service=ec2.GatewayVpcEndpointAwsService.DYNAMODB)
        group: logs.ILogGroup = log_group(self, "FlowLogs", days=settings.limits.log_days, key_arn=settings.keys.data)
        flow_log = vpc.add_flow_log(
            "Rejected",
            destination=ec2.FlowLogDestination.to_cloud_watch_logs(group),
            traffic_type=ec2.FlowLogTrafficType.REJECT,
        )
        for part in (vpc, *vpc.public_subnets, *vpc.private_subnets, flow_log):
            # CDK's own name is the path, in which "Default" (infra/stack.py) would say nothing.
            cdk.Tags.of(part).add("Name", part.node.path.replace("/Default/", "/"))
        return vpc


def _adopt_group_provider(gate: Construct, boundary: str) -> None:
    """Treat the function with which CDK empties the default security group as a part of the gate.

    CDK makes one for each stack, beside the gate. `boundary`: the permissions boundary of every role, if any.
    """
    provider = cdk.Stack.of(gate).node.find_child("Custom::VpcRestrictDefaultSGCustomResourceProvider")
    assert isinstance(provider, Construct)
    set_boundary(provider, boundary)
    handler = provider.node.find_child("Handler")
    assert isinstance(handler, cdk.CfnResource)
    # It names the role, and depends on it as well, which is redundant.
    handler.add_metadata("cfn-lint", {"config": {"ignore_checks": ["W3005"]}})
