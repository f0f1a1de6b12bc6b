"""Return paths: the pages of the gate that a sign-in may redirect to."""

import re
from collections.abc import Mapping
from urllib.parse import parse_qsl, unquote

from gate.values.errors.notebook import InvalidPathError, InvalidViewError
from gate.values.landing import Landing
from gate.values.notebook import MAX_LENGTH
from gate.web.links import query_of
from gate.web.request import Request

MAX_PARAMETERS = 3

# Allow lists prevent open redirects: they match no hosts, schemes, backslashes, encodings or line breaks.
_ENCODED = re.compile(r"%(2[dDeE]|3[0-9aA]|[46][1-9a-fA-F]|5[0-9aAfF]|7[0-9aAeE])", re.ASCII)
_NOTEBOOK = re.compile(f"[a-zA-Z0-9~:-]{{1,{MAX_LENGTH}}}", re.ASCII)
_PAGE = re.compile(
    rf"/(open(/{_NOTEBOOK.pattern})?|notebooks/{_NOTEBOOK.pattern}/stop|requests(/[a-z2-7-]{{1,50}})?)?", re.ASCII
)


def safe_return_path(text: str) -> str:
    """Return `text` if it is the path of a page of the gate, as `Links` writes it. Otherwise, return `/`."""
    path, _, query = text.partition("?")
    try:
        found = _return_path(path, dict(parse_qsl(query, max_num_fields=MAX_PARAMETERS)))
    except ValueError:  # more parameters than that
        return "/"
    return found if found == text else "/"


def return_path_of(request: Request) -> str:
    """Return the path to return to after a sign-in: that of `request`, or for `/login`, its parameter `next`."""
    if request.path == "/login":
        return safe_return_path(request.query.get("next", "/"))
    return _return_path(_decoded(request.path).removesuffix("/") or "/", request.query)


def _return_path(path: str, parameters: Mapping[str, str]) -> str:
    """Return `path` with those of `parameters` that its page has, or `/` if that is no page of the gate."""
    if not _PAGE.fullmatch(path) or path == "/":
        return "/"
    try:
        kept = Landing.parse(parameters).parameters
    except (InvalidViewError, InvalidPathError):
        return "/"
    if path == "/requests" and "notebook" in parameters:
        if not _NOTEBOOK.fullmatch(parameters["notebook"]):
            return "/"
        kept = {"notebook": parameters["notebook"], **kept}
    return path + query_of(kept)


def _decoded(path: str) -> str:
    """Decode the characters of `path` that need no encoding in a path (RFC 3986 §2.3, and the colon of §3.3).

    A client may encode them nevertheless. Others stay encoded, so that `%2F` and the like never become a part of a
    return path.
    """
    return _ENCODED.sub(lambda match: unquote(match[0]), path)
