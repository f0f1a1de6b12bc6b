"""Where a sign-in may lead back to: one of the gate's own pages, and nothing else."""

import re
from urllib.parse import urlencode

from gate.web.request import Request

# A list of what is right, not of what is wrong: hosts, schemes, back-slashes, encodings and line ends in all their
# disguises are simply not in it.
_TARGET = re.compile(r"/(open(/[a-zA-Z0-9~-]{1,104})?(\?view=(lab|classic))?)?", re.ASCII)


def safe_return_path(text: str) -> str:
    """Return `text` when it is a path of ours that a person can open, else the start page `/`."""
    return text if _TARGET.fullmatch(text) else "/"


def return_path_of(request: Request) -> str:
    """Return the path of ours to which `request` was going: its own, or where signing in was to lead."""
    if request.path == "/login":
        return safe_return_path(request.query.get("next", "/"))
    view = f"?view={request.query['view']}" if "view" in request.query else ""
    return safe_return_path(request.path + view)


def sign_in_path(target: str) -> str:
    """Return the path of ours that signs in, and leads on to `target`."""
    return f"/login?{urlencode({'next': target})}"
