"""The statuses of all notebooks of a caller, described in parallel with few role sessions."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor, as_completed, wait
from contextlib import suppress
from contextvars import copy_context
from typing import TypeVar

from gate.launch.describing import described
from gate.launch.kinds.kind import Arns, Kind
from gate.launch.policy import describe_policies
from gate.launch.role_sessions import RoleSessions
from gate.launch.target import LaunchRole, launch_target_of
from gate.platform import deadline
from gate.platform.config import Config
from gate.platform.deadline import Deadline
from gate.platform.metrics import count
from gate.values.caller import Caller
from gate.values.errors.base import GateError
from gate.values.errors.notebook import LocationUnknownError, NotebookMissingError
from gate.values.errors.upstream import ThrottledError
from gate.values.grant import Grant
from gate.values.instance import Instance
from gate.values.notebook import Notebook
from gate.values.notebook_status import NotebookStatus
from gate.values.session_name import session_name

T = TypeVar("T")

MAX_PARALLEL_CALLS = 8
"""The most threads that describe the notebooks of one page."""

DESCRIBE_TIMEOUT = 8
"""Seconds for describing all notebooks of one page. API Gateway waits for 29."""


def statuses_of(
    config: Config, role_sessions: RoleSessions, caller: Caller, grants: Sequence[Grant]
) -> list[NotebookStatus]:
    """Return the status of the notebook of each grant. If it cannot be described in time, its state is unknown.

    The launch role is assumed once for each location and kind, or more often if the session policy would become too
    long. These role sessions only describe, so they serve the caller from any address.
    """
    limit = Deadline(deadline.remaining(DESCRIBE_TIMEOUT))
    pool = ThreadPoolExecutor(max_workers=MAX_PARALLEL_CALLS)
    name, futures = session_name(caller.name), dict[Notebook, Future[Instance]]()
    sessions = {
        # The context of this request contains its deadline, which must also bound the threads' calls.
        pool.submit(copy_context().run, role_sessions.session, role, name, policy): notebooks
        for (role, policy), notebooks in _notebooks_by_session(config, grants).items()
    }
    with suppress(TimeoutError):
        # A role session that fails, or takes long, does not delay the notebooks of the others.
        for opened in as_completed(sessions, timeout=limit.remaining):
            session = _result(opened)
            if session is not None:
                for notebook in sessions[opened]:
                    futures[notebook] = pool.submit(copy_context().run, described, session, notebook)
    wait(futures.values(), timeout=max(0.0, limit.remaining))
    # Do not wait for the other calls: a page without a state is more useful than a late page.
    pool.shutdown(wait=False, cancel_futures=True)
    return [_status(grant, futures.get(grant.notebook)) for grant in grants]


def _status(grant: Grant, future: Future[Instance] | None) -> NotebookStatus:
    try:
        return NotebookStatus(grant, _result(future) if future else None)
    except NotebookMissingError:
        return NotebookStatus(grant, None, missing=True)


def _notebooks_by_session(
    config: Config, grants: Sequence[Grant]
) -> Mapping[tuple[LaunchRole, str], Sequence[Notebook]]:
    """Return the notebooks of each role session, by its launch role and session policy (JSON).

    A notebook whose location the settings do not list has no role session.
    """
    arns: dict[tuple[LaunchRole, Kind], dict[Notebook, Arns]] = defaultdict(dict)
    for grant in grants:
        with suppress(LocationUnknownError):
            target = launch_target_of(config, grant.notebook)
            arns[target.role, target.kind][grant.notebook] = target.arns
    sessions: dict[tuple[LaunchRole, str], list[Notebook]] = defaultdict(list)
    for (role, kind), arns_of in arns.items():
        policies = describe_policies(kind, arns_of.values())
        for notebook, found in arns_of.items():
            sessions[role, policies[found]].append(notebook)
    return sessions


def _result(future: Future[T]) -> T | None:
    """Return the result, or None if there is none in time. Raises `NotebookMissingError`."""
    try:
        return future.result(timeout=0)
    except NotebookMissingError:
        raise
    except ThrottledError:
        count("Throttles")  # `count` has no effect in the thread that was throttled
        return None
    except (GateError, TimeoutError, CancelledError):
        return None
