"""Maps callers' names to the names that STS accepts."""

import base64
import hashlib
import re

# RoleSessionName and SourceIdentity: 2 to 64 of these characters (API reference of AssumeRole).
_VALID = re.compile(r"[\w+=,.@-]{2,64}", re.ASCII)
_MAPPED = re.compile(r".{0,31}=[a-z2-7]{32}")


def session_name(name: str) -> str:
    """Return `name` as a role session name and source identity: unchanged if it is valid, otherwise mapped.

    A mapped name has up to 31 readable characters (of an ARN, from the name at its end), `=`, and 160 bits of SHA-256.
    A name that already looks like a mapped one is also mapped, so that nobody can choose another caller's session name.
    """
    if _VALID.fullmatch(name) and not _MAPPED.fullmatch(name):
        return name
    last = re.split("[:/]", name)[-1]
    readable = re.sub(r"[^\w+=,.@-]", "-", last, flags=re.ASCII)[:31]
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).digest()[:20]
    return f"{readable}={base64.b32encode(digest).decode().lower()}"
