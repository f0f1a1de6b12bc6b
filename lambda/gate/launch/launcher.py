"""Acts on notebooks as the caller: assumes the launch role for each of them, narrowed to one notebook."""

from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from gate.aws import aws_errors, code_of
from gate.config import Config
from gate.errors import (
    AwsError,
    GateError,
    NoPowerError,
    NotebookBusyError,
    NotebookFailedError,
    NotebookMissingError,
    NotebookStartingError,
    NotebookStoppedError,
    NotebookStoppingError,
    NotReadyError,
)
from gate.grants import Grant, View
from gate.identity.caller import Caller
from gate.launch.credentials import CallerClients
from gate.launch.instance import Instance, Standing
from gate.launch.names import session_name
from gate.launch.policy import host, notebook_arn, session_policy

if TYPE_CHECKING:
    from mypy_boto3_sagemaker import SageMakerClient

URL_LIFETIME = 300
"""Seconds for which a presigned URL can be used (API reference of CreatePresignedNotebookInstanceUrl)."""

SIDE_BY_SIDE = 8
PATIENCE = 8
"""Seconds for all states together; API Gateway waits for 29."""

_NOT_SO = frozenset({"ValidationException", "ResourceNotFound", "ResourceNotFoundException", "ConflictException"})

_NOT_READY: dict[str, type[NotReadyError]] = {
    "Stopped": NotebookStoppedError,
    "Pending": NotebookStartingError,
    "Stopping": NotebookStoppingError,
    "Failed": NotebookFailedError,
}


@dataclass(frozen=True)
class Launch:
    """The way into a notebook. Good once it exists, for anyone it lets pass: never logged, stored or cached."""

    authorized_url: str = field(repr=False)
    expires_in: int = URL_LIFETIME


class Launcher:
    """Creates presigned URLs, and tells, starts and stops notebooks, each time as the caller."""

    def __init__(self, config: Config, clients: CallerClients):
        self._config = config
        self._clients = clients

    def open(self, caller: Caller, grant: Grant, view: View | None = None, *, start: bool = False) -> Launch:
        """Create the URL that lets `caller` into the notebook of `grant`; `view` overrides the grant's.

        `start`: whether a stopped notebook may be started, if the grant says that it starts by itself.
        The state is asked only after the API refused. Raises a `NotReadyError` or `NotebookMissingError` when
        SageMaker gives no URL for that reason.
        """
        sagemaker = self._sagemaker(caller, grant)
        try:
            with aws_errors():
                answer = sagemaker.create_presigned_notebook_instance_url(
                    NotebookInstanceName=grant.notebook, SessionExpirationDurationInSeconds=grant.session
                )
        except AwsError as error:
            # The API's sentence for a stopped notebook is not documented: ask for the state instead of reading it.
            if _code(error) in _NOT_SO:
                instance = self._describe(sagemaker, grant)
                if instance.state == "Stopped" and start and grant.starts_by_itself:
                    self.start(caller, grant)
                    raise NotebookStartingError(self._describe(sagemaker, grant)) from error
                if instance.state != "InService":
                    raise _NOT_READY.get(instance.state, NotebookBusyError)(instance) from error
            raise
        url = answer["AuthorizedUrl"]
        return Launch(f"{url}&view=lab" if (view or grant.view) == "lab" else url)

    def describe(self, caller: Caller, grant: Grant) -> Instance:
        """Return how the notebook stands. Raises `NotebookMissingError`."""
        return self._describe(self._sagemaker(caller, grant), grant)

    def describe_all(self, caller: Caller, grants: Sequence[Grant]) -> list[Standing]:
        """Return how each of the notebooks stands, as far as that can be told now; asked side by side."""
        pool = ThreadPoolExecutor(max_workers=SIDE_BY_SIDE)
        asked = [pool.submit(self.describe, caller, grant) for grant in grants]
        wait(asked, timeout=PATIENCE)
        # Who has not answered by now is not waited for: the page is of more use than a state.
        pool.shutdown(wait=False, cancel_futures=True)
        return [Standing(grant, _result(future)) for grant, future in zip(grants, asked, strict=True)]

    def start(self, caller: Caller, grant: Grant) -> bool:
        """Start the notebook; tell whether that began now, or could not as it stands. Raises `NoPowerError`."""
        if not grant.may_start:
            raise NoPowerError
        sagemaker = self._sagemaker(caller, grant)
        return self._change(
            lambda: sagemaker.start_notebook_instance(NotebookInstanceName=grant.notebook), sagemaker, grant
        )

    def stop(self, caller: Caller, grant: Grant) -> None:
        """Stop the notebook; one that can't be stopped as it stands is left so. Raises `NoPowerError`."""
        if not grant.may_stop:
            raise NoPowerError
        sagemaker = self._sagemaker(caller, grant)
        self._change(lambda: sagemaker.stop_notebook_instance(NotebookInstanceName=grant.notebook), sagemaker, grant)

    def _change(self, call: Callable[[], object], sagemaker: "SageMakerClient", grant: Grant) -> bool:
        try:
            with aws_errors():
                call()
                return True
        except AwsError as error:
            if _code(error) not in _NOT_SO:
                raise
            # Starting what already starts is no failure for whoever pressed the button; a deleted notebook is.
            self._describe(sagemaker, grant)
            return False

    def _describe(self, sagemaker: "SageMakerClient", grant: Grant) -> Instance:
        try:
            with aws_errors():
                answer = sagemaker.describe_notebook_instance(NotebookInstanceName=grant.notebook)
        except AwsError as error:
            if _code(error) in _NOT_SO:
                raise NotebookMissingError from error
            raise
        return Instance(
            answer["NotebookInstanceStatus"], answer["InstanceType"], answer["LastModifiedTime"].timestamp()
        )

    def _sagemaker(self, caller: Caller, grant: Grant) -> "SageMakerClient":
        config = self._config
        arn = notebook_arn(config.launch_role_arn, config.region, grant.notebook)
        policy = session_policy(arn, grant, networks=self._networks(caller), vpc_endpoints=config.vpc_endpoints)
        return self._clients.client(session_name(caller.name), policy)

    def _networks(self, caller: Caller) -> Sequence[str] | None:
        if caller.via == "slack":
            # The address is Slack's, not the caller's: nothing is opened for it, only looked at, started and stopped.
            return ()
        return (host(caller.address), *self._config.egress) if self._config.pin == "caller" else None


def _result(future: "Future[Instance]") -> Instance | None:
    try:
        return future.result(timeout=0)
    except (GateError, TimeoutError, CancelledError):
        return None


def _code(error: AwsError) -> str | None:
    cause = error.__cause__
    return code_of(cause) if isinstance(cause, ClientError) else None
