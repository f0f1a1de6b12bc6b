"""The Lambda function, run in this process: its environment, its clock and its cold start."""

from collections.abc import Callable, Mapping

from botocore.loaders import create_loader

from gate import container
from gate.aws.clients import aws_clients
from gate.config import Config

_MODELS = create_loader()
"""AWS's models. They are read once, since tests start the function hundreds of times."""


class LocalFunction:
    """The function's state. There is one at a time, since the gate's container belongs to the process."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """`clock`: seconds since the epoch."""
        self._clock = clock
        self._clock_offset = 0.0
        self._environment: dict[str, str] = {}

    @property
    def environment(self) -> Mapping[str, str]:
        """The environment variables that the function was deployed with."""
        return self._environment

    def deploy(self, environment: Mapping[str, str]) -> None:
        """Set the function's environment, and start it."""
        self._environment = dict(environment)
        self.restart()

    def restart(self, *, clock_offset: float = 0, environment: Mapping[str, str] | None = None) -> None:
        """Start the function as Lambda does in a cold start: without anything that it had cached.

        `clock_offset`: seconds that the function's clock is ahead of all others'. `environment`: variables that differ
        from the deployed ones. Both hold until the next restart.
        """
        aws_clients.cache_clear()
        aws_clients().session.register_component("data_loader", _MODELS)
        self._clock_offset = clock_offset
        config = Config.from_environ({**self._environment, **(environment or {})})
        container.set_gate(container.Gate(config, clock=lambda: self._clock() + self._clock_offset))

    def advance_clock(self, seconds: float) -> None:
        """Move the function's clock, and no other, forward by `seconds` until the next restart."""
        self._clock_offset += seconds

    def close(self) -> None:
        """Discard the function's container and its connections."""
        container.set_gate(None)
