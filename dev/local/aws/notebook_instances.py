"""Notebook instances of SageMaker: starting and stopping takes time, and presigned URLs open them."""

import datetime
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from moto.sagemaker.exceptions import ValidationError
from moto.sagemaker.models import SageMakerModelBackend

from local.aws.calls import ApiError, Call
from local.aws.presigned import PresignedUrl, PresignedUrls
from local.aws.sessions import Identity
from local.aws.validation import check_parameters
from local.template import ACCOUNT, REGION

STARTING, STOPPING = 180, 60
"""Seconds that a small instance usually takes in SageMaker."""


@dataclass(frozen=True)
class _Transition:
    target: str
    at: float


def notebook_arn(name: str, region: str) -> str:
    """Return the ARN of the notebook instance `name`, as policies have it."""
    return f"arn:aws:sagemaker:{region}:{ACCOUNT}:notebook-instance/{name.lower()}"


class NotebookInstances:
    """The instances of one account and region, with their states by name.

    moto keeps everything but the transitions between states.
    """

    def __init__(
        self,
        backend: SageMakerModelBackend,
        urls: PresignedUrls,
        *,
        clock: Callable[[], float],
        address_of: Callable[[str], str],
        speed_factor: float = 1,
        on_out_of_service: Callable[[str], None] = lambda _name: None,
    ) -> None:
        """`backend`: holds the instances. `address_of`: returns the address of an instance's site.

        `speed_factor`: how many times faster than at AWS an instance starts and stops. `on_out_of_service`: called with
        the name of an instance that is no longer in service.
        """
        self._backend = backend
        self._urls = urls
        self._clock = clock
        self._address_of = address_of
        self._speed_factor = speed_factor
        self._transitions: dict[str, _Transition] = {}
        self._lock = threading.RLock()
        self._on_out_of_service = on_out_of_service
        self.failure_reason = ""
        """The text that SageMaker gives for failed instances."""

    @staticmethod
    def arns_of(_operation: str, parameters: Mapping[str, Any], region: str) -> list[str]:
        """Return the ARN of the instance that `parameters` name, if they name one."""
        name = parameters.get("NotebookInstanceName")
        return [] if name is None else [notebook_arn(name, region)]

    def answer(self, call: Call, identity: Identity | None) -> dict[str, Any] | None:
        """Answer `call`, or return None for what moto answers. Raises `ApiError`."""
        name = call.parameters.get("NotebookInstanceName")
        if name is None:
            return None
        check_parameters(call.operation, call.parameters)
        match call.operation:
            case "CreatePresignedNotebookInstanceUrl" if identity is not None:
                return {"AuthorizedUrl": self._presigned(name, call.parameters, identity)}
            case "StartNotebookInstance":
                self._begin(name, ("Stopped", "Failed"), "Pending", "InService", STARTING)
                return {}
            case "StopNotebookInstance":
                self._begin(name, ("InService",), "Stopping", "Stopped", STOPPING)
                return {}
            case "DescribeNotebookInstance":
                _ = self[name]  # completes a due transition first
                described = {**self._find(name).to_dict(), "FailureReason": self.failure_reason}
                return {key: value for key, value in described.items() if value is not None}
        return None

    open_action = "sagemaker:CreatePresignedNotebookInstanceUrl"

    @staticmethod
    def arn(name: str) -> str:
        """Return the ARN on which the action of opening is enforced."""
        return notebook_arn(name, REGION)

    def is_running(self, name: str) -> bool:
        """Return whether the instance runs. Raises `ApiError` when there is no such instance."""
        return self[name] == "InService"

    @staticmethod
    def landing_of(_url: PresignedUrl, query: Mapping[str, str]) -> str:
        """Return the path to which a presigned URL with `query` leads."""
        return "/lab" if query.get("view") == "lab" else "/tree"

    def __getitem__(self, name: str) -> str:
        """Return the instance's state. Raises `ApiError` when there is no such instance."""
        with self._lock:
            transition = self._transitions.get(name)
            if transition and transition.at <= self._clock():
                self[name] = transition.target
            return str(self._find(name).status)

    def __setitem__(self, name: str, state: str) -> None:
        """Set the instance's state at once. An instance that does not exist is created."""
        with self._lock:
            if name not in self._backend.notebook_instances:
                self._backend.create_notebook_instance(name, "ml.t3.medium", f"arn:aws:iam::{ACCOUNT}:role/notebook")
            self._transitions.pop(name, None)
            instance = self._find(name)
            instance.status = state
            instance.last_modified_time = datetime.datetime.fromtimestamp(self._clock(), datetime.UTC)
        if state != "InService":
            self._on_out_of_service(name)

    def __delitem__(self, name: str) -> None:
        del self._backend.notebook_instances[name]

    def _find(self, name: str) -> Any:
        try:
            return self._backend.get_notebook_instance(name)
        except ValidationError:
            raise ApiError("ValidationException", "RecordNotFound") from None

    def _presigned(self, name: str, parameters: Mapping[str, Any], creator: Identity) -> str:
        self._urls.require_rate()
        seconds = parameters.get("SessionExpirationDurationInSeconds", 43_200)
        self._require_state(name, ("InService",), "create a presigned URL")
        return self._urls.create(self._address_of(name), name, creator, seconds)

    def _begin(self, name: str, states: tuple[str, ...], transition: str, target: str, seconds: float) -> None:
        with self._lock:
            self._require_state(name, states, f"transition to ({transition})")
            self[name] = transition
            self._transitions[name] = _Transition(target, self._clock() + seconds / self._speed_factor)

    def _require_state(self, name: str, states: tuple[str, ...], purpose: str) -> None:
        """Raise `ApiError` with SageMaker's wording unless the instance is in one of `states`."""
        state = self[name]
        if state not in states:
            wanted, arn = ", ".join(states), self._find(name).arn
            message = f"Status ({state}) not in ([{wanted}]). Unable to {purpose} for Notebook Instance ({arn})."
            raise ApiError("ValidationException", message)
