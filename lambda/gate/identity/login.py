"""Signing in: OpenID Connect's authorization code flow with PKCE, state and nonce.

What has to be kept secret between the two requests lies in a short-lived signed cookie, one for each sign-in under
way, so that several bookmarks opened at once don't get into each other's way. Where a sign-in leads to lies in its
state.
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

from gate.errors.caller import InvalidTokenError
from gate.errors.sign_in import LoginFailedError
from gate.identity.authorization_error import authorization_error
from gate.identity.claims import ClaimRules
from gate.identity.login_state import LOGIN_SECONDS, LoginState, LoginStates
from gate.identity.person import Person, person_signing_in
from gate.identity.provider import Provider
from gate.identity.sign_in_report import SignInReport
from gate.signing import BadSignatureError, Signer
from gate.web.cookies import CookieFactory
from gate.web.request import Request

MAX_LOGINS = 8
"""Sign-ins under way in one browser: some tabs that are opened at once.

Each is a cookie of at most 256 bytes, and API Gateway takes 10,240 bytes of request line and headers in all: these
2,048, a session of 4,096, a code of 2,500 (Entra ID's are among the longest), and 1,500 of the browser's own.
"""


@dataclass(frozen=True)
class SignInRedirect:
    """On the way to the identity provider."""

    url: str
    cookies: list[Cookie]


@dataclass(frozen=True)
class FinishedSignIn:
    """Back from it, and known."""

    person: Person
    cookies: list[Cookie]


class Login:
    """Both halves of a sign-in."""

    NAME = "gate-login-"

    def __init__(
        self,
        provider: Provider,
        signer: Signer,
        states: LoginStates,
        cookies: CookieFactory,
        *,
        base_url: str,
        cookie_path: str,
        scopes: Sequence[str],
        rules: ClaimRules,
    ):
        """`signer` and `states`: of two purposes, for the cookies and for the `state` parameters.

        `base_url`: the gate's own address, as registered with the provider.

        `cookie_path`: `/` where the cookies can be `__Host-`. Without that prefix a page on a sibling host can set
        one for this host, and finish its own sign-in in somebody else's browser.
        """
        self._provider = provider
        self._signer = signer
        self._states = states
        self._cookies = cookies
        self._redirect_uri = f"{base_url}/login/callback"
        self._cookie_path = cookie_path
        self._scopes = scopes
        self._rules = rules

    def begin(self, request: Request, target: str, *, restarted: bool = False, report_id: str = "") -> SignInRedirect:
        """Send the browser to the identity provider, to come back to `target`.

        `restarted`: whether this takes the place of a sign-in that was late. `report_id`: where an operator waits to
        hear of it. Raises what `Provider.authorization_url` raises.
        """
        state = LoginState.new(target, restarted=restarted)
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
        value = self._signer.sign([state.id, nonce, verifier, *([report_id] if report_id else [])])
        prefix = re.escape(self._cookies.full_name(self.NAME, self._cookie_path))
        others = [name for name in request.cookies if re.fullmatch(prefix + r"[\w-]{8}", name, re.ASCII)]
        removed = [self._clear(name) for name in others[: max(0, len(others) - MAX_LOGINS + 1)]]
        cookie = self._cookies.make(self.NAME + state.id[:8], value, max_age=LOGIN_SECONDS, path=self._cookie_path)
        return SignInRedirect(url, [*removed, cookie])

    def state(self, request: Request) -> LoginState | None:
        """Return what the provider's answer says of its sign-in, or None where that is no state of the gate's.

        It may be a sign-in of another browser.
        """
        return self._states.read(request.query.get("state", ""))

    def restart(self, request: Request, state: LoginState | None) -> SignInRedirect | None:
        """Begin the sign-in of `state` anew where it was late; None where that helps nobody.

        It begins anew once, so that there is no loop; for browsers alone; and not after an answer that says no. Who
        brings another browser's late state signs in as themself, as by any link to `/login`. Raises what `begin`
        raises.
        """
        # Keycloak answers `temporarily_unavailable` when its own page has waited too long.
        says_no = request.query.get("error") not in (None, "temporarily_unavailable")
        if state is None or not state.late or state.restarted or says_no or request.wants_json:
            return None
        return self.begin(request, state.target, restarted=True)

    def finish(self, request: Request, state: LoginState | None, report: SignInReport) -> FinishedSignIn:
        """Turn the provider's answer into a person; `state`: what `state` returned for it.

        `report` gets its id, and the claims that came, whether somebody is signed in by them or not.
        Raises `LoginFailedError` when the answer does not belong to a sign-in of this browser, or is late, what
        `authorization_error` returns when it is an error, and what `person_signing_in` and `Provider.redeem` raise.
        """
        if state is None:
            raise LoginFailedError
        name = self._cookies.full_name(self.NAME + state.id[:8], self._cookie_path)
        try:
            expected, nonce, verifier, *watched = self._signer.read(request.cookies.get(name, ""))
        except BadSignatureError:
            raise LoginFailedError from None
        # In constant time, and against what this browser carries: an attacker's own sign-in can't be slipped in.
        if not hmac.compare_digest(state.id, expected):
            raise LoginFailedError
        report.id = watched[0] if watched else ""
        # The cookie stays where it is: whoever cancelled and goes back can still sign in.
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
        return FinishedSignIn(person, [self._clear(name)])

    def _clear(self, full_name: str) -> Cookie:
        bare = full_name[full_name.index(self.NAME) :]
        return self._cookies.make(bare, "", max_age=0, path=self._cookie_path)
