"""Identifies callers by the means that a route accepts."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Literal, Protocol

from gate.identity.sign_in_session import SignInSessions
from gate.identity.ticket import Tickets
from gate.platform.clock import Clock
from gate.values.caller import Caller
from gate.values.errors.caller import NotSignedInError
from gate.values.notebook import Notebook
from gate.web.request import Request

if TYPE_CHECKING:
    from gate.identity.person import Person

Means = Literal["ticket", "id_token", "session", "signature"]
"""A means by which a route identifies callers. `IdentityParts.callers` has an authenticator for each."""


class Authenticator(Protocol):
    """Identifies callers by one means."""

    def identify(self, request: Request, notebook: Notebook | None) -> Caller | None:
        """Return the caller of `request`, or None if the request does not use this means.

        `notebook`: the notebook that the path names. Raises a `GateError` if the proof of identity is invalid: no other
        means is tried then.
        """


class Callers:
    """Identifies callers."""

    def __init__(self, authenticators: Mapping[Means, Authenticator]):
        self._authenticators = authenticators

    def identify(self, request: Request, means: Sequence[Means], notebook: Notebook | None = None) -> Caller:
        """Return the caller of `request`, by the first of `means` that it uses.

        Raises `NotSignedInError` if it uses none of them, and the errors of the authenticators.
        """
        for each in means:
            caller = self._authenticators[each].identify(request, notebook)
            if caller is not None:
                return caller
        raise NotSignedInError


class IdTokens:
    """Identifies the callers of bearer tokens."""

    def __init__(self, person_of: "Callable[[str], Person]"):
        """`person_of`: returns the person whom a token names."""
        self._person_of = person_of

    def identify(self, request: Request, _notebook: Notebook | None) -> Caller | None:
        """Return the caller of the token. Raises the errors of `person_of`."""
        token = request.bearer
        return None if token is None else self._person_of(token).caller("bearer", request.address)


class Browsers:
    """Identifies the callers of cookies: people who signed in, or who wait for a notebook after a ticket."""

    def __init__(self, sessions: SignInSessions, tickets: Tickets):
        self._sessions = sessions
        self._tickets = tickets

    def identify(self, request: Request, notebook: Notebook | None) -> Caller | None:
        """Return the caller that the cookies name.

        If both are there and name different people, the sign-in counts. Otherwise a colleague's link would make the
        requests of this browser count as the colleague's.
        """
        waiting = self._tickets.waiting_caller(request, notebook) if notebook else None
        if waiting is None:
            return self._signed_in(request)
        return self.other_person(request, waiting) or waiting

    def other_person(self, request: Request, caller: Caller) -> Caller | None:
        """Return the person who is signed in at this browser, if that is another person than `caller`."""
        signed_in = self._signed_in(request)
        return None if signed_in is None or signed_in.subject in caller.names else signed_in

    def _signed_in(self, request: Request) -> Caller | None:
        try:
            return self._sessions.caller(request)
        except NotSignedInError:
            return None


class Signatures:
    """Identifies the callers whom API Gateway's IAM authorizer identified."""

    def __init__(self, user_roles: Collection[str], clock: Clock):
        """`user_roles`: see `iam_caller`."""
        self._user_roles = user_roles
        self._clock = clock

    def identify(self, request: Request, _notebook: Notebook | None) -> Caller:
        """Return the caller who signed the request. Raises `UnknownIamCallerError`."""
        from gate.identity.iam import iam_caller

        return iam_caller(request, user_roles=self._user_roles, now=self._clock())
