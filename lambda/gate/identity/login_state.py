"""The `state` parameter of a sign-in: random, signed, and readable without the sign-in's cookie.

It carries where the sign-in leads to, so that a browser that has lost the cookie can still go there. The provider sees
that, as the browser does. The nonce and PKCE's verifier are in the cookie alone.
Sources: RFC 6749 §4.1.1 and §10.12, RFC 9700 §4.7.
"""

import secrets
from dataclasses import dataclass
from typing import Self

from gate.clock import Clock
from gate.signing import BadSignatureError, Signer
from gate.web.return_url import safe_return_path

LOGIN_SECONDS = 600
"""How long somebody may take at the identity provider."""

STATE_SECONDS = 86_400
"""How long a state tells where its sign-in leads to: a browser that is opened on the next day loads its tabs again."""


@dataclass(frozen=True)
class LoginState:
    """What one sign-in's `state` parameter says."""

    id: str
    """128 random bits (RFC 6749 §10.10), by which the sign-in's cookie is found and compared."""
    target: str
    """The path of ours to go on to."""
    restarted: bool = False
    """Whether the sign-in took the place of one that was late."""
    late: bool = False
    """Whether it took longer than `LOGIN_SECONDS`."""

    @classmethod
    def new(cls, target: str, *, restarted: bool) -> Self:
        """Make the state of a new sign-in."""
        return cls(secrets.token_urlsafe(16), safe_return_path(target), restarted)


class LoginStates:
    """Writes and reads the parameter."""

    def __init__(self, signer: Signer, clock: Clock):
        """`signer`: its values are good for `STATE_SECONDS`."""
        self._signer = signer
        self._clock = clock

    def sign(self, state: LoginState) -> str:
        """Return the parameter: at most 300 characters, since providers limit the length of their addresses."""
        return self._signer.sign([state.id, state.target, *([1] if state.restarted else [])])

    def read(self, parameter: str) -> LoginState | None:
        """Return what the gate signed as `parameter`, or None where that is too old or not the gate's."""
        try:
            (state_id, target, *restarted), signed_at = self._signer.read_with_time(parameter)
        except BadSignatureError:
            return None
        late = self._clock() - signed_at >= LOGIN_SECONDS
        return LoginState(state_id, safe_return_path(target), bool(restarted), late)
