"""Acts on notebooks as the caller: assumes the launch role for each of them, narrowed to one notebook."""

from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor, wait
from contextvars import copy_context
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from botocore.exceptions import ClientError

from gate import deadline
from gate.aws.errors import code_of
from gate.config import Config
from gate.errors.base import GateError
from gate.errors.notebook import NoPowerError, NotebookMissingError, NotebookStartingError, not_ready_error
from gate.errors.upstream import AwsError, ThrottledError
from gate.identity.caller import Caller
from gate.identity.session_name import session_name
from gate.launch.credentials import CallerClients
from gate.launch.instance import Instance, instance_of
from gate.launch.notebook_status import NotebookStatus
from gate.launch.origins import origins_of
from gate.launch.policy import session_policy
from gate.launch.queue.launch_queue import LaunchQueue
from gate.launch.target import LaunchTarget, launch_target_of
from gate.metrics import count
from gate.store.grant_row import View
from gate.store.grants import Grant

if TYPE_CHECKING:
    from mypy_boto3_sagemaker import SageMakerClient

T = TypeVar("T")

URL_LIFETIME = 300
"""Seconds for which a presigned URL can be used (API reference of CreatePresignedNotebookInstanceUrl)."""

HOME_LOCATION = "home"
"""The location of notebooks in the gate's own account and region, whose launches share a queue."""

MAX_PARALLEL_CALLS = 8
DESCRIBE_TIMEOUT = 8
"""Seconds for all states together; API Gateway waits for 29."""

STATE_CONFLICT_CODES = frozenset(
    {"ValidationException", "ResourceNotFound", "ResourceNotFoundException", "ConflictException"}
)


@dataclass(frozen=True, eq=False, repr=False)
class Launch:
    """The way into a notebook. Good once it exists, for anyone it lets pass: never logged, stored or cached."""

    authorized_url: str
    expires_in: int = URL_LIFETIME


class Launcher:
    """Creates presigned URLs, and tells, starts and stops notebooks, each time as the caller."""

    def __init__(self, config: Config, clients: CallerClients, queue: LaunchQueue):
        self._config = config
        self._clients = clients
        self._queue = queue

    def open(self, caller: Caller, grant: Grant, view: View | None = None, *, start: bool = False) -> Launch:
        """Create the URL that lets `caller` into the notebook of `grant`; `view` overrides the grant's.

        `start`: whether a stopped notebook may be started, if the grant says that it starts by itself.
        The state is asked only after the API refused. Raises a `NotReadyError` or `NotebookMissingError` when
        SageMaker gives no URL for that reason, and an `InLineError` when so many come that they have to wait.
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
            # The API's sentence for a stopped notebook is not documented: ask for the state instead of reading it.
            if _code(error) in STATE_CONFLICT_CODES:
                instance = self.describe(caller, grant)
                if instance.state == "Stopped" and start and grant.starts_by_itself:
                    self.start(caller, grant)
                    raise NotebookStartingError(self.describe(caller, grant)) from error
                if instance.state != "InService":
                    raise not_ready_error(instance.state)(instance) from error
            raise
        return Launch(f"{url}&view=lab" if (view or grant.view) == "lab" else url)

    def describe(self, caller: Caller, grant: Grant) -> Instance:
        """Return how the notebook stands. Raises `NotebookMissingError`."""
        name = grant.notebook.name
        try:
            return self._run(
                caller, grant, lambda client: instance_of(client.describe_notebook_instance(NotebookInstanceName=name))
            )
        except AwsError as error:
            if _code(error) in STATE_CONFLICT_CODES:
                raise NotebookMissingError from error
            raise

    def describe_all(self, caller: Caller, grants: Sequence[Grant]) -> list[NotebookStatus]:
        """Return how each of the notebooks stands, as far as that can be told now; asked side by side."""
        pool = ThreadPoolExecutor(max_workers=MAX_PARALLEL_CALLS)
        # Each in this request's context: its deadline holds for them, too.
        asked = [pool.submit(copy_context().run, self.describe, caller, grant) for grant in grants]
        wait(asked, timeout=max(0.0, deadline.left(DESCRIBE_TIMEOUT)))
        # Who has not answered by now is not waited for: the page is of more use than a state.
        pool.shutdown(wait=False, cancel_futures=True)
        return [NotebookStatus(grant, _result(future)) for grant, future in zip(grants, asked, strict=True)]

    def start(self, caller: Caller, grant: Grant) -> bool:
        """Start the notebook; tell whether that began now, or could not as it stands. Raises `NoPowerError`."""
        if not grant.may_start:
            raise NoPowerError
        name = grant.notebook.name
        return self._change(caller, grant, lambda client: client.start_notebook_instance(NotebookInstanceName=name))

    def stop(self, caller: Caller, grant: Grant) -> None:
        """Stop the notebook; one that can't be stopped as it stands is left so. Raises `NoPowerError`."""
        if not grant.may_stop:
            raise NoPowerError
        name = grant.notebook.name
        self._change(caller, grant, lambda client: client.stop_notebook_instance(NotebookInstanceName=name))

    def _change(self, caller: Caller, grant: Grant, call: "Callable[[SageMakerClient], object]") -> bool:
        try:
            self._run(caller, grant, call)
        except AwsError as error:
            if _code(error) not in STATE_CONFLICT_CODES:
                raise
            # Starting what already starts is no failure for whoever pressed the button; a deleted notebook is.
            self.describe(caller, grant)
            return False
        return True

    def _run(self, caller: Caller, grant: Grant, call: "Callable[[SageMakerClient], T]") -> T:
        target = launch_target_of(self._config, grant.notebook)
        policy = policy_for(self._config, caller, grant, target)
        return self._clients.run(target, session_name(caller.name), policy, call)


def policy_for(config: Config, caller: Caller, grant: Grant, target: LaunchTarget) -> str:
    """Return the session policy with which `caller` comes to `target`, as the deployment pins them."""
    return session_policy(target.notebook_arn, grant, origins_of(config, caller))


def _result(future: "Future[Instance]") -> Instance | None:
    try:
        return future.result(timeout=0)
    except ThrottledError:
        count("Throttles")  # which threads beside the request's own do not
        return None
    except (GateError, TimeoutError, CancelledError):
        return None


def _code(error: AwsError) -> str | None:
    cause = error.__cause__
    return code_of(cause) if isinstance(cause, ClientError) else None
