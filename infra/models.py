"""Reduces botocore's service models to the operations that the function calls. Clients are made five times faster."""

import json
import shutil
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from gate.launch.kinds import all_kinds
from gate.launch.kinds.kind import actions

OPERATIONS: Mapping[str, Collection[str]] = {
    "dynamodb": {"BatchGetItem", "ExecuteStatement", "PutItem", "Query", "TransactWriteItems", "UpdateItem"},
    "iam": {"GetRolePolicy", "ListRolePolicies", "PutRolePolicy"},
    "lambda": {"Invoke"},
    "sagemaker": {action.removeprefix("sagemaker:") for kind in all_kinds() for action in actions(kind)},
    "secretsmanager": {"GetSecretValue"},
    "sns": {"Publish"},
    "sts": {"AssumeRole"},
}
"""The operations that the function calls, by service. Clients have no others; a test compares them with the code."""

UNREAD: Mapping[str, Collection[str]] = {
    "DescribeUserProfileResponse": {"UserSettings"},
    "SpaceSettings": {"KernelGatewayAppSettings", "SpaceStorageSettings", "CustomFileSystems"},
}
"""Large parts of responses that the function does not read, by the shapes that have them."""


def prune(data: Path) -> None:
    """Remove from botocore's data folder `data` everything but `OPERATIONS`, in the form that its loader reads.

    Raises `KeyError` for an operation that the service does not have.
    """
    from botocore.loaders import Loader  # here: only bundling needs it

    loader = Loader(extra_search_paths=[str(data)], include_default_search_paths=False)
    models = {service: loader.load_service_model(service, "service-2") for service in OPERATIONS}
    prefixes = {model["metadata"]["endpointPrefix"] for model in models.values()}
    for folder in data.iterdir():
        if folder.is_dir() and folder.name not in OPERATIONS:
            shutil.rmtree(folder)
    for service, model in models.items():
        _replace(
            data / service, loader.determine_latest_version(service, "service-2"), _reduced(model, OPERATIONS[service])
        )
    _write(data / "endpoints.json", _endpoints_of(loader.load_data("endpoints"), prefixes))


def _replace(folder: Path, version: str, model: Mapping[str, Any]) -> None:
    for path in folder.iterdir():
        if path.name != version:
            shutil.rmtree(path)
    for path in (folder / version).iterdir():
        if not path.name.startswith("endpoint-rule-set-"):
            path.unlink()
    # Not compressed: the bundle itself is, and the function would have to decompress it at each start.
    _write(folder / version / "service-2.json", model)


def _reduced(model: Mapping[str, Any], operations: Collection[str]) -> dict[str, Any]:
    kept = {name: _needed(model["operations"][name]) for name in sorted(operations)}
    shapes: dict[str, Any] = {}
    wanted = list(_references(kept))
    while wanted:
        name = wanted.pop()
        if name not in shapes:
            shapes[name] = _needed(model["shapes"][name])
            if "members" in shapes[name]:
                shapes[name]["members"] = {
                    key: _needed(member)
                    for key, member in shapes[name]["members"].items()
                    if key not in UNREAD.get(name, ())
                }
            wanted += _references(shapes[name])
    return {**_needed(model), "operations": kept, "shapes": shapes}


def _needed(described: Mapping[str, Any]) -> dict[str, Any]:
    # botocore checks neither patterns nor enumerations. Those of instance types alone have hundreds of entries.
    unused = {"documentation", "pattern", "enum"}
    return {key: value for key, value in described.items() if key not in unused}


def _references(value: Any) -> Iterator[str]:
    """Yield the names of the shapes to which a part of a model refers."""
    if isinstance(value, Mapping):
        if isinstance(value.get("shape"), str):
            yield value["shape"]
        for inner in value.values():
            yield from _references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _references(inner)


def _endpoints_of(endpoints: Mapping[str, Any], prefixes: Collection[str]) -> dict[str, Any]:
    partitions = [
        {**partition, "services": {name: each for name, each in partition["services"].items() if name in prefixes}}
        for partition in endpoints["partitions"]
    ]
    return {**endpoints, "partitions": partitions}


def _write(path: Path, value: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(value, separators=(",", ":")), encoding="utf-8")
