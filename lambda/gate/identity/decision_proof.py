"""The decision cookie: proves a sign-in to the requests function, by a key that no other function has.

All functions have the key that signs sessions. Whoever takes over the function that opens notebooks can sign a session
in anybody's name, and that function receives everybody's session cookie. So the requests function itself signs people
in, and signs the session that it gives them once more with a key of its own. Browsers send this second signature to the
paths of access requests only, which no other function answers.
"""

import hashlib

from aws_lambda_powertools.shared.cookies import Cookie

from gate.identity.sign_in_session import SignInSessions
from gate.platform.signing import BadSignatureError, Signer
from gate.web.cookies import CookieFactory
from gate.web.request import Request


class DecisionProofs:
    """Writes and checks the decision cookie."""

    NAME = "gate-decision"

    PATH = "/requests"
    """With this path, the cookie cannot have the prefix `__Host-`, so a sibling host can replace it. The replacement
    proves no session, and the person signs in again."""

    def __init__(self, sessions: SignInSessions, signer: Signer, cookies: CookieFactory, *, seconds: int):
        """`signer`: signs with the key of the requests function. `seconds`: lifetime of the cookie in the browser."""
        self._sessions = sessions
        self._signer = signer
        self._cookies = cookies
        self._seconds = seconds

    def cookie(self, session: Cookie) -> Cookie:
        """Return the cookie that proves `session`, the session cookie of a person who has just signed in."""
        value = self._signer.sign(_digest(session.value))
        return self._cookies.make(self.NAME, value, max_age=self._seconds, path=self.PATH)

    def removal_cookie(self) -> Cookie:
        """Return the cookie that removes the proof."""
        return self._cookies.make(self.NAME, "", max_age=0, path=self.PATH)

    def proves(self, request: Request) -> bool:
        """Return whether the requests function gave out the session cookie of `request`, to this browser."""
        try:
            proven = self._signer.read(request.cookies.get(self._cookies.full_name(self.NAME, self.PATH), ""))
        except BadSignatureError:
            return False
        return bool(proven == _digest(self._sessions.cookie_value(request)))


def _digest(session: str) -> str:
    # A digest, because a request can have 10,240 bytes of headers, and the session cookie alone 4,096.
    return hashlib.sha256(session.encode("utf-8", "surrogatepass")).hexdigest()
