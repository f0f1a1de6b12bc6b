"""Checks the parameters of SageMaker's calls against the API's own model, as SageMaker does before anything else."""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

import botocore.session
from botocore.model import OperationModel

from local.aws.calls import ApiError


def check_parameters(operation: str, parameters: Mapping[str, Any]) -> None:
    """Raise `ApiError` with SageMaker's wording if a parameter is missing or does not fit its pattern or limits."""
    shape = _model(operation).input_shape
    assert shape is not None
    for name, member in shape.members.items():
        field, value = name[0].lower() + name[1:], parameters.get(name)
        if value is None:
            if name in shape.required_members:
                raise _invalid("null", field, "Member must not be null")
            continue
        limits = member.metadata
        if member.type_name == "string":
            if len(value) > limits.get("max", len(value)):
                raise _invalid(f"'{value}'", field, f"Member must have length less than or equal to {limits['max']}")
            if "pattern" in limits and not re.fullmatch(limits["pattern"], value, re.ASCII):
                raise _invalid(
                    f"'{value}'", field, f"Member must satisfy regular expression pattern: {limits['pattern']}"
                )
            if "enum" in limits and value not in limits["enum"]:
                raise _invalid(f"'{value}'", field, f"Member must satisfy enum value set: {limits['enum']}")
        if member.type_name == "integer":
            if value > limits.get("max", value):
                raise _invalid(f"'{value}'", field, f"Member must have value less than or equal to {limits['max']}")
            if value < limits.get("min", value):
                raise _invalid(f"'{value}'", field, f"Member must have value greater than or equal to {limits['min']}")


@cache
def _model(operation: str) -> OperationModel:
    return botocore.session.get_session().get_service_model("sagemaker").operation_model(operation)


def _invalid(value: str, field: str, constraint: str) -> ApiError:
    found = f"1 validation error detected: Value {value} at '{field}' failed to satisfy constraint: {constraint}"
    return ApiError("ValidationException", found)
