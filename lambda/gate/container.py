"""The container: makes each part of a deployment when it is first needed, and keeps it.

Modules that a launch does not need are imported where they are used, because the first request after a cold start waits
for each import.
"""

import os
import time
from functools import cached_property
from typing import TYPE_CHECKING

from gate.identity.parts import IdentityParts
from gate.launch.launcher import Launcher
from gate.launch.queue.launch_queue import LaunchQueue
from gate.launch.role_sessions import RoleSessions
from gate.platform.aws.clients import LaunchClients
from gate.platform.clock import Clock
from gate.platform.config import Config
from gate.platform.log import logger
from gate.platform.secrets import Secrets
from gate.platform.tls import tls_context
from gate.store.cutoffs import Cutoffs
from gate.store.grants import Grants
from gate.store.replay_guard import ReplayGuard
from gate.store.table import Table
from gate.values.errors.base import GateError, NotFoundError
from gate.web.links import Links

if TYPE_CHECKING:
    from gate.access_requests.access_requests import AccessRequests
    from gate.slack.parts import SlackParts
    from gate.store.queue_store import QueueStore
    from gate.values.caller import Caller
    from gate.web.page_header import PageHeader


class Gate:
    """The parts that routes use."""

    def __init__(self, config: Config, *, clock: Clock = time.time):
        """`clock`: returns the time for cookies, grants and cached keys, in epoch seconds."""
        self.config = config
        self._clock = clock
        self.links = Links(config.base_url)
        self.page_links = Links(config.base_path)
        self.aws = LaunchClients(config.region)

    def now(self) -> float:
        """Return the time, in epoch seconds."""
        return self._clock()

    def page_header(self, caller: "Caller | None" = None, *, to_decide: str = "") -> "PageHeader":
        """Return the header of a page for `caller`, or for somebody unknown. `to_decide`: see `PageHeader`."""
        from gate.web.page_header import PageHeader  # which a redirect does not need

        # Links in Slack identify people who did not sign in.
        name = caller.name if caller and caller.via == "session" else ""
        return PageHeader(self.page_links, bool(self.config.access_requests), name, to_decide)

    def make_clients(self) -> None:
        """Make the clients of AWS in advance. No call is made, and no secret is read."""
        _ = self.grants, self.replay_guard, self.launcher, self.queue_store, self._secrets
        tls_context()

    @cached_property
    def identity(self) -> IdentityParts:
        """The parts that identify callers and sign people in."""
        return IdentityParts(self.config, self._secrets, self.replay_guard, links=self.links, clock=self._clock)

    @cached_property
    def table(self) -> Table:
        """The grants table."""
        return Table(self.aws.dynamodb, self.config.table, self._clock)

    @cached_property
    def grants(self) -> Grants:
        """The grants."""
        return Grants(
            self.table,
            max_session=self.config.max_session,
            home=self.config.home,
            user_names=self.config.user_names,
        )

    @cached_property
    def cutoffs(self) -> Cutoffs:
        """The cutoffs of sign-ins."""
        return Cutoffs(self.table)

    @cached_property
    def replay_guard(self) -> ReplayGuard:
        """The guard against replays."""
        return ReplayGuard(self.table)

    @cached_property
    def launcher(self) -> Launcher:
        """The maker of presigned URLs."""
        role_sessions = RoleSessions(sts=self.aws.sts, make_sagemaker=self.aws.sagemaker, clock=self._clock)
        return Launcher(self.config, role_sessions, LaunchQueue(lambda: self.queue_store, clock=self._clock))

    @cached_property
    def queue_store(self) -> "QueueStore":
        """The store of launch queues."""
        from gate.store.queue_store import QueueStore

        return QueueStore(self.table)

    @cached_property
    def slack(self) -> "SlackParts":
        """The parts that serve Slack."""
        from gate.slack.parts import SlackParts

        return SlackParts(
            self.config.slack,
            self._secrets,
            replay_guard=self.replay_guard,
            grants=self.grants,
            launcher=self.launcher,
            tickets=lambda: self.identity.tickets,
            access_requests=lambda: self.access_requests,
            requests_function_arn=self.config.requests_function_arn,
            links=self.links,
            clock=self._clock,
        )

    @cached_property
    def access_requests(self) -> "AccessRequests":
        """The access requests. Raises `NotFoundError` if the settings name no approvers."""
        if not self.config.access_requests:
            raise NotFoundError
        from gate.access_requests.access_requests import AccessRequests
        from gate.access_requests.holders import Holders
        from gate.access_requests.rules import RequestRules
        from gate.access_requests.store import AccessRequestStore
        from gate.slack.request_notices import RequestNotices

        rules = RequestRules.parse(self.config.access_requests, home=self.config.home)
        return AccessRequests(
            AccessRequestStore(self.table, keep=rules.keep),
            grants=self.grants,
            holders=Holders(self.table),
            rules=rules,
            cut_off=self._cut_off,
            notices=RequestNotices(rules, slack=lambda: self.slack.api, links=self.links, clock=self._clock),
            user_claim=self.config.user_claim,
            clock=self._clock,
        )

    def _cut_off(self) -> None:
        """Have the denies of the table written now. If that fails, the schedule does it some minutes later."""
        from gate.platform.aws.invoking import invoke_later

        try:
            invoke_later(self.config.denies_function_arn, {"denies": {}})
        except GateError as error:
            logger.warning("the denies will be late", reason=error.reason)

    @cached_property
    def _secrets(self) -> Secrets:
        return Secrets(self.aws.secrets, clock=self._clock)


_gate: Gate | None = None


def get_gate() -> Gate:
    """Return the container of this process. The first call makes it from the environment. Raises `ConfigError`."""
    if _gate is None:
        set_gate(Gate(Config.from_environ(os.environ)))
    assert _gate is not None
    return _gate


def set_gate(gate: Gate | None) -> None:
    """Replace the container of this process, for callers with a clock of their own. None removes it."""
    global _gate
    _gate = gate
