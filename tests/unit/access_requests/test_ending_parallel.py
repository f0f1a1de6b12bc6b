"""Access that two people end at once, or that one ends and one extends: in every order of their calls."""

from collections.abc import Callable

from gate.access_requests.keys import ALLOWED, OPEN
from gate.store.table import Table
from gate.values.caller import Caller
from gate.values.notebook import Notebook
from tests.unit.access_requests.parallel import ANN, BOB, CAROL, HOUR, NOW, decide, orders_of, requests_in


def _end(caller: Caller) -> Callable[[Table, str], object]:
    return lambda table, request_id: requests_in(table).ends.end(caller, request_id, proven=True)


def test_two_who_end_access_at_once_end_it_once() -> None:
    endings = set()
    for table in orders_of(_end(CAROL), _end(ANN), before=(decide(BOB, HOUR),)):
        (request,), (grant,) = table.requests(), table.query(["user:carol"])
        assert request["grant_until"]["N"] == grant["until"]["N"] == str(int(NOW))
        assert len(table.query(["ended:"])) == 1
        assert not table.query([ALLOWED])
        endings.add(request["ended_by"]["S"])
    assert endings == {"user:carol", "user:ann"}


def test_access_that_is_ended_and_extended_at_once_is_one_or_the_other() -> None:
    """If the end comes first, the later request gives new access. Otherwise, the end is refused, and denies nothing."""

    def ask(table: Table, _: str) -> object:
        return requests_in(table).ask(CAROL, Notebook("churn"), reason="more", seconds=2 * HOUR)

    def extend(table: Table, _: str) -> object:
        (open_request,) = table.query([OPEN])
        later = open_request["notebook"]["S"].partition("-")[2]
        return requests_in(table).decide(ANN, later, seconds=2 * HOUR)

    ended = set()
    for table in orders_of(_end(BOB), extend, before=(decide(BOB, HOUR), ask)):
        (grant,), (later,), (earlier,) = table.query(["user:carol"]), table.requests(), table.requests(past=True)
        assert (grant["until"]["N"], later["ended_by"]["S"]) == (str(int(NOW) + 2 * HOUR), "")
        assert bool(earlier["ended_by"]["S"]) == bool(table.query(["ended:"]))
        assert earlier["grant_until"]["N"] == str(int(NOW) + (0 if earlier["ended_by"]["S"] else HOUR))
        ended.add(earlier["ended_by"]["S"])
    assert ended == {"user:bob", ""}
