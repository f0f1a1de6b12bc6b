"""Where in a notebook a caller lands: a view, and a file in it."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast, get_args
from urllib.parse import quote

from gate.values.errors.notebook import InvalidPathError, InvalidViewError
from gate.values.notebook import View

MAX_PATH_LENGTH = 600
"""The length of the longest path, percent-encoded. `LandingUri` of CreatePresignedDomainUrl takes 1,023 characters."""

# An allow list. A path has no schemes, hosts, queries, fragments, encodings, backslashes, or characters that are not
# seen. A segment neither begins nor ends with a space, and has more than dots: `..` would leave the application.
_SEGMENT = r"(?!\.+(?:/|$))[\w.,+=@()~-](?:[\w .,+=@()~-]*[\w.,+=@()~-])?"
_PATH = re.compile(rf"{_SEGMENT}(?:/{_SEGMENT})*")


@dataclass(frozen=True)
class Landing:
    """What the address of a bookmark asks for."""

    view: View | None = None
    """None: that of the grant, or the usual one of the notebook's kind."""
    path: str = ""
    """The path of a file in the notebook, relative and decoded. Empty: none."""

    @classmethod
    def parse(cls, query: Mapping[str, str]) -> "Landing":
        """Parse the parameters `view` and `path` of a query. Raises `InvalidViewError` and `InvalidPathError`."""
        view, path = query.get("view"), query.get("path", "")
        if view is not None and view not in get_args(View):
            raise InvalidViewError
        if "path" in query and not _is_path(path):
            raise InvalidPathError
        return cls(cast("View | None", view), path)

    @property
    def parameters(self) -> dict[str, str]:
        """The parameters of a query, as `parse` reads them."""
        return ({"view": self.view} if self.view else {}) | ({"path": self.path} if self.path else {})

    @property
    def url_path(self) -> str:
        """The path, percent-encoded."""
        return quote(self.path)


def _is_path(text: str) -> bool:
    # The length is checked first, so that the pattern never sees long input. Other characters may become dots or
    # slashes in the compatibility form, which a browser or a file system may use.
    if len(text) > MAX_PATH_LENGTH or len(quote(text, errors="replace")) > MAX_PATH_LENGTH:
        return False
    return all(_PATH.fullmatch(each) for each in (text, unicodedata.normalize("NFKC", text)))
