"""A command of the AWS command line, read as the API call that it makes."""

import json
import shlex
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.validate import validate_parameters

OWN_OPTIONS = ("--query", "--output")
"""Of the command line itself."""

_BOOLEANS = {"true": True, "false": False}


@dataclass(frozen=True)
class AwsCommand:
    service: str
    operation: str
    """As boto3 names it."""
    parameters: dict[str, Any]
    own: dict[str, str]
    """The command line's own options, without the dashes."""

    @classmethod
    def parse(cls, command: str) -> "AwsCommand":
        """Read `command` (`aws SERVICE OPERATION --option value …`), up to where a shell writes its output to.

        Raises botocore's `ParamValidationError`.
        """
        _, service, operation, *options = shlex.split(command.partition(" > ")[0])
        operation = operation.replace("-", "_")
        client: Any = boto3.client(service, region_name="eu-west-1", aws_access_key_id="x", aws_secret_access_key="x")  # type: ignore[call-overload]
        method = client.meta.service_model.operation_model(client.meta.method_to_api_mapping[operation])
        parameters: dict[str, Any] = {}
        own: dict[str, str] = {}
        name = own_name = ""
        for word in options:
            if word in OWN_OPTIONS:
                name, own_name = "", word[2:]
            elif word.startswith("--"):
                wanted = word[2:].removeprefix("no-").replace("-", "")
                name = next(each for each in method.input_shape.members if each.lower() == wanted)
                if method.input_shape.members[name].type_name == "boolean":
                    parameters[name] = not word.startswith("--no-")
            elif name and method.input_shape.members[name].type_name == "structure" and not word.startswith("{"):
                parameters[name] = {key: _BOOLEANS.get(text, text) for key, text in _pairs(word)}
            elif name and "=" in word and not word.startswith("{"):
                parameters.setdefault(name, []).append(dict(_pairs(word)))
            elif name:
                structured = method.input_shape.members[name].type_name != "string"
                parameters[name] = json.loads(word) if structured and word.startswith("{") else word
            else:
                own[own_name] = word
        validate_parameters(parameters, method.input_shape)
        return cls(service, operation, parameters, own)

    def send(self, client_of: Callable[[str], Any]) -> Any:
        """Make the call, and return its response. `client_of`: returns the boto3 client of a service."""
        return getattr(client_of(self.service), self.operation)(**self.parameters)


def _pairs(word: str) -> list[list[str]]:
    return [pair.split("=") for pair in word.split(",")]
