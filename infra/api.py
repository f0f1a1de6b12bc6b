"""The REST API: every route by name, a resource policy before any code, and our own words for refusals."""

import aws_cdk as cdk
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra.acknowledge import acknowledge
from infra.api_policy import STAGE, resource_policy
from infra.gateway_responses import add_gateway_responses
from infra.logs import log_group
from infra.sections import LimitSettings

OPEN_ROUTES = (
    ("GET", "/"),
    ("GET", "/open"),
    ("GET", "/open/{notebook}"),
    ("GET", "/notebooks/{notebook}"),
    ("POST", "/notebooks/{notebook}/start"),
    ("POST", "/notebooks/{notebook}/stop"),
    ("GET", "/login"),
    ("GET", "/login/callback"),
    ("POST", "/logout"),
    ("GET", "/help"),
    ("GET", "/health"),
)
"""Routes on which the function itself finds out who is calling."""

IAM_ROUTES = (("GET", "/iam/open/{notebook}"),)
"""Routes on which API Gateway does."""

SLACK_ROUTES = (("POST", "/slack"),)
"""Routes that the whole world reaches, and that Slack's signature guards. There only where Slack is in the settings."""

SLACK_RATE, SLACK_BURST = 10, 20
"""Requests a second, and at once: apart from the others', so that a flood from outside keeps nobody inside waiting."""

# No query (it may hold a code or a ticket), no header, and the route's pattern in place of the path.
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
    found = [
        ec2.InterfaceVpcEndpoint.from_interface_vpc_endpoint_attributes(
            scope, f"Endpoint{number}", vpc_endpoint_id=endpoint, port=443
        )
        for number, endpoint in enumerate(endpoints)
    ]
    return apigateway.EndpointConfiguration(types=[apigateway.EndpointType.PRIVATE], vpc_endpoints=found)


class GateApi(Construct):
    """The API without its routes: these need the function, which in turn needs the API's address."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        networks: list[str],
        private_endpoints: list[str],
        iam_accounts: list[str],
        limits: LimitSettings,
        own_domain: bool,
        slack: bool,
    ) -> None:
        super().__init__(scope, construct_id)
        access_log = log_group(self, "AccessLog", days=limits.log_days)
        self.api = apigateway.RestApi(
            self,
            "Api",
            rest_api_name=cdk.Stack.of(self).stack_name,
            description="Notebook Gate",
            endpoint_configuration=_private(self, private_endpoints) if private_endpoints else _REGIONAL,
            # Two addresses would be two sets of cookies, and one that nobody watches.
            disable_execute_api_endpoint=own_domain,
            policy=resource_policy(
                networks=networks,
                endpoints=private_endpoints,
                accounts=[cdk.Aws.ACCOUNT_ID, *iam_accounts],
                slack=slack,
            ),
            cloud_watch_role=True,
            deploy_options=apigateway.StageOptions(
                stage_name=STAGE,
                throttling_rate_limit=limits.rate,
                throttling_burst_limit=limits.burst,
                access_log_destination=apigateway.LogGroupLogDestination(access_log),
                access_log_format=apigateway.AccessLogFormat.custom(cdk.Stack.of(self).to_json_string(_ACCESS_LOG)),
                # Execution logs would hold cookies and codes.
                logging_level=apigateway.MethodLoggingLevel.OFF,
                data_trace_enabled=False,
                metrics_enabled=True,
                method_options={
                    f"{path}/{method}": apigateway.MethodDeploymentOptions(
                        throttling_rate_limit=SLACK_RATE,
                        throttling_burst_limit=SLACK_BURST,
                        # A method's own settings replace the stage's, all of them.
                        logging_level=apigateway.MethodLoggingLevel.OFF,
                        metrics_enabled=True,
                    )
                    for method, path in (SLACK_ROUTES if slack else ())
                },
            ),
        )
        # CDK's own output names the stage's address, which is switched off where there is a domain.
        self.api.node.try_remove_child("Endpoint")
        self._slack = slack
        add_gateway_responses(self.api, own_domain=own_domain)
        acknowledge(
            self.api,
            "APIG2",
            "The function checks every request itself, and answers in words that say what to do next.",
        )
        acknowledge(
            self.api.deployment_stage,
            "APIG3",
            "The resource policy turns strangers away before anything else; a web application firewall would be a "
            "second, paid one of the same kind.",
        )
        acknowledge(
            self.api.deployment_stage,
            "APIG6",
            "Execution logs would hold cookies and codes. The access log has one line for each request.",
        )
        acknowledge(
            self.api.node.find_child("CloudWatchRole"),
            "IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs]",
            "API Gateway's own policy for writing logs; the role is the account's, not the gate's.",
        )

    def add_routes(self, function: lambda_.IFunction) -> None:
        """Send every route to `function`; anything else is refused by API Gateway itself."""
        integration = apigateway.LambdaIntegration(function, proxy=True, allow_test_invoke=False)
        root = self.api.root
        for method, path in OPEN_ROUTES:
            opened = root.resource_for_path(path).add_method(method, integration)
            acknowledge(opened, "APIG4", "Who calls is found out by the function: session cookie or ID token.")
            acknowledge(opened, "COG4", "Who calls is found out by the function: session cookie or ID token.")
        for method, path in SLACK_ROUTES if self._slack else ():
            called = root.resource_for_path(path).add_method(method, integration)
            acknowledge(called, "APIG4", "Slack signs its requests; the function checks it before it reads anything.")
            acknowledge(called, "COG4", "Slack signs its requests; the function checks it before it reads anything.")
        for method, path in IAM_ROUTES:
            signed = root.resource_for_path(path).add_method(
                method, integration, authorization_type=apigateway.AuthorizationType.IAM
            )
            acknowledge(signed, "COG4", "Callers of this route are AWS principals; API Gateway checks their signature.")

    @property
    def stage_url(self) -> str:
        """The API's own address, from its id alone: the function's environment must not depend on the stage."""
        stack = cdk.Stack.of(self)
        return f"https://{self.api.rest_api_id}.execute-api.{stack.region}.{stack.url_suffix}/{STAGE}"
