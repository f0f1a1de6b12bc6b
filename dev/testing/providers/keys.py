"""Signing keys for the providers. Each is made once a process, since making an RSA key takes most of a second."""

from dataclasses import dataclass
from functools import cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm


@dataclass(frozen=True, eq=False, repr=False)
class Key:
    """A private key with its ID."""

    private: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
    id: str

    @property
    def jwk(self) -> dict[str, Any]:
        """The private key as a JWK, for any algorithm of its type."""
        algorithm: Any = RSAAlgorithm if isinstance(self.private, rsa.RSAPrivateKey) else ECAlgorithm
        jwk = {**algorithm.to_jwk(self.private, as_dict=True), "kid": self.id, "use": "sig"}
        jwk.pop("key_ops", None)  # the provider would publish it with the public key, for which it is wrong
        return jwk


@cache
def rsa_key(name: str) -> Key:
    """Return the RSA key of that name."""
    return Key(rsa.generate_private_key(public_exponent=65537, key_size=2048), name)


@cache
def ec_key(name: str) -> Key:
    """Return the P-256 key of that name."""
    return Key(ec.generate_private_key(ec.SECP256R1()), name)
