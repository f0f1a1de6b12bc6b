"""Tickets: links for one caller and one notebook, which are valid for five minutes and can be used once.

The caller of a request with a ticket is the caller that the ticket was issued to. If the notebook does not run yet, a
cookie replaces the used ticket, so that the page can load again. The cookie is valid in that browser and for that
notebook only.
"""

import re
import secrets

from aws_lambda_powertools.shared.cookies import Cookie

from gate.platform.signing import BadSignatureError, Signer
from gate.store.replay_guard import AlreadyUsedError, ReplayGuard
from gate.values.caller import Caller
from gate.values.errors.slack import InvalidTicketError, TicketPreviewError
from gate.values.errors.upstream import UpstreamError
from gate.values.notebook import MAX_LENGTH, Notebook
from gate.web.cookies import CookieFactory
from gate.web.request import Request

TICKET_SECONDS = 300
"""Lifetime of a ticket."""

WAITING_SECONDS = 900
"""Lifetime of the cookie that replaces a ticket. A notebook usually starts in three to five minutes."""

MAX_REMOVED_COOKIES = 20
"""Waiting cookies that one response removes. A person waits for one or two notebooks.

The limit keeps the response's headers below the 10,240 bytes that API Gateway accepts, even if an attacker planted
cookies.
"""

_WAITING_COOKIE = "gate-wait-"
"""Prefix of the names of waiting cookies. The notebook's path segment follows."""

_RETRY_COOKIE = "gate-try"

_SEGMENT = re.compile(f"[a-zA-Z0-9~-]{{1,{MAX_LENGTH}}}", re.ASCII)
_ATTEMPT_ID = re.compile(r"[\w-]{22}", re.ASCII)


class Tickets:
    """Issues and redeems tickets, and recognises callers who wait for a notebook after they used a ticket."""

    def __init__(
        self, ticket_signer: Signer, waiting_signer: Signer, cookies: CookieFactory, replay_guard: ReplayGuard
    ):
        """`ticket_signer` and `waiting_signer` must have different purposes: one for tickets, one for cookies."""
        self._ticket_signer = ticket_signer
        self._waiting_signer = waiting_signer
        self._cookies = cookies
        self._replay_guard = replay_guard

    def issue(self, caller: Caller, notebook: Notebook) -> str:
        """Return a ticket with which `caller` can open `notebook`. The grant is checked when the ticket is used."""
        return self._ticket_signer.sign([secrets.token_urlsafe(16), str(notebook), caller.subject, *caller.aliases])

    def identify(self, request: Request, notebook: Notebook | None) -> Caller | None:
        """Return the caller of the request's ticket, and mark the ticket as used by this browser.

        Raises `TicketPreviewError` if nobody clicked yet; the ticket then stays valid. Raises `InvalidTicketError` if
        the ticket is altered, expired, used, or for another notebook than `notebook`. Raises the errors of
        `aws_errors`, after which it is unknown whether the ticket is used; the response then sets a cookie that lets
        only this browser try again.
        """
        ticket = request.query.get("ticket")
        if ticket is None:
            return None
        if request.speculative:
            raise TicketPreviewError
        attempt_id = self._attempt_id(request)
        try:
            (ticket_id, ticket_notebook, subject, *aliases), issued_at = self._ticket_signer.read_with_time(ticket)
            if notebook is None or ticket_notebook != str(notebook):
                raise InvalidTicketError
            self._replay_guard.claim(f"ticket/{ticket_id}", attempt_id=attempt_id)
        except (BadSignatureError, AlreadyUsedError):
            raise InvalidTicketError from None
        except UpstreamError as error:
            error.cookies = [self._cookies.make(_RETRY_COOKIE, attempt_id, max_age=TICKET_SECONDS)]
            raise
        return Caller(subject, (), "ticket", request.address, issued_at, tuple(aliases))

    def _attempt_id(self, request: Request) -> str:
        """Return the id of this browser's attempts: the one in its retry cookie, or a new one."""
        attempt_id = request.cookies.get(self._cookies.full_name(_RETRY_COOKIE), "")
        return attempt_id if _ATTEMPT_ID.fullmatch(attempt_id) else secrets.token_urlsafe(16)

    def waiting_cookie(self, caller: Caller, notebook: Notebook) -> Cookie:
        """Return the cookie with which `caller` can return to `notebook` while it starts.

        The cookie holds the time of the ticket. With a time of its own, a ticket from before a cutoff would become a
        proof from after the cutoff.
        """
        value = self._waiting_signer.sign([str(notebook), int(caller.proven_at), *caller.names])
        return self._cookies.make(_waiting_cookie_name(notebook), value, max_age=WAITING_SECONDS)

    def waiting_caller(self, request: Request, notebook: Notebook) -> Caller | None:
        """Return the caller who waits for `notebook` in this browser, or None."""
        try:
            cookie_notebook, proven_at, subject, *aliases = self._waiting_signer.read(
                request.cookies.get(self._cookies.full_name(_waiting_cookie_name(notebook)), "")
            )
        except BadSignatureError:
            return None
        # The signature covers the value of the cookie and not its name.
        if cookie_notebook != str(notebook):
            return None
        return Caller(subject, (), "ticket", request.address, proven_at, tuple(aliases))

    def removal_cookie(self, notebook: Notebook) -> Cookie:
        """Return the cookie that removes the waiting cookie of `notebook`."""
        return self._cookies.make(_waiting_cookie_name(notebook), "", max_age=0)

    def removal_cookies(self, request: Request) -> list[Cookie]:
        """Return the cookies that remove this browser's waiting cookies, of all notebooks, and its retry cookie."""
        prefix = self._cookies.full_name(_WAITING_COOKIE)
        segments = [name.removeprefix(prefix) for name in request.cookies if name.startswith(prefix)]
        valid_segments = [segment for segment in segments if _SEGMENT.fullmatch(segment)]
        names = [f"{_WAITING_COOKIE}{segment}" for segment in valid_segments[:MAX_REMOVED_COOKIES]]
        if self._cookies.full_name(_RETRY_COOKIE) in request.cookies:
            names.append(_RETRY_COOKIE)
        return [self._cookies.make(name, "", max_age=0) for name in names]


def _waiting_cookie_name(notebook: Notebook) -> str:
    return f"{_WAITING_COOKIE}{notebook.segment}"
