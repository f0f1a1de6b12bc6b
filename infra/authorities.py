"""Your own certificate authorities: a PEM file that is copied into the function's bundle."""

from pathlib import Path

from cryptography import x509

IN_BUNDLE = "authorities.pem"
"""The file's name in the bundle."""

IN_FUNCTION = f"/var/task/{IN_BUNDLE}"
"""Where the function finds it (Lambda developer guide: LAMBDA_TASK_ROOT)."""

LARGEST = 256 * 1024
"""Bytes: more than all public authorities together, each of which costs the function's start some 0.1 ms of CPU."""


class AuthoritiesError(Exception):
    """The file can't be used; the text says why, and what to do."""


def check_authorities(path: Path) -> None:
    """Check that `path` holds certificates and nothing secret. Raises `AuthoritiesError`."""
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
    except (OSError, ValueError):
        raise AuthoritiesError("can't be read; write the path of a PEM file, from the folder of gate.toml") from None
    if len(content) > LARGEST:
        raise AuthoritiesError(
            f"has more than {LARGEST} bytes; leave out the public authorities, which the function knows already"
        )
    if b"PRIVATE KEY" in content:
        raise AuthoritiesError("holds a private key, which must not leave its owner; leave only the certificates in it")
    try:
        x509.load_pem_x509_certificates(content)
    except ValueError:
        raise AuthoritiesError(
            "holds no certificates in PEM; convert it (openssl x509 -inform der -in ca.cer -out ca.pem)"
        ) from None
