"""Callers' names in the form that STS takes."""

import base64
import hashlib
import re

# RoleSessionName and SourceIdentity: 2 to 64 of these (API reference of AssumeRole).
_FITS = re.compile(r"[\w+=,.@-]{2,64}", re.ASCII)
_MAPPED = re.compile(r".{0,31}=[a-z2-7]{32}")


def session_name(name: str) -> str:
    """Return `name` as a role session's name and source identity: as it is where it fits, else mapped.

    A mapped name keeps what is readable (up to 31 characters; of an ARN, the name at its end) and ends in `=` and
    160 bits of SHA-256.
    A name that already looks like a mapped one is mapped, too, so that nobody can choose to be called like
    somebody else.
    """
    if _FITS.fullmatch(name) and not _MAPPED.fullmatch(name):
        return name
    last = re.split("[:/]", name)[-1]
    readable = re.sub(r"[^\w+=,.@-]", "-", last, flags=re.ASCII)[:31]
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).digest()[:20]
    return f"{readable}={base64.b32encode(digest).decode().lower()}"
