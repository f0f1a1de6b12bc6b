"""The session cookie: a signed record of the person who signed in."""

from typing import TYPE_CHECKING

from aws_lambda_powertools.shared.cookies import Cookie

from gate.platform.config import Config
from gate.platform.signing import BadSignatureError, Signer
from gate.values.caller import Caller
from gate.values.errors.caller import NotSignedInError, TooManyGroupsError
from gate.web.cookies import CookieFactory
from gate.web.request import Request

if TYPE_CHECKING:
    from gate.identity.person import Person

MAX_COOKIE_BYTES = 4096
"""Size of a cookie (name, value and attributes) that every browser accepts (RFC 6265 §6.1)."""


class SignInSessions:
    """Writes and reads the session cookie."""

    NAME = "gate-session"

    def __init__(self, signer: Signer, cookies: CookieFactory, *, seconds: int):
        """`seconds`: lifetime of the cookie in the browser. `signer` limits the lifetime of the session itself."""
        self._signer = signer
        self._cookies = cookies
        self._seconds = seconds

    @classmethod
    def of(cls, config: Config, signer: Signer) -> "SignInSessions":
        """Return the sessions of the deployment that `config` describes."""
        return cls(signer, CookieFactory(config.base_path, config.secure), seconds=config.sign_in_seconds)

    def sign_in_cookie(self, person: "Person") -> Cookie:
        """Return the cookie that signs `person` in. Raises `TooManyGroupsError` if it would be too large."""
        # If the groups are unknown, the reason takes their place. It is an object, because groups are strings.
        groups = [{"problem": person.groups_problem}] if person.groups_problem else person.groups
        cookie = self._cookies.make(self.NAME, self._signer.sign([person.user, *groups]), max_age=self._seconds)
        if len(str(cookie).encode()) > MAX_COOKIE_BYTES:
            raise TooManyGroupsError
        return cookie

    def sign_out_cookie(self) -> Cookie:
        """Return the cookie that removes the session."""
        return self._cookies.make(self.NAME, "", max_age=0)

    def cookie_value(self, request: Request) -> str:
        """Return the value of the session cookie of `request`, which may be forged, or an empty string."""
        return request.cookies.get(self._cookies.full_name(self.NAME), "")

    def unproven_caller(self, request: Request) -> Caller | None:
        """Return the person that the session cookie names, which may be forged, or None if it names nobody.

        This is for work that can be thrown away, before the key that proves the person is known.
        """
        return _caller(self._signer.unproven(self.cookie_value(request)), request.address, 0)

    def caller(self, request: Request) -> Caller:
        """Return the person who is signed in. Raises `NotSignedInError`."""
        try:
            value, proven_at = self._signer.read_with_time(self.cookie_value(request))
        except BadSignatureError:
            raise NotSignedInError from None
        caller = _caller(value, request.address, proven_at)
        if caller is None:
            raise NotSignedInError
        return caller


def _caller(value: object, address: str, proven_at: float) -> Caller | None:
    """Return the person that the value of a cookie names, or None if `sign_in_cookie` writes no such value."""
    match value:
        case [str() as user, {"problem": str() as problem}]:
            return Caller(f"user:{user}", (), "session", address, proven_at, groups_problem=problem)
        case [str() as user, *groups]:
            names = tuple(group for group in groups if isinstance(group, str))
            return Caller(f"user:{user}", names, "session", address, proven_at) if len(names) == len(groups) else None
    return None
