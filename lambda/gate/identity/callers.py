"""Identifies callers by each of the means that a route accepts."""

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING

from gate.identity.sign_in_session import SignInSessions
from gate.identity.ticket import Tickets
from gate.platform.clock import Clock
from gate.values.caller import Caller
from gate.values.errors.caller import NotSignedInError
from gate.values.notebook import Notebook
from gate.web.request import Request

if TYPE_CHECKING:
    from gate.identity.person import Person


class Callers:
    """Identifies callers by bearer token, cookie or IAM."""

    def __init__(
        self,
        sessions: SignInSessions,
        tickets: Tickets,
        *,
        person_of: "Callable[[str], Person]",
        user_roles: Collection[str],
        clock: Clock,
    ):
        """`person_of`: returns the person whom a bearer token names. `user_roles`: see `iam_caller`."""
        self._sessions = sessions
        self._tickets = tickets
        self._person_of = person_of
        self._user_roles = user_roles
        self._clock = clock

    def of(self, request: Request, notebook: Notebook | None = None) -> Caller:
        """Return the caller of `request`, by bearer token or cookie. `notebook`: the notebook of the request.

        If there is a token, only the token counts: an invalid one is refused, even if there is also a cookie.
        Raises the errors of `person_of`, or `NotSignedInError`.
        """
        token = request.bearer
        if token is None:
            return self.in_browser(request, notebook)
        return self._person_of(token).caller("bearer", request.address)

    def in_browser(self, request: Request, notebook: Notebook | None = None) -> Caller:
        """Return the caller that the cookies name: a person who signed in, or waits for `notebook` after a ticket.

        If both are there and name different people, the sign-in counts. Otherwise a colleague's link would make the
        requests of this browser count as the colleague's.
        Raises `NotSignedInError`.
        """
        waiting = self._tickets.waiting_caller(request, notebook) if notebook else None
        if waiting is None:
            return self._sessions.caller(request)
        return self.other_person(request, waiting) or waiting

    def other_person(self, request: Request, caller: Caller) -> Caller | None:
        """Return the person who is signed in at this browser, if that is another person than `caller`."""
        try:
            signed_in = self._sessions.caller(request)
        except NotSignedInError:
            return None
        return None if signed_in.subject in caller.names else signed_in

    def by_iam(self, request: Request) -> Caller:
        """Return the caller whom API Gateway's IAM authorizer identified. Raises `UnknownIamCallerError`."""
        from gate.identity.iam import iam_caller

        return iam_caller(request, user_roles=self._user_roles, now=self._clock())
