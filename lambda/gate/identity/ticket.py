"""Tickets: links made for one caller and one notebook, good for five minutes and for one use.

Whoever comes with a ticket is the caller it was made for. A notebook that is not running yet keeps them waiting: then
a cookie takes the ticket's place, in that browser and for that notebook alone, so that the page can look again.
"""

import re
import secrets

from aws_lambda_powertools.shared.cookies import Cookie

from gate.errors.slack import InvalidTicketError, TicketPreviewError
from gate.identity.caller import Caller
from gate.notebook import Notebook
from gate.signing import BadSignatureError, Signer
from gate.store.replay_guard import AlreadyUsedError, ReplayGuard
from gate.web.cookies import CookieFactory
from gate.web.request import Request

TICKET_SECONDS = 300
WAIT_SECONDS = 900
"""A notebook usually starts in three to five minutes; who has waited this long asks for a new ticket."""

MAX_WAIT_COOKIES = 40
"""Cookies that one answer removes, so that planted names can't make its headers longer than the 10,240 bytes that API
Gateway takes. A person waits for one or two notebooks."""

_WAIT, _TRY = "gate-wait-", "gate-try"
_SEGMENT = re.compile(r"[a-zA-Z0-9~-]{1,104}", re.ASCII)
_BY = re.compile(r"[\w-]{22}", re.ASCII)


class Tickets:
    """Makes and redeems tickets, and keeps those who wait."""

    def __init__(self, signer: Signer, waiting: Signer, cookies: CookieFactory, replay_guard: ReplayGuard):
        """`signer` and `waiting`: of two purposes, for the tickets and for the cookies of those who wait."""
        self._signer = signer
        self._waiting = waiting
        self._cookies = cookies
        self._once = replay_guard

    def issue(self, caller: Caller, notebook: Notebook) -> str:
        """Return a ticket by which `caller` may come to `notebook`; their grant is asked again when they come."""
        return self._signer.sign([secrets.token_urlsafe(16), str(notebook), caller.subject, *caller.aliases])

    def attempt_id(self, request: Request) -> str:
        """Return who tries: what `retry_cookie` told this browser, or somebody new."""
        told = request.cookies.get(self._cookies.full_name(_TRY), "")
        return told if _BY.fullmatch(told) else secrets.token_urlsafe(16)

    def retry_cookie(self, attempt_id: str) -> Cookie:
        """Make the cookie by which this browser, and no other, may try a ticket again that may be spent already."""
        return self._cookies.make(_TRY, attempt_id, max_age=TICKET_SECONDS)

    def redeem(self, ticket: str, notebook: Notebook, request: Request, *, attempt_id: str) -> Caller:
        """Return who comes to `notebook` with `ticket`, which is then spent by `attempt_id`.

        Raises `TicketPreviewError`, which leaves it unspent, when nobody has clicked yet, `InvalidTicketError`
        when it is altered, late, spent, or another notebook's, and what `aws_errors` raises when that can't be told.
        """
        if request.speculative:
            raise TicketPreviewError
        try:
            (number, named, subject, *aliases), issued_at = self._signer.read_with_time(ticket)
            if named != str(notebook):
                raise InvalidTicketError
            self._once.claim(f"ticket/{number}", attempt_id=attempt_id)
        except (BadSignatureError, AlreadyUsedError):
            raise InvalidTicketError from None
        return Caller(subject, (), "ticket", request.address, issued_at, tuple(aliases))

    def wait(self, caller: Caller, notebook: Notebook) -> Cookie:
        """Make the cookie by which `caller` can come back to `notebook` while it starts.

        It holds the ticket's time: by its own, a ticket from before a cutoff would become a proof from after it.
        """
        value = self._waiting.sign([str(notebook), int(caller.proven_at), *caller.names])
        return self._cookies.make(_name(notebook), value, max_age=WAIT_SECONDS)

    def waiting(self, request: Request, notebook: Notebook) -> Caller | None:
        """Return who waits for `notebook` in this browser, if anybody does."""
        try:
            named, proven_at, subject, *aliases = self._waiting.read(
                request.cookies.get(self._cookies.full_name(_name(notebook)), "")
            )
        except BadSignatureError:
            return None
        # The name of a cookie is not signed, only its value.
        if named != str(notebook):
            return None
        return Caller(subject, (), "ticket", request.address, proven_at, tuple(aliases))

    def arrive(self, notebook: Notebook) -> Cookie:
        """Make the cookie that ends the waiting."""
        return self._cookies.make(_name(notebook), "", max_age=0)

    def forget(self, request: Request) -> list[Cookie]:
        """Make the cookies that end all waiting in this browser, whatever the notebook, and all trying again."""
        prefix = self._cookies.full_name(_WAIT)
        segments = [name.removeprefix(prefix) for name in request.cookies if name.startswith(prefix)]
        bare = [f"{_WAIT}{segment}" for segment in segments if _SEGMENT.fullmatch(segment)][:MAX_WAIT_COOKIES]
        if self._cookies.full_name(_TRY) in request.cookies:
            bare.append(_TRY)
        return [self._cookies.make(name, "", max_age=0) for name in bare]


def _name(notebook: Notebook) -> str:
    return f"{_WAIT}{notebook.segment}"
