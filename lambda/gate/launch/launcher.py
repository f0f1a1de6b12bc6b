"""Opens, describes, starts and stops notebooks with credentials of the caller for that notebook only."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from gate.launch.allowed_sources import allowed_sources
from gate.launch.describing import described, is_state_conflict
from gate.launch.kinds import kind_of
from gate.launch.policy import session_policy
from gate.launch.queue.launch_queue import LaunchQueue
from gate.launch.role_sessions import RoleSession, RoleSessions
from gate.launch.target import LaunchTarget, launch_target_of
from gate.platform.config import Config
from gate.values.caller import Caller
from gate.values.errors.notebook import (
    InvalidViewError,
    NoPowerError,
    NotebookStartingError,
    NotReadyError,
    not_ready_error,
)
from gate.values.errors.upstream import AwsError
from gate.values.grant import Grant
from gate.values.instance import Instance
from gate.values.landing import Landing
from gate.values.notebook import Notebook
from gate.values.session_name import session_name

if TYPE_CHECKING:
    from mypy_boto3_sagemaker import SageMakerClient

    from gate.values.notebook_status import NotebookStatus

HOME_LOCATION = "home"
"""The location of notebooks in the gate's own account and region, whose launches share a queue."""


@dataclass(frozen=True, eq=False, repr=False)
class Launch:
    """A presigned URL. It works for everyone at an allowed address, so it is never logged, stored or cached."""

    authorized_url: str
    expires_in: int
    """Seconds."""


class Launcher:
    """Creates presigned URLs, and describes, starts and stops notebooks, on behalf of callers."""

    def __init__(self, config: Config, role_sessions: RoleSessions, queue: LaunchQueue):
        self._config = config
        self._role_sessions = role_sessions
        self._queue = queue

    def open(self, caller: Caller, grant: Grant, landing: Landing, *, start: bool = False) -> Launch:
        """Return a presigned URL of the notebook of `grant` for `caller`.

        `landing`: its view overrides that of the grant. `start`: whether a stopped notebook may be started, if the
        grant allows that (`Grant.starts_by_itself`).
        A notebook instance is described only if SageMaker refuses to create a URL.
        Raises `InvalidViewError`, `PathUnsupportedError`, a `NotReadyError` or `NotebookMissingError` if the notebook
        is not running, `InLineError` if the caller must wait in the launch queue, and the errors of `aws_errors`.
        """
        if landing.view and landing.view not in grant.notebook.views:
            raise InvalidViewError
        kind = kind_of(grant.notebook)
        try:
            with self._queue.turn(grant.notebook.location or HOME_LOCATION, caller.subject):
                url = self.opening_session(caller, grant).run(
                    kind.presign, grant.notebook, grant.session, landing, grant.view
                )
        except NotReadyError as error:
            raise self._not_ready(caller, grant, error.instance, start=start) from error
        except AwsError as error:
            if not is_state_conflict(kind, error):
                raise
            # The message for a stopped notebook is not documented, so the notebook is described instead.
            instance = self.describe(caller, grant)
            if instance.can_open:
                raise
            raise self._not_ready(caller, grant, instance, start=start) from error
        return Launch(url, kind.url_lifetime)

    def _not_ready(self, caller: Caller, grant: Grant, instance: Instance, *, start: bool) -> NotReadyError:
        """Return the error for a notebook that cannot be opened now. Starts it first, if `open` says so."""
        if instance.status == "stopped" and start and grant.starts_by_itself:
            self.start(caller, grant)
            return NotebookStartingError(self.describe(caller, grant), may_start=True)
        return not_ready_error(instance.status)(instance, may_start=grant.may_start)

    def describe(self, caller: Caller, grant: Grant) -> Instance:
        """Return the notebook's instance. Raises `NotebookMissingError`, and the errors of `aws_errors`."""
        return described(self._session(caller, grant), grant.notebook)

    def describe_all(self, caller: Caller, grants: Sequence[Grant]) -> "list[NotebookStatus]":
        """Return the status of each notebook, also of one that is missing or cannot be described in time."""
        from gate.launch.statuses import statuses_of

        return statuses_of(self._config, self._role_sessions, caller, grants)

    def start(self, caller: Caller, grant: Grant) -> bool:
        """Start the notebook. Return whether it was started; False means that its state does not allow it.

        Raises `NoPowerError`, `NotebookMissingError`, and the errors of `aws_errors`.
        """
        if not grant.may_start:
            raise NoPowerError
        return self._change(caller, grant.starting, kind_of(grant.notebook).start)

    def stop(self, caller: Caller, grant: Grant) -> None:
        """Stop the notebook. Has no effect if its state does not allow it.

        Raises `NoPowerError`, `NotebookMissingError`, and the errors of `aws_errors`.
        """
        if not grant.may_stop:
            raise NoPowerError
        self._change(caller, grant.stopping, kind_of(grant.notebook).stop)

    def _change(self, caller: Caller, grant: Grant, call: "Callable[[SageMakerClient, Notebook], object]") -> bool:
        try:
            self._session(caller, grant).run(call, grant.notebook)
        except AwsError as error:
            if not is_state_conflict(kind_of(grant.notebook), error):
                raise
            # It is not an error to start a notebook that is already starting. If it is missing, `describe` raises.
            self.describe(caller, grant)
            return False
        return True

    def _session(self, caller: Caller, grant: Grant) -> RoleSession:
        target = launch_target_of(self._config, grant.notebook)
        policy = policy_for(self._config, caller, grant, target)
        return self._role_sessions.session(target.role, session_name(caller.name), policy)

    def opening_session(self, caller: Caller, grant: Grant) -> RoleSession:
        """Return a role session of `caller` that may create a URL of the notebook of `grant` now."""
        if not self._config.without_vpc:
            return self._session(caller, grant)
        target = launch_target_of(self._config, grant.notebook)
        policy_until = partial(policy_for, self._config, caller, grant, target)
        return self._role_sessions.with_window(target.role, session_name(caller.name), policy_until)


def policy_for(
    config: Config, caller: Caller, grant: Grant, target: LaunchTarget, window_end: int | None = None
) -> str:
    """Return the session policy (JSON) for `caller` and the notebook of `target`. `window_end`: of `session_policy`."""
    sources = allowed_sources(config, caller)
    return session_policy(target.kind, target.arns, grant, sources, window_end=window_end)
