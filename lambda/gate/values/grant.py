"""A grant, and the union of several grants for one notebook."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

from gate.values.notebook import Notebook, View

Power = Literal["none", "start", "start-stop", "auto-start"]
"""In ascending order. Each value includes the ones before it."""


@dataclass(frozen=True)
class Grant:
    """Allows one principal to open one notebook, or combines several such grants."""

    principal: str
    notebook: Notebook
    session: int
    """Seconds for which an opened notebook can be used, 1800 to 43200."""
    view: View | None = None
    """None if the grant names none: what opens then depends on the kind of notebook."""
    power: Power = "none"
    until: int | None = None
    """The end of the grant, in epoch seconds. None if it does not end."""
    default: bool = False
    owner: bool = False
    """Whether the principal decides on access requests for the notebook."""
    request_id: str = ""
    """The id of the access request that led to the grant; empty for the grants of operators."""
    row_notebook: str = ""
    """The notebook as the row names it, such as `{user}-notebook`. With the principal, it is the key of the row."""
    title: str = ""
    """What people read in place of the notebook's name; empty if the grant has no title."""
    combined: tuple["Grant", ...] = ()
    """The grants that a union combines; empty for the grant of one row."""

    @property
    def label(self) -> str:
        """What people read: the title, or the notebook's name."""
        return self.title or str(self.notebook)

    @property
    def may_start(self) -> bool:
        """Whether the grant includes starting the notebook."""
        return self.power != "none"

    @property
    def may_stop(self) -> bool:
        """Whether the grant includes stopping the notebook."""
        return self.power in ("start-stop", "auto-start")

    @property
    def starts_by_itself(self) -> bool:
        """Whether opening the stopped notebook starts it."""
        return self.power == "auto-start"

    @property
    def parts(self) -> tuple["Grant", ...]:
        """The grants that this one combines, or itself."""
        return self.combined or (self,)

    @property
    def lasting(self) -> "Grant":
        """What lasts until the end: the union of those parts that end last.

        Another part may give more power and end earlier. Credentials that outlive that part must not have its power.
        """
        return union([part for part in self.parts if part.until == self.until])

    @property
    def starting(self) -> "Grant":
        """The union of the parts that include starting the notebook. There must be one (`may_start`)."""
        return union([part for part in self.parts if part.may_start])

    @property
    def stopping(self) -> "Grant":
        """The union of the parts that include stopping the notebook. There must be one (`may_stop`)."""
        return union([part for part in self.parts if part.may_stop])


def union(grants: Sequence[Grant]) -> Grant:
    """Return what `grants`, all of one person for one notebook, give together. There must be at least one.

    The person has the greatest power, the longest notebook session and the latest end, is an owner if one grant says
    so, and `/open` prefers the notebook if one grant says so. View and title are those of the person's own grants
    before those of groups. The order of `grants` does not matter. A grant that has ended must not be among them.
    """
    parts = sorted((part for grant in grants for part in grant.parts), key=_precedence)
    if len(parts) == 1:
        return parts[0]
    ends = [part.until for part in parts if part.until is not None]
    return replace(
        parts[0],
        session=max(part.session for part in parts),
        view=next((part.view for part in parts if part.view), None),
        title=next((part.title for part in parts if part.title), ""),
        power=max((part.power for part in parts), key=get_args(Power).index),
        until=max(ends) if len(ends) == len(parts) else None,
        default=any(part.default for part in parts),
        owner=any(part.owner for part in parts),
        combined=tuple(parts),
    )


def owned(grants: Iterable[Grant]) -> list[Grant]:
    """Return those of `grants`, or of their parts, by which the person owns a notebook.

    A grant that an access request led to makes nobody an owner.
    """
    return [part for grant in grants for part in grant.parts if part.owner and not part.request_id]


def _precedence(grant: Grant) -> tuple[bool, bool, str, str]:
    """Return a sort key: grants of operators before requested ones, then people before groups."""
    return bool(grant.request_id), grant.principal.startswith("group:"), grant.principal, grant.notebook.name
