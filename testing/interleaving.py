"""Interleaves requests in an order that the test chooses. One step is one call to DynamoDB."""

import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from testing.dynamodb import FakeTable

Work = Callable[[Any], None]
"""Handles a request with a DynamoDB client."""


class Request:
    """A request in its own thread. It stops before each call to DynamoDB, until `step` is called."""

    def __init__(self, table: FakeTable, work: Work):
        self._table = table
        self._go, self._paused = threading.Semaphore(0), threading.Semaphore(0)
        self._thread = threading.Thread(target=self._run, args=[work])
        self.finished = False
        self.failure: BaseException | None = None
        self.next_failure: tuple[str, BaseException] | None = None
        """The error that the next call raises, `before` or `after` its effect."""
        self.next_operation = ""
        """The call before which the request stands."""
        self._thread.start()
        self._paused.acquire()

    def step(self) -> None:
        """Make the next call, and stop before the one after it."""
        self._go.release()
        self._paused.acquire()
        if self.finished:
            self._thread.join()

    def finish(self) -> None:
        """Make all remaining calls."""
        while not self.finished:
            self.step()

    def _run(self, work: Work) -> None:
        try:
            work(self)
        except BaseException as error:  # noqa: BLE001
            self.failure = error
        self.finished = True
        self._paused.release()

    def _call(self, operation: str, arguments: dict[str, Any]) -> Any:
        self.next_operation = operation
        self._paused.release()
        self._go.acquire()
        when, error = self.next_failure or ("", None)
        self.next_failure = None
        if error is not None and when == "before":
            raise error
        response = getattr(self, f"_{operation}")(arguments)
        if error is not None:
            raise error
        return response

    def execute_statement(self, **arguments: Any) -> Any:
        return self._call("execute_statement", arguments)

    def put_item(self, **arguments: Any) -> Any:
        return self._call("put_item", arguments)

    def update_item(self, **arguments: Any) -> Any:
        return self._call("update_item", arguments)

    def batch_get_item(self, **arguments: Any) -> Any:
        return self._call("batch_get_item", arguments)

    def transact_write_items(self, **arguments: Any) -> Any:
        return self._call("transact_write_items", arguments)

    def _execute_statement(self, arguments: dict[str, Any]) -> Any:
        return {"Items": self._table.query(value["S"] for value in arguments["Parameters"])}

    def _batch_get_item(self, arguments: dict[str, Any]) -> Any:
        ((table, request),) = arguments["RequestItems"].items()
        return {"Responses": {table: self._table.get(request["Keys"])}, "UnprocessedKeys": {}}

    def _transact_write_items(self, arguments: dict[str, Any]) -> Any:
        return self._table.transact_write_items(arguments)

    def _put_item(self, arguments: dict[str, Any]) -> Any:
        return self._table.put_item(arguments)

    def _update_item(self, arguments: dict[str, Any]) -> Any:
        return self._table.update_item(arguments)


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
