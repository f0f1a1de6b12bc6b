"""The template, fact by fact: what a reviewer would look for before letting it into an account."""

import json
from typing import Any

import pytest

from gate.config import Config
from gate.routes import ROUTES as ENDPOINTS
from gate.routes import endpoint_of
from gate.web.cookies import CookieFactory
from gate.web.request import Request
from local.resolved_template import ResolvedTemplate
from local.template import ACCOUNT, EGRESS, REGION, Resolver, Template
from tests.infra.conftest import ENDPOINT, GIVEN, NETWORK

NOTEBOOKS = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:notebook-instance/*"
OPEN = "sagemaker:CreatePresignedNotebookInstanceUrl"
ROUTES = {
    ("GET", "/"),
    ("GET", "/open"),
    ("GET", "/open/{notebook}"),
    ("GET", "/notebooks/{notebook}"),
    ("POST", "/notebooks/{notebook}/start"),
    ("POST", "/notebooks/{notebook}/stop"),
    ("GET", "/iam/open/{notebook}"),
    ("GET", "/login"),
    ("GET", "/login/callback"),
    ("POST", "/logout"),
    ("GET", "/help"),
    ("GET", "/health"),
}
SLACK = ("POST", "/slack")
"""There only where Slack is in the settings."""


@pytest.fixture(scope="module")
def resolved(template: Template) -> ResolvedTemplate:
    return ResolvedTemplate(template)


def _of_type(template: Template, kind: str) -> list[dict[str, Any]]:
    return [each for each in template["Resources"].values() if each["Type"] == kind]


def _one(template: Template, kind: str) -> dict[str, Any]:
    (resource,) = _of_type(template, kind)
    properties: dict[str, Any] = resource["Properties"]
    return properties


def test_the_launch_roles_policy(resolved: ResolvedTemplate, own_resolved: ResolvedTemplate) -> None:
    def policy(addresses: list[str], endpoints: list[str], regions: tuple[str, ...] = ()) -> dict[str, Any]:
        condition: dict[str, Any] = {"NotIpAddress": {"aws:SourceIp": addresses}}
        if endpoints:
            condition["StringNotEquals"] = {"aws:SourceVpce": endpoints}
        everywhere = (
            [NOTEBOOKS, *(NOTEBOOKS.replace("eu-west-1", region) for region in regions)] if regions else NOTEBOOKS
        )
        manage = [f"sagemaker:{what}NotebookInstance" for what in ("Describe", "Start", "Stop")]
        return {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Action": [OPEN, *manage], "Resource": everywhere},
                {"Effect": "Deny", "Action": OPEN, "Resource": "*", "Condition": condition},
            ],
        }

    assert list(resolved.launch_role.policies) == [policy([NETWORK, f"{EGRESS}/32"], [])]
    own = [NETWORK, "2001:db8::/32", "192.0.2.10/32", "192.0.2.11/32"]
    assert list(own_resolved.launch_role.policies) == [policy(own, [ENDPOINT], ("eu-central-1", "us-east-1"))]


def test_only_the_functions_role_may_assume_the_launch_role(resolved: ResolvedTemplate) -> None:
    function = {"AWS": resolved.function_role.arn}
    assert resolved.launch_role.trust["Statement"] == [
        {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": function},
        {"Effect": "Allow", "Action": "sts:SetSourceIdentity", "Principal": function},
    ]


def _under(*keys: str) -> dict[str, Any]:
    """The condition by which items can be written under these keys alone."""
    return {
        "ForAllValues:StringLike": {"dynamodb:LeadingKeys": list(keys)},
        "Null": {"dynamodb:LeadingKeys": "false"},
    }


def test_the_function_may_do_this_and_nothing_else(resolved: ResolvedTemplate, own_resolved: ResolvedTemplate) -> None:
    def may(which: ResolvedTemplate) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for policy in which.function_role.policies:
            for statement in policy["Statement"]:
                assert statement["Effect"] == "Allow"
                actions = statement["Action"]
                for action in [actions] if isinstance(actions, str) else actions:
                    found.setdefault(action, []).append((statement["Resource"], statement.get("Condition")))
        return found

    environment = resolved.environment
    networking = {action: what for action, what in may(resolved).items() if action.startswith("ec2:")}
    others = {action: what for action, what in may(resolved).items() if not action.startswith("ec2:")}
    # For the Lambda service alone: a call from the function's code carries the key.
    assert all(what == [("*", {"Null": {"lambda:SourceFunctionArn": "true"}})] for what in networking.values())
    table = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{environment['GATE_TABLE']}"
    logs = others.pop("logs:PutLogEvents")
    assert others.pop("logs:CreateLogStream") == logs
    assert [":log-group:FunctionLogs" in resource for resource, _ in logs] == [True]
    assert others == {
        "sts:AssumeRole": [(environment["GATE_LAUNCH_ROLE_ARN"], None)],
        "sts:SetSourceIdentity": [(environment["GATE_LAUNCH_ROLE_ARN"], None)],
        "dynamodb:PartiQLSelect": [(table, {"Bool": {"dynamodb:FullTableScan": "false"}})],
        "dynamodb:BatchGetItem": [(table, None)],
        # The last: of people who sign out everywhere. Everybody's cutoff, `cutoff:*`, is none of these.
        "dynamodb:PutItem": [(table, _under("queue:*")), (table, _under("cutoff:user:*"))],
        "dynamodb:UpdateItem": [(table, _under("queue:*")), (table, _under("report:*"))],
        "secretsmanager:GetSecretValue": [(environment["GATE_SESSION_SECRET_ARN"], None)],
    }
    own, more = own_resolved.environment, may(own_resolved)
    assert more["secretsmanager:GetSecretValue"] == [
        (own["GATE_SESSION_SECRET_ARN"], None),
        (GIVEN["client_secret_arn"], None),
        (own["GATE_SLACK_SECRET_ARN"], None),
    ]
    # With Slack, more: to remember what happened once, under a key that is no principal, and to invoke itself.
    assert more.keys() - may(resolved).keys() == {"lambda:InvokeFunction"}
    own_table = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{own['GATE_TABLE']}"
    assert more["dynamodb:PutItem"] == [
        (own_table, _under("queue:*", "replay:*")),
        (own_table, _under("cutoff:user:*")),
    ]
    assert more["lambda:InvokeFunction"] == [(own_resolved.function_arn, None)]


def test_slacks_secret_is_unknown_to_all_until_it_is_stored(own_template: Template) -> None:
    (secret,) = [each for each in _of_type(own_template, "AWS::SecretsManager::Secret") if "Slack" in json.dumps(each)]
    generated = secret["Properties"]["GenerateSecretString"]
    assert (generated["GenerateStringKey"], generated["PasswordLength"]) == ("signing_secret", 64)
    assert json.loads(generated["SecretStringTemplate"]) == {"bot_token": ""}


def test_what_slack_waits_for_no_longer_is_tried_once_more_and_not_for_long(own_template: Template) -> None:
    later = _one(own_template, "AWS::Lambda::EventInvokeConfig")
    assert (later["MaximumRetryAttempts"], later["MaximumEventAgeInSeconds"]) == (1, 300)


def test_a_flood_at_slacks_door_keeps_nobody_else_waiting(own_template: Template, template: Template) -> None:
    of_all, of_slack = _one(own_template, "AWS::ApiGateway::Stage")["MethodSettings"]
    assert (of_slack["ResourcePath"], of_slack["HttpMethod"]) == ("/~1slack", "POST")
    assert of_slack["ThrottlingRateLimit"] < of_all["ThrottlingRateLimit"]
    # A method's own settings replace the stage's, so these must say again what may not be logged.
    assert (of_slack["LoggingLevel"], of_slack["DataTraceEnabled"]) == ("OFF", False)
    assert len(_one(template, "AWS::ApiGateway::Stage")["MethodSettings"]) == 1


def test_the_functions_environment_is_what_its_code_reads(
    resolved: ResolvedTemplate, own_resolved: ResolvedTemplate
) -> None:
    config = Config.from_environ({**resolved.environment, "AWS_REGION": REGION})
    assert config.base_url == "https://localgate1.execute-api.eu-west-1.amazonaws.com/prod"
    assert config.egress == (f"{EGRESS}/32",)
    assert (config.pin, config.max_session, config.groups_claim) == ("caller", 43_200, "cognito:groups")
    own = Config.from_environ({**own_resolved.environment, "AWS_REGION": REGION})
    assert own.base_url == "https://notebooks.example.com"
    assert own.egress == ("192.0.2.10/32", "192.0.2.11/32")
    assert (own.issuer, own.client_id) == ("https://login.example.com", "gate")
    assert CookieFactory(own.base_path, own.secure)
    # Either would print whole events, cookies and all, and answer with tracebacks.
    for name in resolved.environment:
        assert "DEBUG" not in name
        assert name not in {"POWERTOOLS_DEV", "POWERTOOLS_LOGGER_LOG_EVENT"}
    assert resolved.environment["POWERTOOLS_LOG_LEVEL"] == "INFO"


def test_every_route_of_the_api_is_one_of_the_functions(
    resolved: ResolvedTemplate, own_resolved: ResolvedTemplate
) -> None:
    assert {(route.method, route.path) for route in resolved.routes} == ROUTES
    assert {(route.method, route.path) for route in own_resolved.routes} == ROUTES | {SLACK}
    assert {route.path for route in resolved.routes if route.signed} == {"/iam/open/{notebook}"}
    assert set(ENDPOINTS) == ROUTES | {SLACK}


@pytest.mark.parametrize(("method", "route"), ENDPOINTS)
def test_every_route_leads_to_an_endpoint(method: str, route: str) -> None:
    event = {"httpMethod": method, "resource": route, "requestContext": {}}
    assert callable(endpoint_of(Request.from_event(event, "")))


def test_the_api_counts_throttles_and_logs_no_secret(template: Template) -> None:
    stage = _one(template, "AWS::ApiGateway::Stage")
    (settings,) = stage["MethodSettings"]
    assert (settings["ThrottlingRateLimit"], settings["ThrottlingBurstLimit"]) == (200, 400)
    assert (settings["LoggingLevel"], settings["DataTraceEnabled"]) == ("OFF", False)
    logged = set(json.loads(stage["AccessLogSetting"]["Format"]).values())
    assert "$context.requestId" in logged
    assert "$context.identity.sourceIp" in logged
    # The path may hold a ticket, the query a code, and a header a token.
    assert not {value for value in logged if "path" in value.lower() and value != "$context.resourcePath"}
    assert not {value for value in logged if "header" in value or "query" in value or "authorizer" in value}
    assert _one(template, "AWS::ApiGateway::RestApi")["EndpointConfiguration"]["Types"] == ["REGIONAL"]


def test_people_outside_are_told_what_to_do(resolved: ResolvedTemplate) -> None:
    responses = resolved.gateway_responses
    outside = responses["ACCESS_DENIED"]
    assert outside.status == 403
    assert "Join the VPN" in outside.templates["text/html"]
    assert json.loads(outside.templates["application/json"])["error"] == "outside_networks"
    assert {"DEFAULT_4XX", "DEFAULT_5XX", "THROTTLED", "MISSING_AUTHENTICATION_TOKEN"} <= responses.keys()
    for response in responses.values():
        assert response.headers["Cache-Control"] == "no-store"
        assert "frame-ancestors 'none'" in response.headers["Content-Security-Policy"]
        for body in response.templates.values():
            assert "$context.requestId" in body
            # API Gateway's own sentences name the account, the API and the policy.
            assert "$context.error" not in body


def test_each_refusal_of_api_gateway_has_its_code(resolved: ResolvedTemplate) -> None:
    told = {
        kind: (response.status, json.loads(response.templates["application/json"])["error"])
        for kind, response in resolved.gateway_responses.items()
    }
    assert told == {
        "ACCESS_DENIED": (403, "outside_networks"),
        "MISSING_AUTHENTICATION_TOKEN": (404, "not_found"),
        "INVALID_SIGNATURE": (403, "invalid_signature"),
        "EXPIRED_TOKEN": (403, "invalid_signature"),
        "REQUEST_TOO_LARGE": (413, "too_large"),
        "THROTTLED": (429, "busy"),
        "INTEGRATION_TIMEOUT": (504, "too_slow"),
        "DEFAULT_4XX": (None, "bad_request"),
        "DEFAULT_5XX": (None, "internal"),
    }


def test_the_function_is_small_private_and_watched(template: Template) -> None:
    function = next(
        each["Properties"] for each in _of_type(template, "AWS::Lambda::Function") if "VpcConfig" in each["Properties"]
    )
    assert (function["Runtime"], function["Architectures"]) == ("python3.13", ["arm64"])
    assert function["Timeout"] < 29  # API Gateway's own patience
    private = {
        name
        for name, each in template["Resources"].items()
        if each["Type"] == "AWS::EC2::Subnet" and not each["Properties"]["MapPublicIpOnLaunch"] and "private" in name
    }
    assert {subnet["Ref"] for subnet in function["VpcConfig"]["SubnetIds"]} == private
    (group,) = _of_type(template, "AWS::EC2::SecurityGroup")
    assert [(rule["FromPort"], rule["ToPort"]) for rule in group["Properties"]["SecurityGroupEgress"]] == [(443, 443)]
    assert "SecurityGroupIngress" not in group["Properties"]
    assert len(_of_type(template, "AWS::EC2::NatGateway")) == len(_of_type(template, "AWS::EC2::EIP")) == 1


def test_grants_can_be_restored_and_end_by_themselves(template: Template) -> None:
    (resource,) = _of_type(template, "AWS::DynamoDB::Table")
    table = resource["Properties"]
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert table["TimeToLiveSpecification"] == {"AttributeName": "until", "Enabled": True}
    assert [key["AttributeName"] for key in table["KeySchema"]] == ["principal", "notebook"]
    assert resource["DeletionPolicy"] == "Retain"


def test_the_key_that_signs_cookies_is_made_at_deployment(template: Template) -> None:
    secret = _one(template, "AWS::SecretsManager::Secret")
    assert secret["GenerateSecretString"]["PasswordLength"] == 64
    assert "SecretString" not in secret


def test_logs_are_kept_as_long_as_the_settings_say(template: Template) -> None:
    groups = _of_type(template, "AWS::Logs::LogGroup")
    assert len(groups) == 3
    assert {each["Properties"]["RetentionInDays"] for each in groups} == {365}


def test_the_outputs_are_what_the_readme_names(template: Template, own_template: Template) -> None:
    outputs = {"BaseUrl", "ExampleBookmark", "GrantsTable", "LaunchRoleArn", "FunctionName"}
    assert template["Outputs"].keys() == outputs | {"UserPool"}
    assert own_template["Outputs"].keys() == outputs | {"SlackSecret", "FunctionRoleArn", "Egress"}


def test_nobody_can_sign_up_and_everybody_has_a_second_factor(template: Template, resolved: ResolvedTemplate) -> None:
    pool = _one(template, "AWS::Cognito::UserPool")
    assert pool["AdminCreateUserConfig"] == {"AllowAdminCreateUserOnly": True}
    assert (pool["MfaConfiguration"], pool["EnabledMfas"]) == ("ON", ["SOFTWARE_TOKEN_MFA"])
    client = _one(template, "AWS::Cognito::UserPoolClient")
    assert client["GenerateSecret"] is False
    assert client["AllowedOAuthFlows"] == ["code"]
    assert "aws.cognito.signin.user.admin" not in client["AllowedOAuthScopes"]
    assert len(client["CallbackURLs"]) == 1
    base_url = resolved.environment["GATE_BASE_URL"]
    assert Resolver(template).resolve(client["CallbackURLs"]) == [f"{base_url}/login/callback"]


def test_what_somebody_brings_along_is_not_made_again(own_template: Template) -> None:
    for kind in ("AWS::EC2::VPC", "AWS::EC2::EIP", "AWS::EC2::NatGateway", "AWS::Cognito::UserPool"):
        assert _of_type(own_template, kind) == []
    function = next(each["Properties"] for each in _of_type(own_template, "AWS::Lambda::Function"))
    assert function["VpcConfig"]["SubnetIds"] == ["subnet-01234567", "subnet-89abcdef"]
    assert _one(own_template, "AWS::ApiGateway::RestApi")["DisableExecuteApiEndpoint"] is True
    name = _one(own_template, "AWS::ApiGateway::DomainName")
    assert (name["DomainName"], name["SecurityPolicy"]) == ("notebooks.example.com", "TLS_1_2")
    assert _one(own_template, "AWS::Route53::RecordSet")["HostedZoneId"] == "Z0123"
    assert own_template["Outputs"]["ExampleBookmark"]["Value"] == "https://notebooks.example.com/open"
