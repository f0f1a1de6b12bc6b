"""Notebook instances as SageMaker runs them: going from one state to the next takes its time."""

import datetime
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from moto.sagemaker.exceptions import ValidationError
from moto.sagemaker.models import sagemaker_backends

from local.aws.calls import ApiError
from local.template import ACCOUNT, REGION

STARTING, STOPPING = 180, 60
"""Seconds that a small instance usually takes."""


@dataclass(frozen=True)
class _Change:
    to: str
    at: float


class Instances:
    """Knows and changes the state of every instance; the rest of them is moto's."""

    def __init__(self, clock: Callable[[], float], *, faster: float, left: Callable[[str], None]) -> None:
        """`faster`: how many times quicker than at AWS a start or a stop is.

        `left`: called with the name of an instance that is no longer in service.
        """
        self._clock = clock
        self._faster = faster
        self._changes: dict[str, _Change] = {}
        self._lock = threading.RLock()
        self._left = left

    def state(self, name: str) -> str:
        """Return the instance's status. Raises `ApiError` where there is none of that name."""
        with self._lock:
            change = self._changes.get(name)
            if change and change.at <= self._clock():
                self.put(name, change.to)
            return str(self._find(name).status)

    def put(self, name: str, state: str) -> None:
        """Put the instance into `state` at once."""
        with self._lock:
            instance = self._find(name)
            self._changes.pop(name, None)
            instance.status = state
            instance.last_modified_time = datetime.datetime.fromtimestamp(self._clock(), datetime.UTC)
        if state != "InService":
            self._left(name)

    def start(self, name: str) -> None:
        """Begin to start it. Raises `ApiError` unless it is stopped or failed."""
        self._begin(name, ("Stopped", "Failed"), "Pending", "InService", STARTING)

    def stop(self, name: str) -> None:
        """Begin to stop it. Raises `ApiError` unless it is in service."""
        self._begin(name, ("InService",), "Stopping", "Stopped", STOPPING)

    def need(self, name: str, states: tuple[str, ...], purpose: str) -> None:
        """Raise `ApiError`, worded as SageMaker words it, unless the instance is in one of `states`."""
        state = self.state(name)
        if state not in states:
            arn = self._find(name).arn
            message = (
                f"Status ({state}) not in ([{', '.join(states)}]). Unable to {purpose} for Notebook Instance ({arn})."
            )
            raise ApiError("ValidationException", message)

    def _begin(self, name: str, states: tuple[str, ...], through: str, to: str, seconds: float) -> None:
        with self._lock:
            self.need(name, states, f"transition to ({through})")
            self.put(name, through)
            self._changes[name] = _Change(to, self._clock() + seconds / self._faster)

    def _find(self, name: str) -> Any:
        try:
            return sagemaker_backends[ACCOUNT][REGION].get_notebook_instance(name)
        except ValidationError:
            raise ApiError("ValidationException", "RecordNotFound") from None
