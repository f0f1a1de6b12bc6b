"""The container: makes each part of a deployment when it is first needed, and keeps it.

Modules that a launch does not need are imported where they are used, because the first request after a cold start waits
for each import.
"""

import os
import time
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from gate.identity.callers import Callers
from gate.identity.sign_in_session import SignInSessions
from gate.identity.ticket import TICKET_SECONDS, WAITING_SECONDS, Tickets
from gate.launch.launcher import Launcher
from gate.launch.queue.launch_queue import LaunchQueue
from gate.launch.role_sessions import RoleSessions
from gate.platform.aws.clients import LaunchClients
from gate.platform.clock import Clock
from gate.platform.config import Config
from gate.platform.keys import KeyRing
from gate.platform.metrics import record_key_age
from gate.platform.secrets import Secrets
from gate.platform.signing import Signer
from gate.platform.tls import tls_context
from gate.store.cutoffs import Cutoffs
from gate.store.grants import Grants
from gate.store.replay_guard import ReplayGuard
from gate.values.errors.base import NotFoundError
from gate.web.cookies import CookieFactory

if TYPE_CHECKING:
    from gate.access_requests.access_requests import AccessRequests
    from gate.identity.claims import ClaimRules
    from gate.identity.decision_proof import DecisionProofs
    from gate.identity.login import Login
    from gate.identity.person import Person
    from gate.identity.provider import Provider
    from gate.slack.parts import SlackParts
    from gate.store.queue_store import QueueStore


class Gate:
    """The parts that routes use."""

    def __init__(self, config: Config, *, clock: Clock = time.time):
        """`clock`: returns the time for cookies, grants and cached keys, in epoch seconds."""
        self.config = config
        self._clock = clock
        self._cookies = CookieFactory(config.base_path, config.secure)
        self.aws = LaunchClients(config.region)

    def now(self) -> float:
        """Return the time, in epoch seconds."""
        return self._clock()

    def make_clients(self) -> None:
        """Make the clients of AWS in advance. No call is made, and no secret is read."""
        _ = self.grants, self.replay_guard, self.launcher, self.queue_store, self._secrets
        tls_context()

    @cached_property
    def callers(self) -> Callers:
        """The identification of callers."""
        roles = self.config.user_roles
        return Callers(
            self.sign_in_sessions, self.tickets, person_of=self._person_of, user_roles=roles, clock=self._clock
        )

    @property
    def sign_in_sessions(self) -> SignInSessions:
        """The sessions of people who signed in."""
        seconds = self.config.sign_in_seconds
        return SignInSessions(self._signer("session", timedelta(seconds=seconds)), self._cookies, seconds=seconds)

    @property
    def decision_proofs(self) -> "DecisionProofs":
        """The proofs with which people decide on access requests. Only the requests function can sign and read them."""
        from gate.identity.decision_proof import DecisionProofs

        seconds = self.config.sign_in_seconds
        signer = self._signer("decision", timedelta(seconds=seconds), keys=self._decision_keys)
        return DecisionProofs(self.sign_in_sessions, signer, self._cookies, seconds=seconds)

    @property
    def login(self) -> "Login":
        """The sign-in at the identity provider."""
        from gate.identity.login import Login
        from gate.identity.login_state import LOGIN_SECONDS, STATE_SECONDS, LoginStates

        return Login(
            self._provider,
            self._signer("login", timedelta(seconds=LOGIN_SECONDS)),
            LoginStates(self._signer("state", timedelta(seconds=STATE_SECONDS)), self._clock),
            self._cookies,
            base_url=self.config.base_url,
            # `__Host-` cookies have the path `/` (RFC 6265bis §4.1.3.2), which the gate has only on its own host name.
            cookie_path="/" if self.config.own_host else "/login",
            scopes=self.config.scopes,
            rules=self._rules,
        )

    @property
    def tickets(self) -> Tickets:
        """The links that are sent to Slack."""
        signer = self._signer("ticket", timedelta(seconds=TICKET_SECONDS))
        waiting = self._signer("waiting", timedelta(seconds=WAITING_SECONDS))
        return Tickets(signer, waiting, self._cookies, self.replay_guard)

    def end_session_url(self) -> str | None:
        """Return the URL that ends the session at the identity provider.

        None if the provider has none, or the settings keep that session.
        """
        if self.config.sign_out == "here":
            return None
        return self._provider.end_session_url(f"{self.config.base_url}/")

    @cached_property
    def grants(self) -> Grants:
        """The grants."""
        config = self.config
        return Grants(
            self.aws.dynamodb, table=config.table, max_session=config.max_session, home=config.home, clock=self._clock
        )

    @cached_property
    def cutoffs(self) -> Cutoffs:
        """The cutoffs of sign-ins."""
        return Cutoffs(self.aws.dynamodb, table=self.config.table, clock=self._clock)

    @cached_property
    def replay_guard(self) -> ReplayGuard:
        """The guard against replays."""
        return ReplayGuard(self.aws.dynamodb, table=self.config.table, clock=self._clock)

    @cached_property
    def launcher(self) -> Launcher:
        """The maker of presigned URLs."""
        clients = RoleSessions(sts=self.aws.sts, make_sagemaker=self.aws.sagemaker, clock=self._clock)
        return Launcher(self.config, clients, LaunchQueue(lambda: self.queue_store, clock=self._clock))

    @cached_property
    def queue_store(self) -> "QueueStore":
        """The store of launch queues."""
        from gate.store.queue_store import QueueStore

        return QueueStore(self.aws.dynamodb, table=self.config.table, clock=self._clock)

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
            tickets=lambda: self.tickets,
            access_requests=lambda: self.access_requests,
            requests_function_arn=self.config.requests_function_arn,
            base_url=self.config.base_url,
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

        config, table = self.config, self.config.table
        rules = RequestRules.parse(config.access_requests, home=config.home)
        return AccessRequests(
            AccessRequestStore(self.aws.dynamodb, table=table, clock=self._clock),
            grants=self.grants,
            holders=Holders(self.aws.dynamodb, table=table),
            rules=rules,
            notices=RequestNotices(rules, slack=lambda: self.slack.api, base_url=self.config.base_url),
            user_claim=self.config.user_claim,
            clock=self._clock,
        )

    def _person_of(self, token: str) -> "Person":
        from gate.identity.person import person_of

        return person_of(token, provider=self._provider, rules=self._rules, audiences=self.config.audiences)

    @cached_property
    def _rules(self) -> "ClaimRules":
        from gate.identity.claims import ClaimRules

        config = self.config
        return ClaimRules(config.user_claim, config.groups_claim, config.groups, config.trust_email)

    @cached_property
    def _provider(self) -> "Provider":
        from gate.identity.provider import Provider

        config, arn = self.config, self.config.client_secret_arn
        return Provider(
            issuer=config.issuer,
            client_id=config.client_id,
            client_secret=(lambda max_age: self._secrets.text(arn, max_age=max_age)) if arn else None,
            clock=self._clock,
        )

    def _signer(self, purpose: str, max_age: timedelta, *, keys: KeyRing | None = None) -> Signer:
        return Signer(keys or self._keys, purpose=purpose, max_age=max_age, clock=self._clock)

    @cached_property
    def _keys(self) -> KeyRing:
        return self._key_ring(self.config.session_secret_arn)

    @cached_property
    def _decision_keys(self) -> KeyRing:
        return self._key_ring(self.config.decision_secret_arn)

    def _key_ring(self, arn: str) -> KeyRing:
        return KeyRing(lambda stage: self._secrets.read(arn, stage=stage), clock=self._clock, report_age=record_key_age)

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
