"""Signing in: OpenID Connect's authorization code flow with PKCE, state and nonce.

What has to be remembered between the two requests lies in a short-lived signed cookie, one for each sign-in under
way, so that several bookmarks opened at once don't get into each other's way.
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

from gate.errors import InvalidTokenError, LoginFailedError
from gate.identity.claims import ClaimRules
from gate.identity.person import Person, person_signing_in
from gate.identity.provider import Provider
from gate.identity.session import CookieJar
from gate.identity.target import safe_target
from gate.request import Request
from gate.signing import BadSignatureError, Signer

LOGIN_SECONDS = 600
"""How long somebody may take at the identity provider."""

MOST_LOGINS = 4
"""Sign-ins under way in one browser; each is a cookie, and API Gateway takes 10,240 bytes of headers in all."""


@dataclass(frozen=True)
class Departure:
    """On the way to the identity provider."""

    url: str
    cookies: list[Cookie]


@dataclass(frozen=True)
class Arrival:
    """Back from it, and known."""

    person: Person
    target: str
    """The path of ours to go on to."""
    cookies: list[Cookie]


class Login:
    """Both halves of a sign-in."""

    NAME = "gate-login-"

    def __init__(
        self,
        provider: Provider,
        signer: Signer,
        jar: CookieJar,
        *,
        base_url: str,
        cookie_path: str,
        scopes: Sequence[str],
        rules: ClaimRules,
    ):
        """`base_url`: the gate's own address, as registered with the provider.

        `cookie_path`: `/` where the cookies can be `__Host-`. Without that prefix a page on a sibling host can set
        one for this host, and finish its own sign-in in somebody else's browser.
        """
        self._provider = provider
        self._signer = signer
        self._jar = jar
        self._redirect_uri = f"{base_url}/login/callback"
        self._cookie_path = cookie_path
        self._scopes = scopes
        self._rules = rules

    def begin(self, request: Request, target: str) -> Departure:
        """Send the browser to the identity provider, to come back to `target`."""
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        url = self._provider.authorization_url(
            {
                "response_type": "code",
                "client_id": self._provider.client_id,
                "redirect_uri": self._redirect_uri,
                "scope": " ".join(self._scopes),
                "state": state,
                "nonce": nonce,
                "code_challenge": challenge,
                "code_challenge_method": "S256",
            }
        )
        value = self._signer.sign([state, nonce, verifier, safe_target(target)])
        prefix = re.escape(self._jar.full_name(self.NAME, self._cookie_path))
        others = [name for name in request.cookies if re.fullmatch(prefix + r"[\w-]{8}", name, re.ASCII)]
        removed = [self._clear(name) for name in others[: max(0, len(others) - MOST_LOGINS + 1)]]
        cookie = self._jar.make(self.NAME + state[:8], value, max_age=LOGIN_SECONDS, path=self._cookie_path)
        return Departure(url, [*removed, cookie])

    def finish(self, request: Request) -> Arrival:
        """Turn the provider's answer into a person.

        Raises `LoginFailedError` when the answer does not belong to a sign-in of this browser, is late, or is an
        error, and what `person_signing_in` and `Provider.redeem` raise.
        """
        state = request.query.get("state", "")
        name = self._jar.full_name(self.NAME + state[:8], self._cookie_path)
        try:
            expected, nonce, verifier, target = self._signer.read(request.cookies.get(name, ""))
        except BadSignatureError:
            raise LoginFailedError from None
        # In constant time, and against what this browser carries: an attacker's own sign-in can't be slipped in.
        if not hmac.compare_digest(state.encode("utf-8", "surrogatepass"), expected.encode()):
            raise LoginFailedError
        code = request.query.get("code")
        if not code:
            raise LoginFailedError
        tokens = self._provider.redeem(code=code, verifier=verifier, redirect_uri=self._redirect_uri)
        try:
            person = person_signing_in(tokens, provider=self._provider, rules=self._rules, nonce=nonce)
        except InvalidTokenError:
            raise LoginFailedError from None
        return Arrival(person, target, [self._clear(name)])

    def _clear(self, full_name: str) -> Cookie:
        bare = full_name[full_name.index(self.NAME) :]
        return self._jar.make(bare, "", max_age=0, path=self._cookie_path)
