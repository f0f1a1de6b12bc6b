"""Names of notebooks: `name`, or `account/region/name` for a notebook in another account or region."""

import re
from dataclasses import dataclass

from gate.errors.notebook import InvalidNotebookNameError

_NAME = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9])*", re.ASCII)
_MAX_NAME_LENGTH = 63
_LOCATION = re.compile(r"[0-9]{12}/[a-z]{2,4}(-[a-z]+){1,3}-[0-9]{1,2}", re.ASCII)
_MAX_LOCATION_LENGTH = 40

SEPARATOR = "~"
"""Replaces the slash in path segments and cookie names, because no client or server percent-encodes it."""


@dataclass(frozen=True)
class Notebook:
    """The name and location of a notebook instance."""

    name: str
    location: str = ""
    """`account/region`. Empty for the account and region of the deployment."""

    @classmethod
    def parse(cls, text: str) -> "Notebook":
        """Parse `name` or `account/region/name`. The name must be valid in SageMaker.

        Raises `InvalidNotebookNameError`. Source of the pattern and length: API reference of CreateNotebookInstance.
        """
        location, slash, name = text.rpartition("/")
        # The lengths are checked first, so that the patterns never see long input.
        if len(name) > _MAX_NAME_LENGTH or not _NAME.fullmatch(name):
            raise InvalidNotebookNameError
        if slash and (len(location) > _MAX_LOCATION_LENGTH or not _LOCATION.fullmatch(location)):
            raise InvalidNotebookNameError
        return cls(name, location)

    @classmethod
    def parse_segment(cls, text: str) -> "Notebook":
        """Parse a path segment, as `segment` returns it. Raises `InvalidNotebookNameError`."""
        return cls.parse(text.replace(SEPARATOR, "/"))

    def __str__(self) -> str:
        """Return the name in the form that grants use."""
        return f"{self.location}/{self.name}" if self.location else self.name

    @property
    def segment(self) -> str:
        """The name as a path segment."""
        return str(self).replace("/", SEPARATOR)
