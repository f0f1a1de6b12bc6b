"""The custom domain name of the API."""

from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_route53 as route53
from aws_cdk import aws_route53_targets as targets
from constructs import Construct

from infra.part import Part
from infra.sections import DomainSettings


class Domain(Part, Construct):
    """The domain name, mapped to the stage of the API, and its DNS record if the settings name a hosted zone."""

    def __init__(
        self, scope: Construct, construct_id: str, *, settings: DomainSettings, api: apigateway.RestApi
    ) -> None:
        super().__init__(scope, construct_id)
        self.name = apigateway.DomainName(
            self,
            "Name",
            domain_name=settings.name,
            certificate=acm.Certificate.from_certificate_arn(self, "Certificate", settings.certificate_arn),
            endpoint_type=apigateway.EndpointType.REGIONAL,
            security_policy=apigateway.SecurityPolicy.TLS_1_2,
            mapping=api,
        )
        # The target of the record for those who create it elsewhere.
        self.outputs = {"DomainTarget": self.name.domain_name_alias_domain_name}
        if settings.hosted_zone_id:
            zone = route53.HostedZone.from_hosted_zone_attributes(
                self, "Zone", hosted_zone_id=settings.hosted_zone_id, zone_name=settings.hosted_zone_name
            )
            target = route53.RecordTarget.from_alias(targets.ApiGatewayDomain(self.name))
            route53.ARecord(self, "Record", zone=zone, record_name=settings.name, target=target)
