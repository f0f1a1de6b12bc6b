"""The lists of access requests and of holders of grants, in pages.

What a page reads does not grow with the requests of other people, but for one reference to each request that is open,
or whose grant has not ended.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from gate.access_requests.access_request import AccessRequest
from gate.access_requests.approvers import Approvers
from gate.access_requests.deciding import Approver
from gate.access_requests.holders import Holder, Holders
from gate.access_requests.store import AccessRequestStore
from gate.values.caller import Caller
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
    to_decide: list[tuple[AccessRequest, Approver]]
    """Those that are open and that the person may decide on, the oldest first."""
    decides: bool
    """Whether the person decides on any notebook."""
    more: bool
    """Whether there is another page."""


@dataclass(frozen=True)
class HolderPage:
    """Who has access to the notebooks that a person decides on: one page."""

    requested: list[Holder]
    """The grants that access requests led to for other notebooks than those in `owned`, the earliest end first."""
    owned: dict[Notebook, list[Holder]]
    """All grants for the notebooks that the person owns."""
    more: bool
    """Whether there is another page."""


class RequestLists:
    """Reads the lists. Every method raises the errors of `Grants` and `Table`."""

    def __init__(self, store: AccessRequestStore, *, approvers: Approvers, holders: Holders):
        self._store = store
        self._approvers = approvers
        self._holders = holders

    def requests(self, caller: Caller, *, page: int = 1) -> RequestPage:
        """Return the page with the number `page` of the requests that concern `caller`."""
        participant = self._approvers.participant(caller)
        rights = self._approvers.rights(participant)
        made, references = self._store.of_person(caller.names, with_open=bool(rights))
        own, more_own = _page(made, page)
        waiting, more_waiting = _page(
            [each for each in references if self._approvers.decide(rights, each.notebook)], page
        )
        found = self._store.as_of_now([*own, *self._store.get(waiting)])
        to_decide = self._approvers.open_to(participant, rights, found[len(own) :])
        return RequestPage(found[: len(own)], to_decide, bool(rights), more_own or more_waiting)

    def holders(self, caller: Caller, *, page: int = 1) -> HolderPage:
        """Return the page with the number `page` of those who have access to the notebooks that `caller` decides on."""
        rights = self._approvers.rights(self._approvers.participant(caller))
        owned = sorted({grant.notebook for grant in rights.owned}, key=str)[:MAX_OWNED]
        references = [each for each in self._store.allowed() if each.notebook not in owned] if rights else []
        shown, more = _page([each for each in references if self._approvers.decide(rights, each.notebook)], page)
        of_owned = {notebook: self._holders.of(notebook) for notebook in owned} if page == 1 else {}
        return HolderPage(self._holders.of_requests(shown), of_owned, more)


def _page(items: Sequence[Item], number: int) -> tuple[Sequence[Item], bool]:
    """Return the items of a page, and whether there are more."""
    end = number * PAGE_SIZE
    return items[end - PAGE_SIZE : end], len(items) > end
