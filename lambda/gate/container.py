"""The container: makes each part of a deployment when it is first needed, and keeps it.

Modules that a redirect does not need are imported where they are used, because the first request after a cold start
waits for each import.
"""

import json
import os
import time
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, cast

from gate.aws.clients import botocore_session, client
from gate.clock import Clock
from gate.config import Config
from gate.errors.caller import NotSignedInError
from gate.identity.caller import Caller
from gate.identity.sign_in_session import SignInSessions
from gate.identity.ticket import TICKET_SECONDS, WAIT_SECONDS, Tickets
from gate.keys import KeyRing
from gate.launch.credentials import CallerClients
from gate.launch.launcher import Launcher
from gate.launch.queue.launch_queue import LaunchQueue
from gate.log import logger
from gate.metrics import key_age
from gate.notebook import Notebook
from gate.secrets import Secrets
from gate.signing import Signer
from gate.store.cutoffs import Cutoffs
from gate.store.grants import Grants
from gate.store.replay_guard import ReplayGuard
from gate.tls import tls_context
from gate.web.cookies import CookieFactory
from gate.web.request import Request

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_sagemaker import SageMakerClient
    from mypy_boto3_sts.type_defs import CredentialsTypeDef

    from gate.identity.claims import ClaimRules
    from gate.identity.login import Login
    from gate.identity.provider import Provider
    from gate.slack.service import SlackService
    from gate.store.queue_store import QueueStore


class Gate:
    """Everything that a route may ask for."""

    def __init__(self, config: Config, *, clock: Clock = time.time):
        """`clock` gives the time for cookies, grants and cached keys."""
        self.config = config
        self._clock = clock
        self._jar = CookieFactory(config.base_path, config.secure)

    def caller(self, request: Request, notebook: Notebook | None = None) -> Caller:
        """Return who is calling, by bearer token or cookie; `notebook`: the one that they call for.

        A token that came is the one that counts: a bad one is refused, not passed over for a cookie.
        Raises what `person_of` raises, or `NotSignedInError`.
        """
        token = request.bearer
        if token is None:
            return self.visitor(request, notebook)
        from gate.identity.person import person_of

        person = person_of(token, provider=self._provider, rules=self._rules, audiences=self.config.audiences)
        return person.caller("bearer", request.address)

    def visitor(self, request: Request, notebook: Notebook | None = None) -> Caller:
        """Return who sits at the browser: whom a ticket let wait for `notebook`, or who is signed in.

        Somebody who is signed in under another name comes first: a colleague's link must not make their presses count
        as the colleague's, nor may who waited here before speak for them.
        Raises `NotSignedInError`.
        """
        waiting = self.tickets.waiting(request, notebook) if notebook else None
        if waiting is None:
            return self.sign_in_sessions.caller(request)
        return self.other_person(request, waiting) or waiting

    def other_person(self, request: Request, caller: Caller) -> Caller | None:
        """Return who is signed in at this browser, where that is somebody else than `caller`."""
        try:
            signed_in = self.sign_in_sessions.caller(request)
        except NotSignedInError:
            return None
        return None if signed_in.subject in caller.names else signed_in

    def make_clients(self) -> None:
        """Make what talks to AWS before it is asked for. Nothing is called by that, and no secret read."""
        _ = self.grants, self.replay_guard, self.launcher, self.queue_store, self._secrets
        tls_context()
        botocore_session().get_service_model("sagemaker")  # whose clients are made for one caller each

    def now(self) -> float:
        """Return the time, in epoch seconds."""
        return self._clock()

    def iam_caller(self, request: Request) -> Caller:
        """Return whom API Gateway's IAM authorizer let through. Raises `UnknownIamCallerError`."""
        from gate.identity.iam import iam_caller

        return iam_caller(request, user_roles=self.config.user_roles, now=self._clock())

    @property
    def sign_in_sessions(self) -> SignInSessions:
        """Sign-ins that are done."""
        signer = self._signer("session", timedelta(seconds=self.config.sign_in_seconds))
        return SignInSessions(signer, self._jar, seconds=self.config.sign_in_seconds)

    @property
    def login(self) -> "Login":
        """Sign-ins under way."""
        from gate.identity.login import Login
        from gate.identity.login_state import LOGIN_SECONDS, STATE_SECONDS, LoginStates

        signer = self._signer("login", timedelta(seconds=LOGIN_SECONDS))
        states = LoginStates(self._signer("state", timedelta(seconds=STATE_SECONDS)), self._clock)
        return Login(
            self._provider,
            signer,
            states,
            self._jar,
            base_url=self.config.base_url,
            # `__Host-` cookies have the path `/` (RFC 6265bis §4.1.3.2), and only an own host name has that path.
            cookie_path="/" if self.config.own_host else "/login",
            scopes=self.config.scopes,
            rules=self._rules,
        )

    @property
    def tickets(self) -> Tickets:
        """Links that Slack hands out."""
        signer = self._signer("ticket", timedelta(seconds=TICKET_SECONDS))
        waiting = self._signer("waiting", timedelta(seconds=WAIT_SECONDS))
        return Tickets(signer, waiting, self._jar, self.replay_guard)

    def end_session_url(self) -> str | None:
        """Return where the identity provider's own session ends, if it has such a place and it is to end, too."""
        if self.config.sign_out == "here":
            return None
        return self._provider.end_session_url(f"{self.config.base_url}/")

    @cached_property
    def grants(self) -> Grants:
        """Who may open what."""
        return Grants(self.dynamodb, table=self.config.table, max_session=self.config.max_session, clock=self._clock)

    @cached_property
    def cutoffs(self) -> Cutoffs:
        """The cutoffs of sign-ins."""
        return Cutoffs(self.dynamodb, table=self.config.table, clock=self._clock)

    @cached_property
    def replay_guard(self) -> ReplayGuard:
        """The guard against replays."""
        return ReplayGuard(self.dynamodb, table=self.config.table, clock=self._clock)

    @cached_property
    def slack(self) -> "SlackService":
        """The service behind Slack's requests."""
        from gate.slack.service import SlackService

        return SlackService(self)

    @property
    def slack_secret(self) -> dict[str, str]:
        """What the Slack app's owner stored: `signing_secret` and `bot_token`. Empty where that is no such JSON."""
        try:
            stored = json.loads(self._secrets.text(self.config.slack.secret_arn))
        except ValueError:
            stored = None
        if not isinstance(stored, dict):
            logger.error("the slack secret is not JSON with signing_secret and bot_token")
            return {}
        return {name: value for name, value in stored.items() if isinstance(value, str)}

    @cached_property
    def launcher(self) -> Launcher:
        """Creates presigned URLs."""
        clients = CallerClients(sts=client("sts"), sagemaker_of=_sagemaker, clock=self._clock)
        return Launcher(self.config, clients, LaunchQueue(lambda: self.queue_store, clock=self._clock))

    @cached_property
    def queue_store(self) -> "QueueStore":
        """The store of launch queues."""
        from gate.store.queue_store import QueueStore

        return QueueStore(self.dynamodb, table=self.config.table, clock=self._clock)

    @cached_property
    def dynamodb(self) -> "DynamoDBClient":
        """The client with which the function reads and writes its table."""
        return cast("DynamoDBClient", client("dynamodb"))

    @cached_property
    def _rules(self) -> "ClaimRules":
        from gate.identity.claims import ClaimRules

        config = self.config
        return ClaimRules(config.user_claim, config.groups_claim, config.groups, config.trust_email)

    @cached_property
    def _provider(self) -> "Provider":
        from gate.identity.provider import Provider

        config, arn = self.config, self.config.client_secret_arn

        def secret(max_age: float) -> str:
            return self._secrets.text(arn, max_age=max_age)

        return Provider(
            issuer=config.issuer,
            client_id=config.client_id,
            client_secret=secret if arn else None,
            clock=self._clock,
        )

    def _signer(self, purpose: str, max_age: timedelta) -> Signer:
        return Signer(self._keys, purpose=purpose, max_age=max_age, clock=self._clock)

    @cached_property
    def _keys(self) -> KeyRing:
        arn = self.config.session_secret_arn
        return KeyRing(lambda stage: self._secrets.read(arn, stage=stage), clock=self._clock, aged=key_age)

    @cached_property
    def _secrets(self) -> Secrets:
        return Secrets(client("secretsmanager"), clock=self._clock)


def _sagemaker(credentials: "CredentialsTypeDef", region: str) -> "SageMakerClient":
    return cast("SageMakerClient", client("sagemaker", region=region, credentials=credentials))


_gate: Gate | None = None


def get_gate() -> Gate:
    """Return this process's gate, made at the first call from the environment. Raises `ConfigError`."""
    if _gate is None:
        set_gate(Gate(Config.from_environ(os.environ)))
    assert _gate is not None
    return _gate


def set_gate(gate: Gate | None) -> None:
    """Replace this process's gate, for callers with a clock of their own. None removes it."""
    global _gate
    _gate = gate
