"""Names of notebooks: `name`, or `account/region/name` for a notebook in another account or region.

One notebook has one normal form, which every rule, comparison and key uses: the name in lower case, and no location if
that is the deployment's own. SageMaker's ARNs have the names in lower case, so two spellings name one notebook.
"""

import re
from dataclasses import dataclass

from gate.values.errors.notebook import InvalidNotebookNameError

_NAME = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9])*", re.ASCII)
_MAX_NAME_LENGTH = 63
_LOCATION = re.compile(r"[0-9]{12}/[a-z]{2,4}(-[a-z]+){1,3}-[0-9]{1,2}", re.ASCII)
_MAX_LOCATION_LENGTH = 40

SEPARATOR = "~"
"""Replaces the slash in path segments and cookie names, because no client or server percent-encodes it."""


@dataclass(frozen=True, eq=False)
class Notebook:
    """The name and location of a notebook instance. Notebooks with the same normal form are equal."""

    name: str
    """The name as it was written. Calls of SageMaker use it, because SageMaker keeps the case of names."""
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

    def relative_to(self, home: str) -> "Notebook":
        """Return the notebook without its location if that is `home`, the deployment's own `account/region`."""
        return Notebook(self.name) if self.location == home else self

    @property
    def written(self) -> str:
        """The name and location as they were written."""
        return f"{self.location}/{self.name}" if self.location else self.name

    def __str__(self) -> str:
        """Return the normal form, which grants use."""
        return self.written.lower()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Notebook) and str(self) == str(other)

    def __hash__(self) -> int:
        return hash(str(self))

    @property
    def segment(self) -> str:
        """The normal form as a path segment."""
        return str(self).replace("/", SEPARATOR)
