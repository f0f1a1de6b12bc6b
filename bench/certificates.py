"""The certificates of the stub, and the file of authorities with which the contestants verify them."""

import datetime
from dataclasses import dataclass
from pathlib import Path

import botocore
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

NAMES = ("*.eu-west-1.amazonaws.com", "api.sagemaker.eu-west-1.amazonaws.com", "localhost")
"""The host names of the stub's certificate."""

_DAY = datetime.timedelta(days=1)
_RSA_BITS = 2048


@dataclass(frozen=True)
class Certificates:
    """The files of one run."""

    server: Path
    """The stub's private key and its certificates."""
    authorities: Path
    """The authorities of botocore's `cacert.pem`, which has the size of Lambda's own list, and the one of this run."""

    @classmethod
    def write(cls, folder: Path) -> "Certificates":
        """Create the authority of this run and the stub's certificate, and write the files to `folder`.

        AWS's servers send RSA certificates too, with at least one intermediate authority.
        """
        root, intermediate, server = _Subject("Bench Root CA"), _Subject("Bench Intermediate CA"), _Subject(NAMES[0])
        own = root.certificate(signed_by=root, ca=True)
        chain = server.certificate(signed_by=intermediate, ca=False), intermediate.certificate(signed_by=root, ca=True)
        found = cls(folder / "server.pem", folder / "authorities.pem")
        found.server.write_bytes(server.private_key() + b"".join(map(_pem, chain)))
        known = Path(botocore.__file__).with_name("cacert.pem").read_bytes()
        found.authorities.write_bytes(known + _pem(own))
        return found


class _Subject:
    """A key and a name. The default TLS context of Python 3.13 demands the extensions that RFC 5280 requires."""

    def __init__(self, name: str):
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=_RSA_BITS)
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])

    def private_key(self) -> bytes:
        return self._key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )

    def certificate(self, *, signed_by: "_Subject", ca: bool) -> x509.Certificate:
        now = datetime.datetime.now(datetime.UTC)
        public = self._key.public_key()
        usage = x509.KeyUsage(not ca, False, False, False, False, ca, ca, False, False)
        issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(signed_by._key.public_key())
        builder = x509.CertificateBuilder().subject_name(self._name).issuer_name(signed_by._name).public_key(public)
        builder = builder.serial_number(x509.random_serial_number()).not_valid_before(now - _DAY)
        builder = builder.not_valid_after(now + _DAY).add_extension(x509.BasicConstraints(ca, None), critical=True)
        builder = builder.add_extension(usage, critical=True).add_extension(issuer, critical=False)
        builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        if not ca:
            names = x509.SubjectAlternativeName([x509.DNSName(name) for name in NAMES])
            builder = builder.add_extension(names, critical=False)
        return builder.sign(signed_by._key, hashes.SHA256())


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)
