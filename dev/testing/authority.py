"""A private certificate authority, such as that of a company or its firewall."""

import ssl
from collections.abc import Sequence
from pathlib import Path

import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization


class InspectingAuthority:
    """Signs certificates. As with TLS-inspecting firewalls, basicConstraints of its own certificate is not critical."""

    def __init__(self, folder: Path) -> None:
        """`folder`: the folder that the certificate of the authority is written to."""
        self._ca = trustme.CA()
        self.pem = folder / "authority.pem"
        """The certificate of the authority."""
        self.pem.write_bytes(_lax(self._ca).public_bytes(serialization.Encoding.PEM))

    def server(self, names: Sequence[str]) -> ssl.SSLContext:
        """Return the TLS context of a server with a certificate for the host names `names`."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._ca.issue_cert(*names).configure_cert(context)
        return context


def _lax(ca: trustme.CA) -> x509.Certificate:
    """Return a certificate for the key and name of `ca` that lacks extensions which RFC 5280 requires."""
    key = serialization.load_pem_private_key(ca.private_key_pem.bytes(), None)
    known = x509.load_pem_x509_certificate(ca.cert_pem.bytes())
    builder = x509.CertificateBuilder().subject_name(known.subject).issuer_name(known.subject)
    builder = builder.public_key(known.public_key()).serial_number(known.serial_number)
    builder = builder.not_valid_before(known.not_valid_before_utc).not_valid_after(known.not_valid_after_utc)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=False)
    return builder.sign(key, hashes.SHA256())  # type: ignore[arg-type]  # trustme's keys can sign
