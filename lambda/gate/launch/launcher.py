"""Opens, describes, starts and stops notebooks with credentials of the caller for that notebook only."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from botocore.exceptions import ClientError

from gate.aws.errors import code_of
from gate.config import Config
from gate.errors.notebook import NoPowerError, NotebookMissingError, NotebookStartingError, not_ready_error
from gate.errors.upstream import AwsError
from gate.identity.caller import Caller
from gate.identity.session_name import session_name
from gate.launch.allowed_sources import allowed_sources
from gate.launch.credentials import CallerClients
from gate.launch.policy import session_policy
from gate.launch.queue.launch_queue import LaunchQueue
from gate.launch.target import LaunchTarget, launch_target_of
from gate.store.grant import Grant
from gate.store.grant_row import View

if TYPE_CHECKING:
    from mypy_boto3_sagemaker import SageMakerClient

    from gate.launch.instance import Instance
    from gate.launch.notebook_status import NotebookStatus

T = TypeVar("T")

URL_LIFETIME = 300
"""Seconds for which a presigned URL can be used (API reference of CreatePresignedNotebookInstanceUrl)."""

HOME_LOCATION = "home"
"""The location of notebooks in the gate's own account and region, whose launches share a queue."""

STATE_CONFLICT_CODES = frozenset(
    {"ValidationException", "ResourceNotFound", "ResourceNotFoundException", "ConflictException"}
)
"""The error codes of SageMaker for a notebook that is missing, or whose state does not allow the call."""


@dataclass(frozen=True, eq=False, repr=False)
class Launch:
    """A presigned URL. It works for everyone at an allowed address, so it is never logged, stored or cached."""

    authorized_url: str
    expires_in: int = URL_LIFETIME
    """Seconds."""


class Launcher:
    """Creates presigned URLs, and describes, starts and stops notebooks, on behalf of callers."""

    def __init__(self, config: Config, clients: CallerClients, queue: LaunchQueue):
        self._config = config
        self._clients = clients
        self._queue = queue

    def open(self, caller: Caller, grant: Grant, view: View | None = None, *, start: bool = False) -> Launch:
        """Return a presigned URL of the notebook of `grant` for `caller`.

        `view`: overrides the view of the grant. `start`: whether a stopped notebook may be started, if the grant
        allows that (`Grant.starts_by_itself`).
        The notebook is described only if SageMaker refuses to create a URL.
        Raises a `NotReadyError` or `NotebookMissingError` if the notebook is not in service, `InLineError` if the
        caller must wait in the launch queue, and the errors of `aws_errors`.
        """
        name, seconds = grant.notebook.name, grant.session
        try:
            url = self._queue.admit(
                grant.notebook.location or HOME_LOCATION,
                caller.subject,
                lambda: self._run(
                    caller,
                    grant,
                    lambda sagemaker: sagemaker.create_presigned_notebook_instance_url(
                        NotebookInstanceName=name, SessionExpirationDurationInSeconds=seconds
                    )["AuthorizedUrl"],
                ),
            )
        except AwsError as error:
            # The message for a stopped notebook is not documented, so the notebook is described instead.
            if _code(error) in STATE_CONFLICT_CODES:
                instance = self.describe(caller, grant)
                if instance.state == "Stopped" and start and grant.starts_by_itself:
                    self.start(caller, grant)
                    raise NotebookStartingError(self.describe(caller, grant)) from error
                if instance.state != "InService":
                    raise not_ready_error(instance.state)(instance) from error
            raise
        return Launch(url if (view or grant.view) == "classic" else f"{url}&view=lab")

    def describe(self, caller: Caller, grant: Grant) -> "Instance":
        """Return the state of the notebook. Raises `NotebookMissingError`, and the errors of `aws_errors`."""
        from gate.launch.instance import describe_instance

        name = grant.notebook.name
        try:
            return self._run(caller, grant, lambda client: describe_instance(client, name))
        except AwsError as error:
            if _code(error) in STATE_CONFLICT_CODES:
                raise NotebookMissingError from error
            raise

    def describe_all(self, caller: Caller, grants: Sequence[Grant]) -> "list[NotebookStatus]":
        """Return the status of each notebook. If a notebook cannot be described in time, its state is unknown."""
        from gate.launch.statuses import statuses_of

        return statuses_of(self._config, self._clients, caller, grants)

    def start(self, caller: Caller, grant: Grant) -> bool:
        """Start the notebook. Return whether it was started; False means that its state does not allow it.

        Raises `NoPowerError`, `NotebookMissingError`, and the errors of `aws_errors`.
        """
        if not grant.may_start:
            raise NoPowerError
        name, grant = grant.notebook.name, grant.starting
        return self._change(caller, grant, lambda client: client.start_notebook_instance(NotebookInstanceName=name))

    def stop(self, caller: Caller, grant: Grant) -> None:
        """Stop the notebook. Has no effect if its state does not allow it.

        Raises `NoPowerError`, `NotebookMissingError`, and the errors of `aws_errors`.
        """
        if not grant.may_stop:
            raise NoPowerError
        name, grant = grant.notebook.name, grant.stopping
        self._change(caller, grant, lambda client: client.stop_notebook_instance(NotebookInstanceName=name))

    def _change(self, caller: Caller, grant: Grant, call: "Callable[[SageMakerClient], object]") -> bool:
        try:
            self._run(caller, grant, call)
        except AwsError as error:
            if _code(error) not in STATE_CONFLICT_CODES:
                raise
            # It is not an error to start a notebook that is already starting. If it is missing, `describe` raises.
            self.describe(caller, grant)
            return False
        return True

    def _run(self, caller: Caller, grant: Grant, call: "Callable[[SageMakerClient], T]") -> T:
        target = launch_target_of(self._config, grant.notebook)
        policy = policy_for(self._config, caller, grant, target)
        return self._clients.session(target.role, session_name(caller.name), policy).run(call)


def policy_for(config: Config, caller: Caller, grant: Grant, target: LaunchTarget) -> str:
    """Return the session policy (JSON) for `caller` and the notebook of `target`."""
    return session_policy(target.notebook_arn, grant, allowed_sources(config, caller))


def _code(error: AwsError) -> str | None:
    cause = error.__cause__
    return code_of(cause) if isinstance(cause, ClientError) else None
