"""Return paths: the pages of the gate that a sign-in may redirect to."""

import re
from typing import get_args
from urllib.parse import unquote

from gate.values.notebook import MAX_LENGTH, View
from gate.web.request import Request

# An allow list prevents open redirects: it matches no hosts, schemes, backslashes, encodings or line breaks.
_ENCODED = re.compile(r"%(2[dDeE]|3[0-9aA]|[46][1-9a-fA-F]|5[0-9aAfF]|7[0-9aAeE])", re.ASCII)
_NOTEBOOK = f"[a-zA-Z0-9~:-]{{1,{MAX_LENGTH}}}"
_VIEW = "|".join(get_args(View))
_RETURN_PATH = re.compile(
    rf"/(open(/{_NOTEBOOK})?(\?view=({_VIEW}))?|requests(/[a-z2-7-]{{1,40}}|\?notebook={_NOTEBOOK})?)?", re.ASCII
)


def safe_return_path(text: str) -> str:
    """Return `text` if it is the path of a page of the gate. Otherwise, return the start page, `/`."""
    return text if _RETURN_PATH.fullmatch(text) else "/"


def return_path_of(request: Request) -> str:
    """Return the path to return to after a sign-in: that of `request`, or for `/login`, its parameter `next`."""
    if request.path == "/login":
        return safe_return_path(request.query.get("next", "/"))
    path = _decoded(request.path).removesuffix("/") or "/"
    parameter = "notebook" if path == "/requests" else "view"
    query = f"?{parameter}={request.query[parameter]}" if parameter in request.query else ""
    return safe_return_path(path + query)


def _decoded(path: str) -> str:
    """Decode the characters of `path` that need no encoding in a path (RFC 3986 §2.3, and the colon of §3.3).

    A client may encode them nevertheless. Others stay encoded, so that `%2F` and the like never become a part of a
    return path.
    """
    return _ENCODED.sub(lambda match: unquote(match[0]), path)
