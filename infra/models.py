"""Leaves of botocore's descriptions of AWS what the function calls: clients are then made in a fifth of the time."""

import json
import shutil
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

OPERATIONS: Mapping[str, Collection[str]] = {
    "dynamodb": {"BatchGetItem", "ExecuteStatement", "PutItem", "UpdateItem"},
    "lambda": {"Invoke"},
    "sagemaker": {
        "CreatePresignedNotebookInstanceUrl",
        "DescribeNotebookInstance",
        "StartNotebookInstance",
        "StopNotebookInstance",
    },
    "secretsmanager": {"GetSecretValue"},
    "sts": {"AssumeRole"},
}
"""What the function calls, by service. Clients know nothing else; a test compares this with the code."""


def prune(data: Path) -> None:
    """Leave in botocore's data folder `data` only what `OPERATIONS` names, as its own loader reads it.

    Raises `KeyError` for an operation that the service does not have.
    """
    from botocore.loaders import Loader  # here: only who bundles needs it

    loader = Loader(extra_search_paths=[str(data)], include_default_search_paths=False)
    models = {service: loader.load_service_model(service, "service-2") for service in OPERATIONS}
    prefixes = {model["metadata"]["endpointPrefix"] for model in models.values()}
    for folder in data.iterdir():
        if folder.is_dir() and folder.name not in OPERATIONS:
            shutil.rmtree(folder)
    for service, model in models.items():
        _replace(data / service, loader.determine_latest_version(service, "service-2"), _of(model, OPERATIONS[service]))
    _write(data / "endpoints.json", _endpoints_of(loader.load_data("endpoints"), prefixes))


def _replace(folder: Path, version: str, model: Mapping[str, Any]) -> None:
    for path in folder.iterdir():
        if path.name != version:
            shutil.rmtree(path)
    for path in (folder / version).iterdir():
        if not path.name.startswith("endpoint-rule-set-"):
            path.unlink()
    # Not compressed: the bundle as a whole is, and the function need not unpack it at each start.
    _write(folder / version / "service-2.json", model)


def _of(model: Mapping[str, Any], operations: Collection[str]) -> dict[str, Any]:
    kept = {name: _bare(model["operations"][name]) for name in sorted(operations)}
    shapes: dict[str, Any] = {}
    wanted = list(_references(kept))
    while wanted:
        name = wanted.pop()
        if name not in shapes:
            shapes[name] = _bare(model["shapes"][name])
            if "members" in shapes[name]:
                shapes[name]["members"] = {key: _bare(member) for key, member in shapes[name]["members"].items()}
            wanted += _references(shapes[name])
    return {**_bare(model), "operations": kept, "shapes": shapes}


def _bare(described: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in described.items() if key != "documentation"}


def _references(value: Any) -> Iterator[str]:
    """Find the names of shapes within a part of a model."""
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
