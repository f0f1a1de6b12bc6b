"""Additional certificate authorities: a PEM file that is copied into the function's bundle."""

from pathlib import Path

from cryptography import x509

FILE_NAME = "ca_bundle.pem"
"""The name of the file in the function's bundle."""

FUNCTION_PATH = f"/var/task/{FILE_NAME}"
"""The path of the file in the function (Lambda developer guide: LAMBDA_TASK_ROOT)."""

MAX_BYTES = 256 * 1024
"""More than all public authorities together. Each authority adds about 0.1 ms of CPU to the function's start."""


class CaBundleError(Exception):
    """The file cannot be used; the message says why and how to fix it."""


def check_ca_bundle(path: Path) -> None:
    """Check that `path` contains certificates and nothing secret. Raises `CaBundleError`."""
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except (OSError, ValueError):
        raise CaBundleError("cannot be read; write the path of a PEM file relative to gate.toml") from None
    if len(content) > MAX_BYTES:
        raise CaBundleError(
            f"is larger than {MAX_BYTES} bytes; remove the public authorities, which the function trusts already"
        )
    if b"PRIVATE KEY" in content:
        raise CaBundleError("contains a private key, which must not leave its owner; keep only the certificates")
    try:
        x509.load_pem_x509_certificates(content)
    except ValueError:
        raise CaBundleError(
            "contains no certificate in PEM form; convert it (openssl x509 -inform der -in ca.cer -out ca.pem)"
        ) from None
