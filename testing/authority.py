"""A private certificate authority, such as that of a company or its firewall."""

import datetime
import ssl
from collections.abc import Sequence
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

DAY = datetime.timedelta(days=1)


class Authority:
    """Signs certificates. As with TLS-inspecting firewalls, basicConstraints of its own certificate is not critical."""

    def __init__(self, folder: Path) -> None:
        """`folder`: the folder that files are written to."""
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _name("Example Inspection CA")
        constraints = x509.BasicConstraints(ca=True, path_length=None)
        certificate = self._sign(self._name, self._key, constraints)
        self.pem = folder / "authority.pem"
        """The certificate of the authority."""
        self.pem.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))

    def server(self, names: Sequence[str]) -> ssl.SSLContext:
        """Return the TLS context of a server with a certificate for the host names `names`."""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = self._sign(
            _name(names[0]), key, x509.SubjectAlternativeName([x509.DNSName(name) for name in names])
        )
        file = self._folder / "server.pem"
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM) + private)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context

    def _sign(
        self, name: x509.Name, key: ec.EllipticCurvePrivateKey, extension: x509.ExtensionType
    ) -> x509.Certificate:
        now = datetime.datetime.now(datetime.UTC)
        unsigned = x509.CertificateBuilder().subject_name(name).issuer_name(self._name).public_key(key.public_key())
        unsigned = unsigned.serial_number(x509.random_serial_number())
        unsigned = unsigned.not_valid_before(now - DAY).not_valid_after(now + DAY)
        return unsigned.add_extension(extension, critical=False).sign(self._key, hashes.SHA256())


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])
