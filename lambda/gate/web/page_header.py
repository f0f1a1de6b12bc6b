"""The header of every page: where its links lead, and who is signed in."""

from dataclasses import dataclass

from gate.web.links import Links


@dataclass(frozen=True)
class PageHeader:
    """What the header of a page shows."""

    links: Links
    takes_requests: bool
    """Whether people can ask for access here."""
    signed_in_as: str = ""
    """The name of the person who is signed in; empty for a request without a sign-in session."""
    to_decide: str = ""
    """How many access requests wait for the person to decide; empty for none, and where they are not counted."""
