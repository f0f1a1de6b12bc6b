"""botocore's reduced service models have exactly the operations that the function calls."""

import ast
import json
import shutil
from pathlib import Path
from typing import Any

import botocore
import botocore.session
import pytest
from botocore import xform_name
from botocore.loaders import Loader
from hypothesis import given, settings
from hypothesis import strategies as st

from gate.platform.aws.service import Service
from gate.store.grant_row import MAX_SESSION, MIN_SESSION
from infra import models
from infra.models import OPERATIONS, prune

GATE = Path(__file__).parents[2] / "lambda" / "gate"
DATA = Path(botocore.__file__).parent / "data"
METHODS = {xform_name(operation): operation for operations in OPERATIONS.values() for operation in operations}


@pytest.fixture(scope="module")
def pruned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _pruned(tmp_path_factory.mktemp("botocore"))


def _pruned(folder: Path) -> Path:
    data = folder / "data"
    data.mkdir()
    for service in (*OPERATIONS, "s3"):
        shutil.copytree(DATA / service, data / service)
    for path in DATA.glob("*.json"):
        shutil.copy(path, data)
    prune(data)
    return data


def _every_method() -> dict[str, set[str]]:
    """Return the methods of each service's client in botocore's full models."""
    loader = Loader()
    return {
        service: {xform_name(name) for name in loader.load_service_model(service, "service-2")["operations"]}
        for service in OPERATIONS
    }


def test_the_kept_operations_are_those_that_the_code_calls() -> None:
    every = set().union(*_every_method().values())
    # Methods of SageMaker's client. The function's `describe_action` is its own, and its `search` one of `re`.
    every -= {"search", "describe_action"}
    methods = (
        node
        for path in GATE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute) and node.attr in every
    )
    # `_table` is the gate's own, whose method `query` calls ExecuteStatement.
    called = {method.attr for method in methods if not ast.unparse(method.value).endswith("_table")}
    assert called == set(METHODS)


def _session(data: Path) -> Any:
    session = botocore.session.get_session()
    loader = Loader(extra_search_paths=[str(data)], include_default_search_paths=False)
    loader.BUILTIN_DATA_PATH = str(data)  # type: ignore[misc]  # as in a bundle: other data overrides the rules for endpoints
    session.register_component("data_loader", loader)
    session.set_credentials("x", "y")
    return session


def test_clients_have_the_kept_operations_and_no_others(pruned: Path) -> None:
    session = _session(pruned)
    for service, operations in OPERATIONS.items():
        client = session.create_client(service, region_name="eu-west-1")
        assert set(client.meta.service_model.operation_names) == set(operations)
        assert all(callable(getattr(client, xform_name(name))) for name in operations)
    assert set(session.get_available_services()) == set(OPERATIONS)


@pytest.mark.parametrize("region", ["eu-west-1", "us-east-1", "cn-north-1", "us-gov-west-1", "eu-central-2"])
def test_endpoints_are_those_of_the_full_models(pruned: Path, region: str) -> None:
    full, reduced = _session(DATA), _session(pruned)
    for service in OPERATIONS:
        expected, found = (each.create_client(service, region_name=region).meta for each in (full, reduced))
        assert found.endpoint_url == expected.endpoint_url
        assert found.service_model.signature_version == expected.service_model.signature_version
        of_function = [Service(each.create_client(service, region_name=region)) for each in (full, reduced)]
        assert of_function[0].endpoint_url == of_function[1].endpoint_url
        assert of_function[0]._signing == of_function[1]._signing


_INPUT = st.fixed_dictionaries(
    {"NotebookInstanceName": st.from_regex(r"[a-z0-9]{1,20}", fullmatch=True)},
    optional={"SessionExpirationDurationInSeconds": st.integers(MIN_SESSION, MAX_SESSION)},
)


@pytest.fixture(scope="module")
def clients(pruned: Path) -> list[Any]:
    """Clients of SageMaker with the full and with the reduced models. They send nothing."""
    clients = [_session(data).create_client("sagemaker", region_name="eu-west-1") for data in (DATA, pruned)]
    for each in clients:
        each.meta.events.register("before-send", _stop)
    return clients


class _StoppedError(Exception):
    """Carries the request that would have been sent."""


def _stop(request: Any, **_: Any) -> None:
    raise _StoppedError(request.method, request.url, request.body, request.headers["X-Amz-Target"])


@settings(max_examples=30)
@given(given_parameters=_INPUT)
def test_requests_are_those_of_the_full_models(clients: list[Any], given_parameters: dict[str, Any]) -> None:
    sent = []
    for client in clients:
        with pytest.raises(_StoppedError) as stopped:
            client.create_presigned_notebook_instance_url(**given_parameters)
        sent.append(stopped.value.args)
    assert sent[0] == sent[1]


def test_no_kept_shape_refers_to_a_removed_one(pruned: Path) -> None:
    for service in OPERATIONS:
        (path,) = (pruned / service).glob("*/service-2.json")
        model = json.loads(path.read_text())
        named = set(models._references([model["operations"], model["shapes"]]))
        assert named == set(model["shapes"])


def test_the_reduced_models_are_small(pruned: Path) -> None:
    assert sum(path.stat().st_size for path in pruned.rglob("*") if path.is_file()) < 300_000


def test_an_unknown_operation_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "OPERATIONS", {"sts": {"AssumeRule"}})
    with pytest.raises(KeyError, match="AssumeRule"):
        _pruned(tmp_path)
