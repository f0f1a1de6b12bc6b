"""The parts that identify callers and sign people in. Each is made when it is first needed, and kept."""

from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from gate.identity.callers import Browsers, Callers, IdTokens, Signatures
from gate.identity.sign_in_session import SignInSessions
from gate.identity.ticket import TICKET_SECONDS, WAITING_SECONDS, Tickets
from gate.platform.clock import Clock
from gate.platform.config import Config
from gate.platform.keys import KeyRing
from gate.platform.metrics import record_key_age
from gate.platform.secrets import Secrets
from gate.platform.signing import Signer
from gate.store.replay_guard import ReplayGuard
from gate.web.cookies import CookieFactory
from gate.web.links import Links

if TYPE_CHECKING:
    from gate.identity.claims import ClaimRules
    from gate.identity.decision_proof import DecisionProofs
    from gate.identity.login import Login
    from gate.identity.person import Person
    from gate.identity.provider import Provider


class IdentityParts:
    """The identification of callers, and what signs, reads and ends their proofs."""

    def __init__(self, config: Config, secrets: Secrets, replay_guard: ReplayGuard, *, links: Links, clock: Clock):
        """`clock`: see `Gate`."""
        self._config = config
        self._secrets = secrets
        self._replay_guard = replay_guard
        self._links = links
        self._clock = clock
        self._cookies = CookieFactory(config.base_path, config.secure)

    @cached_property
    def callers(self) -> Callers:
        """The identification of callers, by each of the means that routes name."""
        return Callers(
            {
                "ticket": self.tickets,
                "id_token": IdTokens(self._person_of),
                "session": self.browsers,
                "signature": Signatures(self._config.user_roles, self._clock),
            }
        )

    @cached_property
    def browsers(self) -> Browsers:
        """The identification of callers by cookies."""
        return Browsers(self.sessions, self.tickets)

    @cached_property
    def sessions(self) -> SignInSessions:
        """The sessions of people who signed in."""
        seconds = self._config.sign_in_seconds
        return SignInSessions(self._signer("session", timedelta(seconds=seconds)), self._cookies, seconds=seconds)

    @cached_property
    def decision_proofs(self) -> "DecisionProofs":
        """The proofs with which people decide on access requests. Only the requests function can sign and read them."""
        from gate.identity.decision_proof import DecisionProofs

        seconds = self._config.sign_in_seconds
        signer = self._signer("decision", timedelta(seconds=seconds), keys=self._decision_keys)
        return DecisionProofs(self.sessions, signer, self._cookies, seconds=seconds)

    @cached_property
    def login(self) -> "Login":
        """The sign-in at the identity provider."""
        from gate.identity.login import Login
        from gate.identity.login_state import LOGIN_SECONDS, STATE_SECONDS, LoginStates

        return Login(
            self._provider,
            self._signer("login", timedelta(seconds=LOGIN_SECONDS)),
            LoginStates(self._signer("state", timedelta(seconds=STATE_SECONDS)), self._clock),
            self._cookies,
            redirect_uri=self._links.to("/login/callback"),
            # `__Host-` cookies have the path `/` (RFC 6265bis §4.1.3.2), which the gate has only on its own host name.
            cookie_path="/" if self._config.own_host else "/login",
            scopes=self._config.scopes,
            rules=self._rules,
        )

    @cached_property
    def tickets(self) -> Tickets:
        """The links that are sent to Slack."""
        signer = self._signer("ticket", timedelta(seconds=TICKET_SECONDS))
        waiting = self._signer("waiting", timedelta(seconds=WAITING_SECONDS))
        return Tickets(signer, waiting, self._cookies, self._replay_guard)

    def end_session_url(self) -> str | None:
        """Return the URL that ends the session at the identity provider.

        None if the provider has none, or the settings keep that session.
        """
        if self._config.sign_out == "here":
            return None
        return self._provider.end_session_url(self._links.home)

    def _person_of(self, token: str) -> "Person":
        from gate.identity.person import person_of

        return person_of(token, provider=self._provider, rules=self._rules, audiences=self._config.audiences)

    @cached_property
    def _rules(self) -> "ClaimRules":
        from gate.identity.claims import ClaimRules

        config = self._config
        return ClaimRules(config.user_claim, config.groups_claim, config.groups, config.trust_email)

    @cached_property
    def _provider(self) -> "Provider":
        from gate.identity.provider import Provider

        config, arn = self._config, self._config.client_secret_arn
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
        return self._key_ring(self._config.session_secret_arn)

    @cached_property
    def _decision_keys(self) -> KeyRing:
        return self._key_ring(self._config.decision_secret_arn)

    def _key_ring(self, arn: str) -> KeyRing:
        return KeyRing(lambda stage: self._secrets.read(arn, stage=stage), clock=self._clock, report_age=record_key_age)
