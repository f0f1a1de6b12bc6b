"""The API in the template: its routes, limits, access log and error responses."""

import json

import pytest

from gate.routes import ROUTES as FUNCTION_ROUTES
from gate.routes import route_of
from gate.web.request import Request
from gate.web.responses import STRICT_TRANSPORT_SECURITY
from infra.settings import Settings
from local.resolved_template import ResolvedTemplate
from local.template import Template, synthesise
from tests.infra.examples import FULL, only, properties

ROUTES = {
    ("GET", "/"),
    ("GET", "/open"),
    ("GET", "/open/{notebook}"),
    ("GET", "/notebooks/{notebook}"),
    ("POST", "/notebooks/{notebook}/start"),
    ("GET", "/notebooks/{notebook}/stop"),
    ("POST", "/notebooks/{notebook}/stop"),
    ("GET", "/iam/open/{notebook}"),
    ("GET", "/login"),
    ("GET", "/login/callback"),
    ("POST", "/logout"),
    ("GET", "/help"),
    ("GET", "/health"),
}
SLACK = ("POST", "/slack")
"""Exists only with Slack in the settings."""
SIGN_IN = {("GET", "/login"), ("GET", "/login/callback")}
REQUESTS = {
    ("GET", "/requests/access"),
    *((method, path) for path in ("/requests", "/requests/{request}") for method in ("GET", "POST")),
}
"""Exist only with approvers in the settings."""


def test_every_route_of_the_api_is_one_of_the_functions(
    resolved: ResolvedTemplate, full_resolved: ResolvedTemplate
) -> None:
    assert {(route.method, route.path) for route in resolved.routes} == ROUTES
    assert {(route.method, route.path) for route in full_resolved.routes} == ROUTES | {SLACK} | REQUESTS
    assert {route.path for route in resolved.routes if route.signed} == {"/iam/open/{notebook}"}
    assert set(FUNCTION_ROUTES) == ROUTES | {SLACK} | REQUESTS
    requests_function = full_resolved.requests_function
    assert requests_function is not None
    of_requests = {
        (each.method, each.path) for each in full_resolved.routes if each.function_arn == requests_function.arn
    }
    assert of_requests == REQUESTS | SIGN_IN


@pytest.mark.parametrize(("method", "resource"), FUNCTION_ROUTES)
def test_every_route_leads_to_an_endpoint(method: str, resource: str) -> None:
    event = {"httpMethod": method, "resource": resource, "requestContext": {}}
    assert callable(route_of(Request.from_event(event, "")).load())


def test_the_api_has_its_limits_and_logs_no_secret(template: Template) -> None:
    stage = only(template, "AWS::ApiGateway::Stage")
    (settings,) = stage["MethodSettings"]
    assert (settings["ThrottlingRateLimit"], settings["ThrottlingBurstLimit"]) == (200, 400)
    assert (settings["LoggingLevel"], settings["DataTraceEnabled"]) == ("OFF", False)
    logged = set(json.loads(stage["AccessLogSetting"]["Format"]).values())
    assert "$context.requestId" in logged
    assert "$context.identity.sourceIp" in logged
    # The path may contain a ticket, the query a code, and a header a token.
    assert not {value for value in logged if "path" in value.lower() and value != "$context.resourcePath"}
    assert not {value for value in logged if "header" in value or "query" in value or "authorizer" in value}
    assert only(template, "AWS::ApiGateway::RestApi")["EndpointConfiguration"]["Types"] == ["REGIONAL"]


def test_a_flood_at_slacks_route_does_not_delay_the_others(full_template: Template, template: Template) -> None:
    of_all, of_slack = only(full_template, "AWS::ApiGateway::Stage")["MethodSettings"]
    assert (of_slack["ResourcePath"], of_slack["HttpMethod"]) == ("/~1slack", "POST")
    assert of_slack["ThrottlingRateLimit"] < of_all["ThrottlingRateLimit"]
    # The settings of a method replace all settings of the stage, those of the logs included.
    assert (of_slack["LoggingLevel"], of_slack["DataTraceEnabled"]) == ("OFF", False)
    assert len(only(template, "AWS::ApiGateway::Stage")["MethodSettings"]) == 1


def test_callers_outside_the_networks_learn_what_to_do(resolved: ResolvedTemplate) -> None:
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
            # API Gateway's own messages name the account, the API and the policy.
            assert "$context.error" not in body


def test_each_error_of_api_gateway_has_a_reason_code(resolved: ResolvedTemplate) -> None:
    found = {
        kind: (response.status, json.loads(response.templates["application/json"])["error"])
        for kind, response in resolved.gateway_responses.items()
    }
    assert found == {
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


def test_gateway_responses_require_https_on_a_custom_domain(
    full_resolved: ResolvedTemplate, resolved: ResolvedTemplate
) -> None:
    custom = full_resolved.gateway_responses.values()
    assert len(custom) > 8
    assert {each.headers.get("Strict-Transport-Security") for each in custom} == {STRICT_TRANSPORT_SECURITY}
    default = resolved.gateway_responses.values()
    assert {each.headers.get("Strict-Transport-Security") for each in default} == {None}


@pytest.mark.parametrize(("keep", "disabled"), [(False, True), (True, False)])
def test_the_address_of_api_gateway_stays_beside_a_domain_if_the_settings_say_so(keep: bool, disabled: bool) -> None:
    settings = {**FULL, "domain": {**FULL["domain"], "keep_default": keep}}
    template = synthesise(Settings.parse(settings))
    assert only(template, "AWS::ApiGateway::RestApi")["DisableExecuteApiEndpoint"] is disabled
    assert template["Outputs"]["BaseUrl"]["Value"] == "https://notebooks.example.com"
    (name,) = properties(template, "AWS::ApiGateway::DomainName")
    assert template["Outputs"]["DomainTarget"]["Value"] == {"Fn::GetAtt": [name, "RegionalDomainName"]}


def test_nothing_is_measured_that_nothing_reads(full_template: Template) -> None:
    """Metrics of single methods cost as much as all others together."""
    assert all("MetricsEnabled" not in each for each in only(full_template, "AWS::ApiGateway::Stage")["MethodSettings"])


def test_tracing_is_off_unless_the_settings_say_so(full_template: Template) -> None:
    traced = synthesise(Settings.parse({**FULL, "stack": {"tracing": True}}))
    for template, active in ((traced, True), (full_template, False)):
        assert only(template, "AWS::ApiGateway::Stage").get("TracingEnabled", False) is active
        for function in properties(template, "AWS::Lambda::Function").values():
            assert (function.get("TracingConfig", {}).get("Mode") == "Active") is active
