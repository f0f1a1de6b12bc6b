"""The Lambda functions, run in this process: their environments, their clock and their cold starts."""

import os
from collections.abc import Callable, Mapping
from typing import Any

from botocore.loaders import create_loader

from gate import container
from gate.platform.aws.clients import aws_clients
from gate.platform.config import Config
from gate.routes.dispatch import handler

_MODELS = create_loader()
"""AWS's models. They are read once, since tests start the function hundreds of times."""


class LocalFunction:
    """The state of the functions: that which opens notebooks and, if people can ask for access, the requests function.

    There is one of these at a time, since the gate's container, the clients of AWS and the environment belong to the
    process. They are changed when the other function is invoked.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        """`clock`: seconds since the epoch."""
        self._clock = clock
        self._clock_offset = 0.0
        self._environments: dict[str, dict[str, str]] = {}
        self._gates: dict[str, container.Gate] = {}
        self._access_keys: dict[str, str] = {}
        self._running = ""

    @property
    def environment(self) -> Mapping[str, str]:
        """The environment variables that the function that opens notebooks was deployed with."""
        return next(iter(self._environments.values()))

    def deploy(self, environments: Mapping[str, Mapping[str, str]], access_keys: Mapping[str, str]) -> None:
        """Set the environments of the functions, and start them.

        `environments`: by the ARN without its alias. The first function opens notebooks. `access_keys`: those of their
        roles.
        """
        self._environments = {arn: dict(environment) for arn, environment in environments.items()}
        self._access_keys = dict(access_keys)
        self.restart()

    def restart(self, *, clock_offset: float = 0, environment: Mapping[str, str] | None = None) -> None:
        """Start the functions as Lambda does in a cold start: without anything that they had cached.

        `clock_offset`: seconds that the functions' clock is ahead of all others'. `environment`: variables that differ
        from the deployed ones. Both hold until the next restart.
        """
        self._clock_offset = clock_offset
        for arn, deployed in self._environments.items():
            config = Config.from_environ({**deployed, **(environment or {})})
            self._gates[arn] = container.Gate(config, clock=lambda: self._clock() + self._clock_offset)
        self._running = ""
        self._run(next(iter(self._environments)))

    def handle(self, event: dict[str, Any], context: Any) -> Any:
        """Invoke the function that `context` names."""
        name, _, _alias = context.invoked_function_arn.rpartition(":")
        self._run(name)
        return handler(event, context)

    def advance_clock(self, seconds: float) -> None:
        """Move the functions' clock, and no other, forward by `seconds` until the next restart."""
        self._clock_offset += seconds

    def close(self) -> None:
        """Discard the functions' containers and their connections."""
        container.set_gate(None)
        self._gates.clear()
        aws_clients.cache_clear()

    def _run(self, arn: str) -> None:
        if self._running == arn:
            return
        self._running = arn
        os.environ["AWS_ACCESS_KEY_ID"] = self._access_keys[arn]
        aws_clients.cache_clear()
        aws_clients().session.register_component("data_loader", _MODELS)
        container.set_gate(self._gates[arn])
