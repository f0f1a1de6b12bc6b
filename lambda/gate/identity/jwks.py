"""The issuer's signing keys, and which of them may verify a token.

Sources: RFC 7517 §4 and §5 (JWK Set), RFC 7518 §3.1 and RFC 8037 §3.1 (algorithms and their key types).
"""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jwt import PyJWK

# Public-key algorithms only. `none` proves nothing, and with HS256 the provider's public key would be the secret.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")


class KeySet:
    """The usable keys of a JWK Set: those that can verify signatures by one of `ALGORITHMS`."""

    def __init__(self, jwks: Iterable[object]) -> None:
        """`jwks`: the set's member `keys`, as it was published."""
        signing = [jwk for jwk in jwks if isinstance(jwk, dict) and jwk.get("use") in (None, "sig")]
        self._jwks = [jwk for jwk in signing if any(_key(jwk, algorithm) for algorithm in ALGORITHMS)]

    def __len__(self) -> int:
        return len(self._jwks)

    def find(self, key_id: str | None, algorithm: str) -> "PyJWK | None":
        """Return the key called `key_id` that fits `algorithm`, bound to that algorithm; None where there is none.

        Several keys may share an id, each for an algorithm of its own. Without an id, exactly one key must fit:
        RFC 7515 §4.1.4 makes the id optional, and guessing among several would let a token choose.
        """
        fitting = [
            key
            for jwk in self._jwks
            if key_id is None or jwk.get("kid") == key_id
            if (key := _key(jwk, algorithm)) is not None
        ]
        if not fitting or (key_id is None and len(fitting) > 1):
            return None
        return fitting[0]


def _key(jwk: Mapping[str, Any], algorithm: str) -> "PyJWK | None":
    """Return `jwk` as a key for `algorithm`, or None where its own `alg`, type or curve is another."""
    from jwt import PyJWK
    from jwt.exceptions import PyJWTError

    if jwk.get("alg") not in (None, algorithm):
        return None
    try:
        # Without the second argument, PyJWT takes RS256 for every RSA key that names no algorithm.
        key = PyJWK(dict(jwk), algorithm)
        key.Algorithm.prepare_key(key.key)  # checks the curve, too
    except PyJWTError:
        return None
    return key
