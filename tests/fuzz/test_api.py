"""Requests generated from docs/openapi.yaml, over real sockets: every response conforms to the description."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
import schemathesis
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from gate.routes import ROUTES
from local.deployment import LocalDeployment
from local.options import LocalOptions
from local.sample import Sample
from testing.user import TestUser
from tests.fuzz.hostile import CountCase

DESCRIPTION = Path(__file__).parents[2] / "docs" / "openapi.yaml"
SCHEMA = schemathesis.openapi.from_path(DESCRIPTION)
OPERATIONS = {operation.label: operation for operation in (each.ok() for each in SCHEMA.get_all_operations())}
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)


@pytest.fixture(scope="module")
def deployment() -> Iterator[LocalDeployment]:
    sample = Sample.load(Path(__file__).parents[2] / "dev" / "local" / "sample.yaml")
    options = LocalOptions(settings={"requests": {"approvers": sample.approvers}})
    with LocalDeployment(sample.model_copy(update={"urls_per_second": 100_000}), options) as deployment:
        yield deployment


@pytest.fixture(scope="module")
def alice(deployment: LocalDeployment) -> Iterator[TestUser]:
    with TestUser(deployment) as person:
        assert person.open("/", "alice@example.com").status_code == 200
        yield person


def test_the_description_has_every_endpoint_and_no_other() -> None:
    described = yaml.safe_load(DESCRIPTION.read_text(encoding="utf-8"))["paths"]
    assert {(method.upper(), path) for path, methods in described.items() for method in methods} == set(ROUTES)


@pytest.mark.parametrize("label", OPERATIONS)
@settings(suppress_health_check=list(HealthCheck), max_examples=settings().max_examples // 10)
@given(data=st.data())
def test_responses_conform_to_the_description(
    deployment: LocalDeployment, alice: TestUser, count_case: CountCase, label: str, data: st.DataObject
) -> None:
    """Requests generated from openapi.yaml, over sockets."""
    operation = OPERATIONS[label]
    case = data.draw(st.one_of(*(operation.as_strategy(generation_mode=mode) for mode in MODES)))
    accept = data.draw(st.sampled_from(["application/json", "text/html"]))
    session = data.draw(st.sampled_from([alice, TestUser(deployment)]))
    headers = {"Accept": accept, "Sec-Fetch-Site": "same-origin"}
    try:
        answer = case.call(base_url=deployment.base_url, session=session, headers=headers, allow_redirects=False)
    except requests.exceptions.InvalidHeader:
        return  # a request that cannot be sent
    count_case()
    if "x-amzn-RequestId" in answer.headers:
        assert answer.status_code < 500
        return  # an error of API Gateway itself: an unknown path, or no signature
    case.validate_response(answer, checks=CHECKS)
    assert "\n" not in answer.headers.get("Location", "")
