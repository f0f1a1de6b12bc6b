"""The states of notebook instances: starting and stopping takes time, as in SageMaker."""

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
"""Seconds that a small instance usually takes in SageMaker."""


@dataclass(frozen=True)
class _Transition:
    target: str
    at: float


class Instances:
    """Keeps the state of every instance; moto keeps everything else about them."""

    def __init__(
        self, clock: Callable[[], float], *, speed_factor: float, on_out_of_service: Callable[[str], None]
    ) -> None:
        """`speed_factor`: how many times faster than at AWS an instance starts and stops.

        `on_out_of_service`: called with the name of an instance that is no longer in service.
        """
        self._clock = clock
        self._speed_factor = speed_factor
        self._transitions: dict[str, _Transition] = {}
        self._lock = threading.RLock()
        self._on_out_of_service = on_out_of_service

    def state(self, name: str) -> str:
        """Return the instance's status. Raises `ApiError` when there is no such instance."""
        with self._lock:
            transition = self._transitions.get(name)
            if transition and transition.at <= self._clock():
                self.set_state(name, transition.target)
            return str(self._find(name).status)

    def set_state(self, name: str, state: str) -> None:
        """Set the instance's status to `state` at once."""
        with self._lock:
            instance = self._find(name)
            self._transitions.pop(name, None)
            instance.status = state
            instance.last_modified_time = datetime.datetime.fromtimestamp(self._clock(), datetime.UTC)
        if state != "InService":
            self._on_out_of_service(name)

    def start(self, name: str) -> None:
        """Begin to start the instance. Raises `ApiError` unless it is stopped or failed."""
        self._begin(name, ("Stopped", "Failed"), "Pending", "InService", STARTING)

    def stop(self, name: str) -> None:
        """Begin to stop the instance. Raises `ApiError` unless it is in service."""
        self._begin(name, ("InService",), "Stopping", "Stopped", STOPPING)

    def require_state(self, name: str, states: tuple[str, ...], purpose: str) -> None:
        """Raise `ApiError` with SageMaker's wording unless the instance is in one of `states`."""
        state = self.state(name)
        if state not in states:
            arn = self._find(name).arn
            message = (
                f"Status ({state}) not in ([{', '.join(states)}]). Unable to {purpose} for Notebook Instance ({arn})."
            )
            raise ApiError("ValidationException", message)

    def _begin(self, name: str, states: tuple[str, ...], transition: str, target: str, seconds: float) -> None:
        with self._lock:
            self.require_state(name, states, f"transition to ({transition})")
            self.set_state(name, transition)
            self._transitions[name] = _Transition(target, self._clock() + seconds / self._speed_factor)

    def _find(self, name: str) -> Any:
        try:
            return sagemaker_backends[ACCOUNT][REGION].get_notebook_instance(name)
        except ValidationError:
            raise ApiError("ValidationException", "RecordNotFound") from None
