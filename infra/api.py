"""The REST API: its routes, its resource policy and its limits."""

from collections.abc import Sequence
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra.api_policy import STAGE, resource_policy
from infra.gateway_responses import add_gateway_responses
from infra.logs import log_group
from infra.nag import acknowledge_finding
from infra.part import Part
from infra.settings import Settings

OPEN_ROUTES = (
    ("GET", "/"),
    ("GET", "/open"),
    ("GET", "/open/{notebook}"),
    ("GET", "/notebooks/{notebook}"),
    ("POST", "/notebooks/{notebook}/start"),
    ("GET", "/notebooks/{notebook}/stop"),
    ("POST", "/notebooks/{notebook}/stop"),
    ("POST", "/logout"),
    ("GET", "/help"),
    ("GET", "/health"),
)
"""Routes on which the function itself authenticates the caller."""

SIGN_IN_ROUTES = (
    ("GET", "/login"),
    ("GET", "/login/callback"),
)
"""Routes of the sign-in. The requests function answers them, if there is one, so that what proves an approver does not
pass through the function that opens notebooks."""

IAM_ROUTES = (("GET", "/iam/open/{notebook}"),)
"""Routes on which API Gateway authenticates the caller by the AWS signature."""

REQUEST_ROUTES = (
    ("GET", "/requests"),
    ("POST", "/requests"),
    ("GET", "/requests/access"),
    ("GET", "/requests/{request}"),
    ("POST", "/requests/{request}"),
)
"""Routes of access requests. Another function answers them. Without `requests.approvers` they do not exist."""

SLACK_ROUTES = (("POST", "/slack"),)
"""Routes that are open to all addresses and protected by Slack's signature. Without `slack.teams` they do not exist."""

SLACK_RATE, SLACK_BURST = 10, 20
"""A separate throttle (requests a second, and at once), so that a flood from outside does not delay other routes."""

# No query string, which may contain a code or a ticket; no header; the pattern of the route in place of the path.
_ACCESS_LOG = {
    "time": "$context.requestTime",
    "request_id": "$context.requestId",
    "address": "$context.identity.sourceIp",
    "method": "$context.httpMethod",
    "route": "$context.resourcePath",
    "status": "$context.status",
    "refused_as": "$context.error.responseType",
    "iam_caller": "$context.identity.userArn",
    "latency_ms": "$context.responseLatency",
    "function_ms": "$context.integrationLatency",
}


_REGIONAL = apigateway.EndpointConfiguration(types=[apigateway.EndpointType.REGIONAL])


def _private(scope: Construct, endpoints: list[str]) -> apigateway.EndpointConfiguration:
    imported = [
        ec2.InterfaceVpcEndpoint.from_interface_vpc_endpoint_attributes(
            scope, f"Endpoint{number}", vpc_endpoint_id=endpoint, port=443
        )
        for number, endpoint in enumerate(endpoints)
    ]
    return apigateway.EndpointConfiguration(types=[apigateway.EndpointType.PRIVATE], vpc_endpoints=imported)


class GateApi(Part, Construct):
    """The API. Routes are added later: they need the function, which needs the address of the API."""

    def __init__(self, scope: Construct, construct_id: str, *, settings: Settings) -> None:
        super().__init__(scope, construct_id)
        limits, private_endpoints = settings.limits, settings.private_endpoints
        own_domain = bool(settings.domain.name)
        self._slack_routes = SLACK_ROUTES if settings.slack.teams else ()
        access_log = log_group(self, "AccessLog", days=limits.log_days, key_arn=settings.keys.data)
        self.api = apigateway.RestApi(
            self,
            "Api",
            rest_api_name=cdk.Stack.of(self).stack_name,
            description="Notebook Gate",
            endpoint_configuration=_private(self, private_endpoints) if private_endpoints else _REGIONAL,
            # With domain.keep_default, the function sends browsers from there to the domain (`gate.routes.dispatch`).
            disable_execute_api_endpoint=own_domain and not settings.domain.keep_default,
            policy=resource_policy(
                networks=settings.networks,
                endpoints=private_endpoints,
                accounts=[cdk.Aws.ACCOUNT_ID, *settings.identity.iam_accounts],
                slack=bool(self._slack_routes),
            ),
            cloud_watch_role=settings.stack.api_logging_role,
            deploy_options=apigateway.StageOptions(
                stage_name=STAGE,
                throttling_rate_limit=limits.rate,
                throttling_burst_limit=limits.burst,
                access_log_destination=apigateway.LogGroupLogDestination(access_log),
                access_log_format=apigateway.AccessLogFormat.custom(cdk.Stack.of(self).to_json_string(_ACCESS_LOG)),
                # Execution logs would contain cookies and codes.
                logging_level=apigateway.MethodLoggingLevel.OFF,
                data_trace_enabled=False,
                tracing_enabled=settings.stack.tracing,
                method_options={
                    f"{path}/{method}": apigateway.MethodDeploymentOptions(
                        throttling_rate_limit=SLACK_RATE,
                        throttling_burst_limit=SLACK_BURST,
                        # The settings of a method replace all settings of the stage.
                        logging_level=apigateway.MethodLoggingLevel.OFF,
                    )
                    for method, path in self._slack_routes
                },
            ),
        )
        # CDK's own output is the address of the stage, which is disabled if there is a custom domain.
        self.api.node.try_remove_child("Endpoint")
        self.base_url = f"https://{settings.domain.name or self._stage_host(settings)}"
        self.environment = {"GATE_BASE_URL": self.base_url}
        self.outputs = {
            "BaseUrl": self.base_url,
            "ExampleBookmark": f"{self.base_url}/open",
            "ApiStageArn": self.api.deployment_stage.stage_arn,
        }
        # From the address of API Gateway, too, the link leads to the domain. The function sends browsers there anyway.
        home = f"{self.base_url}/" if own_domain else f"/{STAGE}/"
        add_gateway_responses(self.api, own_domain=own_domain, home=home)
        acknowledge_finding(
            self.api,
            "APIG2",
            "The function validates every request itself, and its error messages say what to do next.",
        )
        acknowledge_finding(
            self.api.deployment_stage,
            "APIG3",
            "The resource policy rejects callers outside the networks before any code runs, except at the route for "
            "Slack, which has a throttle of its own and where the function verifies Slack's signature first. A web ACL "
            "of your organisation is associated with the output ApiStageArn.",
        )
        acknowledge_finding(
            self.api.deployment_stage,
            "APIG6",
            "Execution logs would contain cookies and codes. The access log has one line for each request.",
        )
        logging_role = self.api.node.try_find_child("CloudWatchRole")
        if isinstance(logging_role, iam.Role):
            self.outputs["ApiLoggingRoleArn"] = logging_role.role_arn
            acknowledge_finding(
                logging_role,
                "IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs]",
                "This is AWS's managed policy for API Gateway's logs. The role belongs to the account.",
            )

    def add_routes(self, function: lambda_.IFunction, *, requests: lambda_.IFunction | None) -> None:
        """Send every route to `function`, and sign-ins and access requests to `requests`, if there is such a function.

        API Gateway itself rejects every other path.
        """
        by_function = "The function authenticates by session cookie or ID token."
        self._add(OPEN_ROUTES, function, by_function)
        self._add(SIGN_IN_ROUTES, requests or function, by_function)
        if requests:
            self._add(REQUEST_ROUTES, requests, by_function)
        self._add(self._slack_routes, function, "The function verifies Slack's signature before all else.")
        by_signature = "API Gateway checks the AWS signature of callers on this route."
        self._add(IAM_ROUTES, function, by_signature, authorization_type=apigateway.AuthorizationType.IAM)

    def _add(
        self, routes: Sequence[tuple[str, str]], function: lambda_.IFunction, protection: str, **options: Any
    ) -> None:
        """`protection`: why it is acceptable that API Gateway's authorizers do not protect these routes."""
        integration = apigateway.LambdaIntegration(function, proxy=True, allow_test_invoke=False)
        for method, path in routes:
            added = self.api.root.resource_for_path(path).add_method(method, integration, **options)
            for rule in ("COG4",) if options else ("APIG4", "COG4"):
                acknowledge_finding(added, rule, protection)

    def _stage_host(self, settings: Settings) -> str:
        """Return host and path of the stage, from the API's id alone: the function must not depend on the stage."""
        stack = cdk.Stack.of(self)
        of_endpoint = f"-{settings.private_endpoints[0]}" if settings.private_host == "endpoint" else ""
        return f"{self.api.rest_api_id}{of_endpoint}.execute-api.{stack.region}.{stack.url_suffix}/{STAGE}"
