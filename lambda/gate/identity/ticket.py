"""Tickets: links made for one caller and one notebook, good for five minutes and for one use.

Whoever comes with a ticket is the caller it was made for. A notebook that is not running yet keeps them waiting: then
a cookie takes the ticket's place, in that browser and for that notebook alone, so that the page can look again.
"""

import re
import secrets

from aws_lambda_powertools.shared.cookies import Cookie

from gate.errors import InvalidTicketError, TicketPreviewError
from gate.identity.caller import Caller
from gate.identity.session import CookieJar
from gate.notebook import Notebook
from gate.once import Once, SpentError
from gate.request import Request
from gate.signing import BadSignatureError, Signer

TICKET_SECONDS = 300
WAIT_SECONDS = 900
"""A notebook usually starts in three to five minutes; who has waited this long asks for a new ticket."""

_BY = re.compile(r"[\w-]{22}", re.ASCII)


class Tickets:
    """Makes and redeems tickets, and keeps those who wait."""

    def __init__(self, signer: Signer, waiting: Signer, jar: CookieJar, once: Once):
        """`signer` and `waiting`: of two purposes, for the tickets and for the cookies of those who wait."""
        self._signer = signer
        self._waiting = waiting
        self._jar = jar
        self._once = once

    def issue(self, caller: Caller, notebook: Notebook) -> str:
        """Return a ticket by which `caller` may come to `notebook`; their grant is asked again when they come."""
        return self._signer.sign([secrets.token_urlsafe(16), str(notebook), caller.subject, *caller.aliases])

    def by(self, request: Request) -> str:
        """Return who tries: what `again` told this browser, or somebody new."""
        told = request.cookies.get(self._jar.full_name("gate-try"), "")
        return told if _BY.fullmatch(told) else secrets.token_urlsafe(16)

    def again(self, by: str) -> Cookie:
        """Make the cookie by which this browser, and no other, may try a ticket again that may be spent already."""
        return self._jar.make("gate-try", by, max_age=TICKET_SECONDS)

    def redeem(self, ticket: str, notebook: Notebook, request: Request, *, by: str) -> Caller:
        """Return who comes to `notebook` with `ticket`, which is then spent by `by`.

        Raises `TicketPreviewError`, which leaves it unspent, when nobody has clicked yet, `InvalidTicketError`
        when it is altered, late, spent, or another notebook's, and what `aws_errors` raises when that can't be told.
        """
        if request.speculative:
            raise TicketPreviewError
        try:
            number, named, subject, *aliases = self._signer.read(ticket)
            if named != str(notebook):
                raise InvalidTicketError
            self._once.spend(f"ticket/{number}", by=by)
        except (BadSignatureError, SpentError):
            raise InvalidTicketError from None
        return Caller(subject, (), "ticket", request.address, tuple(aliases))

    def wait(self, caller: Caller, notebook: Notebook) -> Cookie:
        """Make the cookie by which `caller` can come back to `notebook` while it starts."""
        value = self._waiting.sign([str(notebook), caller.subject, *caller.aliases])
        return self._jar.make(_name(notebook), value, max_age=WAIT_SECONDS)

    def waiting(self, request: Request, notebook: Notebook) -> Caller | None:
        """Return who waits for `notebook` in this browser, if anybody does."""
        try:
            named, subject, *aliases = self._waiting.read(request.cookies.get(self._jar.full_name(_name(notebook)), ""))
        except BadSignatureError:
            return None
        # The name of a cookie is not signed, only its value.
        return Caller(subject, (), "ticket", request.address, tuple(aliases)) if named == str(notebook) else None

    def arrive(self, notebook: Notebook) -> Cookie:
        """Make the cookie that ends the waiting."""
        return self._jar.make(_name(notebook), "", max_age=0)


def _name(notebook: Notebook) -> str:
    return f"gate-wait-{notebook.segment}"
