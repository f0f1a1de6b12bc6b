"""Names of notebooks, in the deployment's own account and region or, after `account/region/`, in another one.

| name | kind |
|---|---|
| `churn-model` | a notebook instance |
| `studio:d-abc123/alice` | SageMaker Studio, as a user profile of a domain |
| `studio:d-abc123/alice/churn-space` | a space in Studio, as a user profile |

One notebook has one normal form, which every rule, comparison and key uses: the name in lower case, and no location if
that is the deployment's own. SageMaker's ARNs have the names in lower case, so two spellings name one notebook.
"""

import re
from dataclasses import dataclass
from typing import Literal

from gate.values.errors.notebook import InvalidNotebookNameError

View = Literal["lab", "classic", "studio", "jupyterlab", "code-editor", "rstudio", "canvas"]

STUDIO = "studio:"
"""What the names of user profiles and spaces begin with."""

USER = "{user}"
"""Stands for the name of the caller (`UserNames`) in the notebook of a grant."""

SEPARATOR = "~"
"""Replaces the slash and the colon in path segments and cookie names. No client or server percent-encodes it."""

MAX_LENGTH = 239
"""The length of the longest name: a location, and 63 characters each for a domain, a user profile and a space."""

_NAME = r"[a-zA-Z0-9](?:-*[a-zA-Z0-9])*"
_INSTANCE = re.compile(_NAME, re.ASCII)
_GRANTED = re.compile(_NAME.replace("[a-zA-Z0-9]", rf"(?:[a-zA-Z0-9]|{re.escape(USER)})"), re.ASCII)
"""A name in which `{user}` may stand."""
_DOMAIN = re.compile(r"d-(?:-*[a-z0-9]){1,61}", re.ASCII)
_LOCATION = re.compile(r"[0-9]{12}/[a-z]{2,4}(-[a-z]+){1,3}-[0-9]{1,2}", re.ASCII)

PATTERN = rf"\s*({_LOCATION.pattern}/)?({_NAME}|{STUDIO}{_DOMAIN.pattern}(/{_NAME}){{1,2}})\s*"
"""Matches every name, also between spaces, in the syntax of HTML's `pattern`. It does not check lengths."""

_STUDIO_SEGMENT = re.compile("^((?:[0-9]{12}/[a-z0-9-]+/)?)studio/", re.ASCII)
"""The beginning of a name in Studio in a path segment, without the colon."""
_MAX_PART_LENGTH = 63
_MAX_LOCATION_LENGTH = 40


@dataclass(frozen=True, eq=False)
class Notebook:
    """The name and location of a notebook. Notebooks with the same normal form are equal."""

    name: str
    """The name as it was written. Calls of SageMaker use it, because SageMaker keeps the case of names."""
    location: str = ""
    """`account/region`. Empty for the account and region of the deployment."""

    @classmethod
    def parse(cls, text: str) -> "Notebook":
        """Parse a name, with or without its location. The name must be valid in SageMaker.

        Raises `InvalidNotebookNameError`. Source of the patterns and lengths: API reference of CreateNotebookInstance,
        CreatePresignedDomainUrl and CreateSpace.
        """
        return cls._parse(text, _INSTANCE)

    @classmethod
    def parse_granted(cls, text: str) -> "Notebook":
        """Parse the notebook of a grant, in whose names `{user}` may stand. Raises `InvalidNotebookNameError`."""
        return cls._parse(text, _GRANTED)

    @classmethod
    def _parse(cls, text: str, pattern: re.Pattern[str]) -> "Notebook":
        # The lengths are checked first, so that the patterns never see long input.
        parts = text.split("/")
        if len(text) > MAX_LENGTH or any(len(part.removeprefix(STUDIO)) > _MAX_PART_LENGTH for part in parts):
            raise InvalidNotebookNameError
        location = "/".join(parts[:2]) if len(parts) > 2 and not text.startswith(STUDIO) else ""
        name = parts[2:] if location else parts
        if location and (len(location) > _MAX_LOCATION_LENGTH or not _LOCATION.fullmatch(location)):
            raise InvalidNotebookNameError
        if not _is_name(name, pattern):
            raise InvalidNotebookNameError
        return cls("/".join(name), location)

    @classmethod
    def parse_segment(cls, text: str) -> "Notebook":
        """Parse a path segment, as `segment` returns it. Raises `InvalidNotebookNameError`."""
        return cls.parse(_STUDIO_SEGMENT.sub(rf"\g<1>{STUDIO}", text.replace(SEPARATOR, "/")))

    def of_user(self, name: str) -> "Notebook | None":
        """Return the notebook that this one becomes for the person with that name, or None if it becomes none.

        `name`: empty for a person who has none.
        """
        if not self.is_for_users:
            return self
        try:
            return Notebook.parse(self.written.replace(USER, name)) if name else None
        except InvalidNotebookNameError:  # too long
            return None

    @property
    def is_for_users(self) -> bool:
        """Whether the name contains `{user}`, and so becomes another one for each person."""
        return USER in self.name

    def relative_to(self, home: str) -> "Notebook":
        """Return the notebook without its location if that is `home`, the deployment's own `account/region`."""
        return Notebook(self.name) if self.location == home else self

    @property
    def studio(self) -> tuple[str, ...]:
        """Domain, user profile, and space if there is one, of a name in Studio; empty for a notebook instance."""
        return tuple(self.name.removeprefix(STUDIO).split("/")) if self.name.startswith(STUDIO) else ()

    @property
    def views(self) -> tuple[View, ...]:
        """The views that a notebook of this kind can have. A space has only that of its application.

        AWS refuses the applications of spaces to a user profile without a space.
        """
        match len(self.studio):
            case 0:
                return ("lab", "classic")
            case 2:
                return ("studio", "classic", "rstudio", "canvas")
        return ("jupyterlab", "code-editor", "classic")

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
        return re.sub("[/:]", SEPARATOR, str(self))


def _is_name(parts: list[str], pattern: re.Pattern[str]) -> bool:
    """Return whether `parts`, a name without its location between slashes, are a valid name."""
    if not parts[0].startswith(STUDIO):
        return len(parts) == 1 and bool(pattern.fullmatch(parts[0]))
    domain, *names = parts
    return (
        len(names) in (1, 2)
        and bool(_DOMAIN.fullmatch(domain.removeprefix(STUDIO)))
        and all(pattern.fullmatch(name) for name in names)
    )
