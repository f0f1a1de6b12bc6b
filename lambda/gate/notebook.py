"""How a notebook is named: `name`, or `account/region/name` for one in another account or region."""

import re
from dataclasses import dataclass

from gate.errors import InvalidNotebookNameError

_NAME = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9])*", re.ASCII)
_LONGEST_NAME = 63
_PLACE = re.compile(r"[0-9]{12}/[a-z]{2,4}(-[a-z]+){1,3}-[0-9]{1,2}", re.ASCII)
_LONGEST_PLACE = 40

SEPARATOR = "~"
"""Stands for the slash where a name is one segment of a path or part of a cookie's name: nothing ever escapes it."""


@dataclass(frozen=True)
class Notebook:
    """A notebook instance, wherever it is."""

    name: str
    place: str = ""
    """`account/region`; empty for the deployment's own."""

    @classmethod
    def parse(cls, text: str) -> "Notebook":
        """Read `text`: a name that SageMaker could have given, after the place where it is elsewhere.

        Raises `InvalidNotebookNameError`. Pattern and length: API reference of CreateNotebookInstance.
        """
        place, slash, name = text.rpartition("/")
        # The lengths go first, so that the patterns never work on long input.
        if len(name) > _LONGEST_NAME or not _NAME.fullmatch(name):
            raise InvalidNotebookNameError
        if slash and (len(place) > _LONGEST_PLACE or not _PLACE.fullmatch(place)):
            raise InvalidNotebookNameError
        return cls(name, place)

    @classmethod
    def parse_segment(cls, text: str) -> "Notebook":
        """Read `text` as it stands in a path. Raises `InvalidNotebookNameError`."""
        return cls.parse(text.replace(SEPARATOR, "/"))

    def __str__(self) -> str:
        """Write it as grants do."""
        return f"{self.place}/{self.name}" if self.place else self.name

    @property
    def segment(self) -> str:
        """The name as one segment of a path."""
        return str(self).replace("/", SEPARATOR)
