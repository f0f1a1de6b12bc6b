"""The issuer's signing keys, and the choice of the key that verifies a token.

Sources: RFC 7517 §4 and §5 (JWK Set), RFC 7518 §3.1 and RFC 8037 §3.1 (algorithms and their key types).
"""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jwt import PyJWK

# Public-key algorithms only. With `none`, a token has no signature. With HS256, anybody could sign with the public key.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")


class KeySet:
    """The keys of a JWK Set that can verify signatures with one of `ALGORITHMS`."""

    def __init__(self, jwks: Iterable[object]) -> None:
        """`jwks`: the member `keys` of the published set."""
        signing = [jwk for jwk in jwks if isinstance(jwk, dict) and jwk.get("use") in (None, "sig")]
        self._jwks = [jwk for jwk in signing if any(_key(jwk, algorithm) for algorithm in ALGORITHMS)]

    def __len__(self) -> int:
        return len(self._jwks)

    def find(self, key_id: str | None, algorithm: str) -> "PyJWK | None":
        """Return the key with the id `key_id` for `algorithm`, bound to that algorithm, or None.

        Several keys may have the same id and different algorithms. RFC 7515 §4.1.4 makes the id of a token optional.
        Without an id, exactly one key must match, because a token must not be able to choose among several.
        """
        matching = [
            key
            for jwk in self._jwks
            if key_id is None or jwk.get("kid") == key_id
            if (key := _key(jwk, algorithm)) is not None
        ]
        if not matching or (key_id is None and len(matching) > 1):
            return None
        return matching[0]


def _key(jwk: Mapping[str, Any], algorithm: str) -> "PyJWK | None":
    """Return `jwk` as a key for `algorithm`, or None if its `alg`, type or curve is for another algorithm."""
    from jwt import PyJWK
    from jwt.exceptions import PyJWTError

    if jwk.get("alg") not in (None, algorithm):
        return None
    try:
        # Without the second argument, PyJWT assumes RS256 for an RSA key without `alg`.
        key = PyJWK(dict(jwk), algorithm)
        key.Algorithm.prepare_key(key.key)  # also checks the curve
    except PyJWTError:
        return None
    return key
