"""`gate doctor` finds VPC endpoints that the settings do not name, and a role for logs that is another's."""

from typing import Any

import pytest

from cli.deployed import Deployed
from cli.doctor.check import Outcome
from cli.doctor.endpoint_checks import check_notebook_endpoints, check_private_api, check_sagemaker_endpoint
from cli.doctor.stack_checks import check_logging_role
from cli.notebooks.granted import GrantedNotebook
from gate.values.notebook import Notebook
from infra.settings import Settings
from local.aws.calls import Call
from local.deployment import LocalDeployment
from tests.cli.conftest import Gate
from tests.cli.doctor_checks import change_response, checks_by_name
from tests.cli.operator_access import operator_access
from tests.infra.examples import EXISTING_VPC, MINIMAL, SIGN_IN_ISSUER

SAGEMAKER, PRIVATE, OTHER = "vpce-0123456789abcdef0", "vpce-0aaaaaaaaaaaaaaa0", "vpce-0bbbbbbbbbbbbbbb0"
CIDRS = ["10.0.1.0/24"]


def _endpoint(name: str, service: str, *, private_dns: bool = True, state: str = "available") -> dict[str, Any]:
    service_name = service if service.startswith("aws.") else f"com.amazonaws.eu-west-1.{service}"
    return {"VpcEndpointId": name, "ServiceName": service_name, "PrivateDnsEnabled": private_dns, "State": state}


@pytest.fixture
def endpoints(deployment: LocalDeployment, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The endpoints of the account. DescribeVpcEndpoints applies the filters for a service and for ids."""
    account: list[dict[str, Any]] = []

    def answer(call: Call, _answer: Any) -> Any:
        wanted = {value for each in call.parameters["Filters"] for value in each["Values"]}
        found = [each for each in account if {each["ServiceName"], each["VpcEndpointId"]} & wanted]
        return {"VpcEndpoints": found}

    monkeypatch.setitem(deployment.aws.changes, "DescribeVpcEndpoints", answer)
    return account


def _deployed(
    deployment: LocalDeployment, monkeypatch: pytest.MonkeyPatch, *, settings: dict[str, Any], **environment: str
) -> Deployed:
    deployed = Deployed.find(operator_access(deployment), "local")
    values = {"Environment": {"Variables": {**deployment.template.environment, **environment}}}
    monkeypatch.setitem(vars(deployed), "function", {**deployed.function, **values})
    monkeypatch.setitem(vars(deployed), "settings", Settings.parse({**MINIMAL, **settings}))
    return deployed


def _first(outcomes: Any) -> Outcome:
    (outcome,) = outcomes
    assert isinstance(outcome, Outcome)
    return outcome


def test_an_endpoint_of_sagemaker_that_the_launch_role_denies(gate: Gate, endpoints: list[dict[str, Any]]) -> None:
    assert checks_by_name(gate)["SageMaker endpoint"]["level"] == "ok"
    endpoints += [
        _endpoint(SAGEMAKER, "sagemaker.api"),
        _endpoint(OTHER, "sagemaker.api", private_dns=False),
        _endpoint(PRIVATE, "sagemaker.api", state="deleted"),
    ]
    check = checks_by_name(gate)["SageMaker endpoint"]
    assert check["level"] == "error"
    assert check["text"] == f"the function's calls to SageMaker go through {SAGEMAKER}, which the launch role denies"
    assert "Add it to vpc_endpoints, and the CIDRs of vpc.subnet_ids to vpc.subnet_cidrs" in check["fix"]


@pytest.mark.parametrize(
    ("environment", "level", "text"),
    [
        ({"GATE_VPC_ENDPOINTS": SAGEMAKER}, "error", "session policies deny"),
        ({"GATE_VPC_ENDPOINTS": SAGEMAKER, "GATE_PIN": "networks"}, "ok", "as the settings say"),
        ({"GATE_VPC_ENDPOINTS": SAGEMAKER, "GATE_SUBNET_CIDRS": "10.0.1.0/24"}, "ok", "as the settings say"),
    ],
)
def test_an_endpoint_that_the_settings_list(
    deployment: LocalDeployment,
    endpoints: list[dict[str, Any]],
    monkeypatch: pytest.MonkeyPatch,
    environment: dict[str, str],
    level: str,
    text: str,
) -> None:
    endpoints.append(_endpoint(SAGEMAKER, "sagemaker.api"))
    outcome = _first(check_sagemaker_endpoint(_deployed(deployment, monkeypatch, settings={}, **environment)))
    assert (outcome.level, text in outcome.text) == (level, True)


@pytest.mark.parametrize(("no_proxy", "level"), [([], "ok"), ([".sagemaker.eu-west-1.amazonaws.com"], "error")])
def test_calls_through_a_proxy_do_not_reach_the_endpoint(
    deployment: LocalDeployment,
    endpoints: list[dict[str, Any]],
    monkeypatch: pytest.MonkeyPatch,
    no_proxy: list[str],
    level: str,
) -> None:
    endpoints.append(_endpoint(SAGEMAKER, "sagemaker.api"))
    vpc = {**EXISTING_VPC, "proxy": "http://proxy.example.com:3128", "no_proxy": no_proxy}
    deployed = _deployed(deployment, monkeypatch, settings={"vpc": vpc})
    assert _first(check_sagemaker_endpoint(deployed)).level == level


def test_without_egress_there_must_be_an_endpoint_and_no_other_region(
    deployment: LocalDeployment, endpoints: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    remote = {"GATE_REMOTE_LOCATIONS": "210987654321/eu-west-1,210987654321/eu-central-1"}
    remote |= {"GATE_REMOTE_ROLE": "gate-launch", "GATE_EXTERNAL_ID": "x-42"}
    deployed = _deployed(deployment, monkeypatch, settings={}, GATE_EGRESS="", **remote)
    assert [(each.level, each.text) for each in check_sagemaker_endpoint(deployed)] == [
        ("warning", "the function's VPC has no VPC endpoint with private DNS for the SageMaker API"),
        ("error", "the function can't reach SageMaker in eu-central-1: endpoints serve their own region alone"),
    ]
    assert not endpoints


@pytest.mark.parametrize(
    ("host", "endpoint", "level", "text"),
    [
        ("api", _endpoint(PRIVATE, "execute-api"), "ok", "can resolve"),
        ("api", _endpoint(PRIVATE, "execute-api", private_dns=False), "error", "the endpoint has no private DNS"),
        ("endpoint", _endpoint(PRIVATE, "execute-api", private_dns=False), "ok", "can resolve"),
        (
            "api",
            _endpoint(PRIVATE, "sagemaker.api"),
            "error",
            "is an endpoint of com.amazonaws.eu-west-1.sagemaker.api",
        ),
        ("api", None, "warning", "is not in this account"),
    ],
)
def test_the_endpoints_of_a_private_api(
    deployment: LocalDeployment,
    endpoints: list[dict[str, Any]],
    monkeypatch: pytest.MonkeyPatch,
    host: str,
    endpoint: dict[str, Any] | None,
    level: str,
    text: str,
) -> None:
    endpoints += [endpoint] if endpoint else []
    settings = {"private_endpoints": [PRIVATE], "private_host": host, "vpc_endpoints": [SAGEMAKER]}
    deployed = _deployed(deployment, monkeypatch, settings={**settings, "identity": SIGN_IN_ISSUER})
    outcome = _first(check_private_api(deployed))
    assert (outcome.level, text in outcome.text) == (level, True)
    assert ('private_host = "endpoint"' in outcome.fix) == ("no private DNS" in text)


def test_a_public_api_has_no_endpoints_to_check(gate: Gate) -> None:
    assert not {"API endpoints", "notebook endpoints"} & checks_by_name(gate).keys()


NOTEBOOK, STUDIO = (f"aws.sagemaker.eu-west-1.{each}" for each in ("notebook", "studio"))
INSTANCE, SPACE = "alice-notebook", "studio:d-abc/alice/churn"
NO_STUDIO = f"nobody can use Studio through vpc_endpoints: none of them is an endpoint of {STUDIO}"


@pytest.mark.parametrize(
    ("domains", "granted", "services", "expected"),
    [
        ([], [INSTANCE], {OTHER: NOTEBOOK}, [("ok", f"people in VPCs can use notebook instances through {OTHER}")]),
        (
            [],
            [INSTANCE],
            {OTHER: STUDIO},
            [("warning", "nobody can use notebook instances through vpc_endpoints: none")],
        ),
        ([], [], {OTHER: NOTEBOOK}, []),
        (["d-abc"], [SPACE], {OTHER: STUDIO}, [("ok", f"people in VPCs can use Studio through {OTHER}")]),
        (["d-abc"], [], {OTHER: "sagemaker.api"}, [("warning", NO_STUDIO)]),
        (
            ["d-abc"],
            [INSTANCE, SPACE],
            {OTHER: NOTEBOOK},
            [("ok", "people in VPCs can use notebook instances"), ("warning", NO_STUDIO)],
        ),
        (["210987654321/eu-central-1/d-abc"], [], {OTHER: NOTEBOOK}, []),
        (["d-abc"], [], {}, [("warning", f"{OTHER} is not in this account, or is not available")]),
        (
            ["d-abc"],
            [],
            {OTHER: "s3"},
            [("error", f"{OTHER} is an endpoint of com.amazonaws.eu-west-1.s3, through which"), ("warning", NO_STUDIO)],
        ),
    ],
)
def test_the_endpoints_of_each_kind_of_notebook(
    deployment: LocalDeployment,
    endpoints: list[dict[str, Any]],
    monkeypatch: pytest.MonkeyPatch,
    domains: list[str],
    granted: list[str],
    services: dict[str, str],
    expected: list[tuple[str, str]],
) -> None:
    endpoints += [_endpoint(name, service) for name, service in services.items()]
    remote = {"locations": ["210987654321/eu-central-1"], "external_id": "x-42"}
    settings = {"vpc_endpoints": [OTHER], "pin": "networks", "studio": {"domains": domains}, "remote": remote}
    deployed = _deployed(deployment, monkeypatch, settings=settings)
    outcomes = list(check_notebook_endpoints(deployed, [GrantedNotebook(Notebook.parse(name)) for name in granted]))
    assert len(outcomes) == len(expected), outcomes
    for outcome, (level, text) in zip(outcomes, expected, strict=True):
        assert (outcome.level, outcome.text.startswith(text)) == (level, True), outcome


def test_without_networks_people_need_an_endpoint(
    deployment: LocalDeployment, endpoints: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoints += [_endpoint(OTHER, NOTEBOOK)]
    private = {"networks": [], "private_endpoints": [PRIVATE], "vpc_endpoints": [OTHER], "identity": SIGN_IN_ISSUER}
    deployed = _deployed(deployment, monkeypatch, settings={**private, "studio": {"domains": ["d-abc"]}})
    outcome = _first(check_notebook_endpoints(deployed, []))
    assert (outcome.level, outcome.text) == ("error", NO_STUDIO)
    assert outcome.fix == "If people use Studio from VPCs, add such an endpoint to vpc_endpoints, and deploy."


def test_a_role_for_logs_that_is_not_the_stacks(
    gate: Gate, deployment: LocalDeployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert checks_by_name(gate)["API logs"]["level"] == "ok"
    central = "arn:aws:iam::123456789012:role/central-logging"
    change_response(deployment, monkeypatch, "GetAccount", cloudwatchRoleArn=central)
    check = checks_by_name(gate)["API logs"]
    assert check["level"] == "warning"
    assert check["text"] == f"API Gateway writes its logs with {central}, which is not the role of this stack"
    assert "write stack.api_logging_role = false" in check["fix"]


@pytest.mark.parametrize(("role", "level"), [("arn:aws:iam::123456789012:role/central-logging", "ok"), ("", "error")])
def test_a_role_for_logs_that_the_organisation_manages(
    deployment: LocalDeployment, monkeypatch: pytest.MonkeyPatch, role: str, level: str
) -> None:
    change_response(deployment, monkeypatch, "GetAccount", cloudwatchRoleArn=role)
    deployed = _deployed(deployment, monkeypatch, settings={"stack": {"api_logging_role": False}})
    assert _first(check_logging_role(deployed)).level == level
