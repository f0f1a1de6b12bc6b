"""The lists of access requests and of holders of grants, in pages.

What a page reads does not grow with the requests of other people, but for one reference to each request that is open,
or whose grant has not ended.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from gate.access_requests.access_request import AccessRequest
from gate.access_requests.approvers import Approvers, Rights
from gate.access_requests.deciding import Approver
from gate.access_requests.holders import Holder, Holders
from gate.access_requests.participant import Participant
from gate.access_requests.store import AccessRequestStore
from gate.values.caller import Caller
from gate.values.grant import Grant
from gate.values.notebook import Notebook

PAGE_SIZE = 50

MAX_OWNED = 20
"""Notebooks of one owner whose holders are read for one page. Each needs two calls."""

Item = TypeVar("Item")


@dataclass(frozen=True)
class RequestPage:
    """The access requests that concern a person: one page of them."""

    own: list[AccessRequest]
    """Those that the person made, the latest first."""
    next_own: int | None
    """The number of the next page of them, if there is one."""
    to_decide: list[tuple[AccessRequest, Approver]]
    """Those that are open and that the person may decide on, the oldest first."""
    next_to_decide: int | None
    """The number of the next page of them, if there is one."""
    decides: bool
    """Whether the person decides on any notebook."""
    is_first: bool = True
    """Whether it is the first page of those to decide."""

    @property
    def count(self) -> str:
        """How many requests wait for the person to decide, such as `3` or `50+`; empty for none, and on later pages."""
        if not self.is_first or not self.to_decide:
            return ""
        return f"{len(self.to_decide)}{'+' if self.next_to_decide else ''}"


@dataclass(frozen=True)
class HolderPage:
    """Who has access to the notebooks that a person decides on: one page."""

    requested: list[Holder]
    """The grants that access requests led to for other notebooks than those in `owned`, the earliest end first."""
    next: int | None
    """The number of the next page of them, if there is one."""
    owned: dict[Notebook, list[Holder]]
    """All grants for the notebooks that the person owns, on the first page."""
    left_out: int
    """The number of owned notebooks that are not in `owned`, because there are more than `MAX_OWNED`."""


class RequestLists:
    """Reads the lists. Every method raises the errors of `Grants` and `Table`."""

    def __init__(self, store: AccessRequestStore, *, approvers: Approvers, holders: Holders):
        self._store = store
        self._approvers = approvers
        self._holders = holders

    def requests(self, caller: Caller, *, page: int = 1, own_page: int = 1) -> RequestPage:
        """Return a page of the requests that concern `caller`.

        `page` and `own_page`: the numbers of the pages of those to decide and of the caller's own, from 1.
        """
        participant = self._approvers.participant(caller)
        return self._requests(participant, self._approvers.rights(participant), page, own_page)

    def to_decide(self, caller: Caller, *, grants: Iterable[Grant] | None = None) -> RequestPage | None:
        """Return the first page of the requests that concern `caller`, or None if the caller decides on none.

        `grants`: all grants of the caller, if they are known already.
        """
        participant = self._approvers.participant(caller)
        rights = self._approvers.rights(participant, grants)
        return self._requests(participant, rights, 1, 1) if rights else None

    def _requests(self, participant: Participant, rights: Rights, page: int, own_page: int) -> RequestPage:
        made, references = self._store.of_person(participant.names, with_open=bool(rights))
        candidates = [each for each in references if self._approvers.decide(rights, each.notebook)]
        own, next_own = _page(made, own_page)
        chunk, following = _page(candidates, page)
        found = self._store.as_of_now([*own, *self._store.get(chunk)])
        to_decide = self._approvers.open_to(participant, rights, found[len(own) :])
        # Requests that nobody can allow any more, such as those of people who signed out everywhere, must not hide the
        # others.
        while not to_decide and following:
            chunk, following = _page(candidates, following)
            to_decide = self._approvers.open_to(participant, rights, self._store.as_of_now(self._store.get(chunk)))
        return RequestPage(found[: len(own)], next_own, to_decide, following, bool(rights), is_first=page == 1)

    def holders(self, caller: Caller, *, page: int = 1) -> HolderPage:
        """Return the page with the number `page` of those who have access to the notebooks that `caller` decides on."""
        rights = self._approvers.rights(self._approvers.participant(caller))
        owned = sorted({grant.notebook for grant in rights.owned}, key=str)
        shown = owned[:MAX_OWNED]
        references = [each for each in self._store.allowed() if each.notebook not in shown] if rights else []
        candidates = [each for each in references if self._approvers.decide(rights, each.notebook)]
        of_owned = {notebook: self._holders.of(notebook) for notebook in shown} if page == 1 else {}
        chunk, following = _page(candidates, page)
        requested = self._holders.of_requests(chunk)
        while not requested and following:  # grants that were taken
            chunk, following = _page(candidates, following)
            requested = self._holders.of_requests(chunk)
        requested, *owners_lists = self._holders.with_reports([requested, *of_owned.values()])
        return HolderPage(requested, following, dict(zip(of_owned, owners_lists, strict=True)), len(owned) - len(shown))


def _page(items: Sequence[Item], number: int) -> tuple[Sequence[Item], int | None]:
    """Return the items of a page, and the number of the next page, if there is one."""
    end = number * PAGE_SIZE
    return items[end - PAGE_SIZE : end], number + 1 if len(items) > end else None
