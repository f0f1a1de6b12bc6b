"""How a notebook is named: `name`, or `account/region/name` for one in another account or region."""

import re
from dataclasses import dataclass

from gate.errors.notebook import InvalidNotebookNameError

_NAME = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9])*", re.ASCII)
_MAX_NAME_LENGTH = 63
_LOCATION = re.compile(r"[0-9]{12}/[a-z]{2,4}(-[a-z]+){1,3}-[0-9]{1,2}", re.ASCII)
_MAX_LOCATION_LENGTH = 40

SEPARATOR = "~"
"""Stands for the slash where a name is one segment of a path or part of a cookie's name: nothing ever escapes it."""


@dataclass(frozen=True)
class Notebook:
    """A notebook instance, wherever it is."""

    name: str
    location: str = ""
    """`account/region`; empty for the deployment's own."""

    @classmethod
    def parse(cls, text: str) -> "Notebook":
        """Read `text`: a name that SageMaker could have given, after the place where it is elsewhere.

        Raises `InvalidNotebookNameError`. Pattern and length: API reference of CreateNotebookInstance.
        """
        location, slash, name = text.rpartition("/")
        # The lengths go first, so that the patterns never work on long input.
        if len(name) > _MAX_NAME_LENGTH or not _NAME.fullmatch(name):
            raise InvalidNotebookNameError
        if slash and (len(location) > _MAX_LOCATION_LENGTH or not _LOCATION.fullmatch(location)):
            raise InvalidNotebookNameError
        return cls(name, location)

    @classmethod
    def parse_segment(cls, text: str) -> "Notebook":
        """Read `text` as it stands in a path. Raises `InvalidNotebookNameError`."""
        return cls.parse(text.replace(SEPARATOR, "/"))

    def __str__(self) -> str:
        """Write it as grants do."""
        return f"{self.location}/{self.name}" if self.location else self.name

    @property
    def segment(self) -> str:
        """The name as one segment of a path."""
        return str(self).replace("/", SEPARATOR)
