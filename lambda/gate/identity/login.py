"""Sign-in with OpenID Connect's authorization code flow, with PKCE, state and nonce.

A short-lived signed cookie holds the secrets of a sign-in between its two requests. Each sign-in has its own cookie, so
that several bookmarks can be opened at once. The return path is in the state.
Sources: OpenID Connect Core 1.0 §3.1, RFC 7636 (PKCE), RFC 9700 (best practice).
"""

import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from aws_lambda_powertools.shared.cookies import Cookie

from gate.identity.authorization_error import authorization_error
from gate.identity.claims import ClaimRules
from gate.identity.login_state import LOGIN_SECONDS, LoginState, LoginStates
from gate.identity.person import Person, person_signing_in
from gate.identity.provider import Provider
from gate.platform.signing import BadSignatureError, Signer
from gate.store.sign_in_report import SignInReport
from gate.values.errors.caller import InvalidTokenError
from gate.values.errors.sign_in import LoginFailedError
from gate.web.cookies import CookieFactory
from gate.web.request import Request

MAX_LOGINS = 8
"""Maximum number of sign-ins in progress in one browser, such as tabs that were opened at once.

Each has a cookie of at most 256 bytes. API Gateway accepts 10,240 bytes of request line and headers: 2,048 for these
cookies, 4,096 for a session, 2,500 for a code (Entra ID has some of the longest), and 1,500 for the browser's own
headers.
"""


@dataclass(frozen=True)
class SignInRedirect:
    """A redirect to the identity provider."""

    url: str
    cookies: list[Cookie]


@dataclass(frozen=True)
class FinishedSignIn:
    """The result of a sign-in: the person who signed in, and cookies to set."""

    person: Person
    cookies: list[Cookie]


class Login:
    """Starts and finishes sign-ins."""

    NAME = "gate-login-"
    """Prefix of the names of the cookies. The first characters of the state's id follow."""

    def __init__(
        self,
        provider: Provider,
        cookie_signer: Signer,
        states: LoginStates,
        cookies: CookieFactory,
        *,
        redirect_uri: str,
        cookie_path: str,
        scopes: Sequence[str],
        rules: ClaimRules,
    ):
        """`cookie_signer` and `states` must have different purposes.

        `redirect_uri`: the URL of the callback, as registered with the provider.

        `cookie_path`: `/` if the cookies can have the prefix `__Host-`. Without the prefix, a page on a sibling host
        could set a cookie for this host, and so finish the attacker's own sign-in in another person's browser.
        """
        self._provider = provider
        self._cookie_signer = cookie_signer
        self._states = states
        self._cookies = cookies
        self._redirect_uri = redirect_uri
        self._cookie_path = cookie_path
        self._scopes = scopes
        self._rules = rules

    def begin(
        self, request: Request, return_path: str, *, restarted: bool = False, report_id: str = ""
    ) -> SignInRedirect:
        """Start a sign-in that returns to `return_path`.

        `restarted`: whether it replaces a sign-in that was late. `report_id`: id of the report that an operator waits
        for, or empty. Raises the errors of `Provider.authorization_url`.
        """
        state = LoginState.new(return_path, restarted=restarted)
        nonce, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        url = self._provider.authorization_url(
            {
                "response_type": "code",
                "client_id": self._provider.client_id,
                "redirect_uri": self._redirect_uri,
                "scope": " ".join(self._scopes),
                "state": self._states.sign(state),
                "nonce": nonce,
                "code_challenge": challenge,
                "code_challenge_method": "S256",
            }
        )
        value = self._cookie_signer.sign([state.id, nonce, verifier, *([report_id] if report_id else [])])
        prefix = re.escape(self._cookies.full_name(self.NAME, self._cookie_path))
        login_cookies = [name for name in request.cookies if re.fullmatch(prefix + r"[\w-]{8}", name, re.ASCII)]
        removed = [self._removal_cookie(name) for name in login_cookies[: max(0, len(login_cookies) - MAX_LOGINS + 1)]]
        cookie = self._cookies.make(self.NAME + state.id[:8], value, max_age=LOGIN_SECONDS, path=self._cookie_path)
        return SignInRedirect(url, [*removed, cookie])

    def state(self, request: Request) -> LoginState | None:
        """Return the state of a callback, or None if it is not a valid state of the gate.

        The state may belong to a sign-in of another browser.
        """
        return self._states.read(request.query.get("state", ""))

    def restart(self, request: Request, state: LoginState | None) -> SignInRedirect | None:
        """Start a new sign-in if the one of `state` was late. Returns None if a new one would not help.

        A sign-in is restarted once, so that there is no loop. It is restarted only for browsers, and not after the
        provider refused it. A caller with the late state of another browser signs in as themselves, as with any link
        to `/login`. Raises the errors of `begin`.
        """
        # Keycloak sends `temporarily_unavailable` after its own sign-in page has expired.
        refused = request.query.get("error") not in (None, "temporarily_unavailable")
        if state is None or not state.late or state.restarted or refused or request.wants_json:
            return None
        return self.begin(request, state.return_path, restarted=True)

    def finish(self, request: Request, state: LoginState | None, report: SignInReport) -> FinishedSignIn:
        """Return the person whom the callback `request` signs in.

        `state`: the result of `state` for the same request. `report`: receives its id and the claims, also if the
        sign-in fails. Raises `LoginFailedError` if the callback is late or does not belong to a sign-in of this
        browser, the error of `authorization_error` if the provider sent an error, and the errors of
        `person_signing_in` and `Provider.redeem`.
        """
        if state is None:
            raise LoginFailedError
        name = self._cookies.full_name(self.NAME + state.id[:8], self._cookie_path)
        try:
            expected_id, nonce, verifier, *report_ids = self._cookie_signer.read(request.cookies.get(name, ""))
        except BadSignatureError:
            raise LoginFailedError from None
        # The state must belong to this browser, so that an attacker cannot inject a sign-in of their own (login CSRF).
        # The comparison takes constant time.
        if not hmac.compare_digest(state.id, expected_id):
            raise LoginFailedError
        report.id = report_ids[0] if report_ids else ""
        # The cookie is not removed after an error. A person who cancelled can go back and still sign in.
        if error := request.query.get("error"):
            raise authorization_error(error)
        code = request.query.get("code")
        if not code:
            raise LoginFailedError
        tokens = self._provider.redeem(code=code, verifier=verifier, redirect_uri=self._redirect_uri)
        try:
            person = person_signing_in(tokens, provider=self._provider, rules=self._rules, nonce=nonce, report=report)
        except InvalidTokenError:
            raise LoginFailedError from None
        return FinishedSignIn(person, [self._removal_cookie(name)])

    def _removal_cookie(self, full_name: str) -> Cookie:
        name = full_name[full_name.index(self.NAME) :]
        return self._cookies.make(name, "", max_age=0, path=self._cookie_path)
