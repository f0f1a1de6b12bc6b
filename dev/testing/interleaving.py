"""Interleaves requests in an order that the test chooses. One step is one access to what the requests share.

Requests are greenlets (a dependency of Playwright), so that an order is reproducible, and thousands take seconds.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from greenlet import getcurrent, greenlet

from gate.platform.clock import Clock
from gate.store.table import Table
from testing.aws_clients import Client, operation_name
from testing.grants_table import GrantsTable, open_table


def pause() -> None:
    """Suspend the request, if there is one, until its next step. Call it before each access to shared state."""
    if (test := getcurrent().parent) is not None:
        test.switch()


class Request:
    """Some work, up to its first step."""

    def __init__(self, work: Callable[[], object]) -> None:
        self._work = work
        self.failure: BaseException | None = None
        self._greenlet = greenlet(self._run)
        self.step()

    @property
    def finished(self) -> bool:
        """Whether no step is left."""
        return bool(self._greenlet.dead)

    def step(self) -> None:
        """Run up to the next `pause`."""
        self._greenlet.switch()

    def finish(self) -> None:
        """Make all remaining steps."""
        while not self.finished:
            self.step()

    def _run(self) -> None:
        try:
            self._work()
        except BaseException as error:  # noqa: BLE001
            self.failure = error


class TableRequest(Request):
    """A request that opens the grants table. One step is one call to DynamoDB."""

    def __init__(self, table: GrantsTable, work: Callable[[Table], object], *, clock: Clock) -> None:
        self._table = table
        self.next_failure: tuple[str, BaseException] | None = None
        """The error that the next call raises, `before` or `after` its effect."""
        self.next_operation = ""
        """The call before which the request stands."""
        super().__init__(lambda: work(open_table(Client(self._call), clock)))

    def _call(self, operation: str, arguments: dict[str, Any]) -> Any:
        self.next_operation = operation
        pause()
        when, error = self.next_failure or ("", None)
        self.next_failure = None
        if error is not None and when == "before":
            raise error
        response = self._table.answer(operation_name(operation), arguments)
        if error is not None:
            raise error
        return response


def interleave(requests: Sequence[Request], order: Sequence[int]) -> list[tuple[int, list[int]]]:
    """Step the requests with the numbers in `order`, and then the first unfinished one until all are finished.

    If a request in `order` is finished, another is chosen. Return the number that was chosen at each step, and the
    numbers of the unfinished requests at that step.
    """
    steps = []
    preferences = iter(order)
    while unfinished := [number for number, request in enumerate(requests) if not request.finished]:
        preferred = next(preferences, unfinished[0])
        chosen = preferred if preferred in unfinished else unfinished[preferred % len(unfinished)]
        requests[chosen].step()
        steps.append((chosen, unfinished))
    return steps


def every_order(start: Callable[[], Sequence[Request]]) -> Iterator[Sequence[Request]]:
    """Yield the requests of `start` after each order in which their steps can be interleaved."""
    prefixes: list[list[int]] = [[]]
    while prefixes:
        prefix = prefixes.pop()
        requests = start()
        steps = interleave(requests, prefix)
        for index in range(len(prefix), len(steps)):
            before = [chosen for chosen, _ in steps[:index]]
            chosen, unfinished = steps[index]
            prefixes += [[*before, other] for other in unfinished if other != chosen]
        yield requests
