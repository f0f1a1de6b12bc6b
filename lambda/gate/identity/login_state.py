"""The `state` parameter of a sign-in: random, signed, and readable without the sign-in's cookie.

It contains the return path, so that a browser without the cookie can still continue there. The provider can read it,
and so can the browser. The nonce and the PKCE verifier are only in the cookie.
Sources: RFC 6749 §4.1.1 and §10.12, RFC 9700 §4.7.
"""

import secrets
from dataclasses import dataclass
from typing import Self

from gate.platform.clock import Clock
from gate.platform.signing import BadSignatureError, Signer
from gate.web.return_url import safe_return_path

LOGIN_SECONDS = 600
"""Maximum time at the identity provider."""

STATE_SECONDS = 86_400
"""Lifetime of a state. A browser that is opened on the next day reloads its tabs, and needs their return paths."""


@dataclass(frozen=True)
class LoginState:
    """The content of a `state` parameter."""

    id: str
    """128 random bits (RFC 6749 §10.10). The name and the value of the sign-in's cookie contain the id."""
    return_path: str
    """The path of the gate that the browser continues to after the sign-in."""
    restarted: bool = False
    """Whether the sign-in replaced one that was late."""
    late: bool = False
    """Whether the sign-in took longer than `LOGIN_SECONDS`."""

    @classmethod
    def new(cls, return_path: str, *, restarted: bool) -> Self:
        """Return the state of a new sign-in."""
        return cls(secrets.token_urlsafe(16), safe_return_path(return_path), restarted)


class LoginStates:
    """Writes and reads `state` parameters."""

    def __init__(self, signer: Signer, clock: Clock):
        """`signer`: a signer whose values are valid for `STATE_SECONDS`."""
        self._signer = signer
        self._clock = clock

    def sign(self, state: LoginState) -> str:
        """Return `state` as a parameter of at most 300 characters, because providers limit the length of URLs."""
        return self._signer.sign([state.id, state.return_path, *([1] if state.restarted else [])])

    def read(self, parameter: str) -> LoginState | None:
        """Return the state in `parameter`, or None if it has expired or the gate did not sign it."""
        try:
            (state_id, return_path, *restarted), signed_at = self._signer.read_with_time(parameter)
        except BadSignatureError:
            return None
        late = self._clock() - signed_at >= LOGIN_SECONDS
        return LoginState(state_id, safe_return_path(return_path), bool(restarted), late)
