"""The Lambda functions, run in this process: the SDK's and their own environments, their clock and cold starts."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch
from urllib.parse import urlsplit

import boto3
from botocore.loaders import create_loader

from gate import container
from gate.platform.aws.clients import aws_clients
from gate.platform.config import Config
from gate.routes.dispatch import handler
from local.aws.authority import FUNCTION_KEY
from local.template import REGION

_MODELS = create_loader()
"""AWS's models. They are read once, since tests start the function hundreds of times."""

_VARIABLE_NAMES = {"secretsmanager": "secrets_manager"}
"""Service names in `AWS_ENDPOINT_URL_…` that differ from botocore's.

Source: AWS SDKs and Tools reference guide, "Service-specific endpoints".
"""


class LocalFunction:
    """The state of the functions: that which opens notebooks and, if people can ask for access, the two others.

    There is one of these at a time, since the gate's container, the clients of AWS and the environment belong to the
    process. They are changed when the other function is invoked.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        """`clock`: seconds since the epoch."""
        self._clock = clock
        self._clock_offset = 0.0
        self._environments: dict[str, dict[str, str]] = {}
        self._changes: Mapping[str, str] = {}
        self._base_urls: dict[str, str] = {}
        self._gates: dict[tuple[str, str], container.Gate] = {}
        self._access_keys: dict[str, str] = {}
        self._running = "", ""

    @property
    def environment(self) -> Mapping[str, str]:
        """The environment variables that the function that opens notebooks was deployed with."""
        return next(iter(self._environments.values()))

    @property
    def running(self) -> str:
        """The ARN, without its alias, of the function that was invoked last."""
        return self._running[0]

    def deploy(
        self,
        environments: Mapping[str, Mapping[str, str]],
        access_keys: Mapping[str, str],
        *,
        base_urls: Sequence[str] = (),
    ) -> None:
        """Set the environments of the functions, and start them.

        `environments`: by the ARN without its alias. The first function opens notebooks. `access_keys`: those of their
        roles. `base_urls`: in place of the environment's, for requests to the ports of these.
        """
        self._environments = {arn: dict(environment) for arn, environment in environments.items()}
        self._access_keys = dict(access_keys)
        self._base_urls = {str(urlsplit(url).port): url for url in base_urls}
        self.restart()

    def restart(self, *, clock_offset: float = 0, environment: Mapping[str, str] | None = None) -> None:
        """Start the functions as Lambda does in a cold start: without anything that they had cached.

        `clock_offset`: seconds that the functions' clock is ahead of all others'. `environment`: variables that differ
        from the deployed ones. Both hold until the next restart.
        """
        self._clock_offset = clock_offset
        self._changes = environment or {}
        self._gates.clear()
        self._running = "", ""
        for arn in reversed(self._environments):  # the first function, which runs afterwards, comes last
            self._run(arn)

    def handle(self, event: dict[str, Any], context: Any) -> Any:
        """Invoke the function that `context` names."""
        name, _, _alias = context.invoked_function_arn.rpartition(":")
        port = event.get("requestContext", {}).get("domainName", "").rpartition(":")[2]
        self._run(name, self._base_urls.get(port, ""))
        return handler(event, context)

    def advance_clock(self, seconds: float) -> None:
        """Move the functions' clock, and no other, forward by `seconds` until the next restart."""
        self._clock_offset += seconds

    def close(self) -> None:
        """Discard the functions' containers and their connections."""
        container.set_gate(None)
        self._gates.clear()
        aws_clients.cache_clear()

    def _run(self, arn: str, base_url: str = "") -> None:
        """Make the function `arn` the one that is invoked. `base_url`: empty for that of its environment."""
        if self._running == (arn, base_url):
            return
        if self.running != arn:
            os.environ["AWS_ACCESS_KEY_ID"] = self._access_keys[arn]
            aws_clients.cache_clear()
            aws_clients().session.register_component("data_loader", _MODELS)
        self._running = arn, base_url
        if self._running not in self._gates:
            self._gates[self._running] = self._gate(arn, base_url)
        container.set_gate(self._gates[self._running])

    def _gate(self, arn: str, base_url: str) -> container.Gate:
        environment = {**self._environments[arn], **self._changes}
        config = Config.from_environ(environment | ({"GATE_BASE_URL": base_url} if base_url else {}))
        return container.Gate(config, clock=lambda: self._clock() + self._clock_offset)


@contextmanager
def sdk_environment(aws_url: str, service_urls: Mapping[str, str]) -> Iterator[Mapping[str, str]]:
    """Set and yield the variables that Lambda sets for the SDK: credentials, region and endpoints.

    `aws_url`: the endpoint of all services but those of `service_urls`, which are by botocore's names.
    The variables have their former values again when the block is left.
    """
    aws = {
        "AWS_ACCESS_KEY_ID": FUNCTION_KEY,
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_SESSION_TOKEN": "local",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ENDPOINT_URL": aws_url,
        **{
            f"AWS_ENDPOINT_URL_{_VARIABLE_NAMES.get(service, service).upper()}": url
            for service, url in service_urls.items()
        },
        # This machine's own AWS configuration must not apply.
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        # No metrics are collected on this machine.
        "POWERTOOLS_METRICS_DISABLED": "true",
    }
    with patch.dict(os.environ, aws):
        os.environ.pop("AWS_PROFILE", None)
        # boto3 and the gate each cache a session with the credentials that it found when it was created.
        boto3.setup_default_session()
        aws_clients.cache_clear()
        yield aws
