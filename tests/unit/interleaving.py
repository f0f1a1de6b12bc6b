"""Runs several requests at once, in an order that the test decides: one call to DynamoDB is one step."""

import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from trials.table import Table

Work = Callable[[Any], None]
"""Does something with a client of DynamoDB."""


class Request:
    """One request in a thread of its own, which stops before each call to DynamoDB until it may go on."""

    def __init__(self, table: Table, work: Work):
        self._table = table
        self._go, self._stopped = threading.Semaphore(0), threading.Semaphore(0)
        self._thread = threading.Thread(target=self._run, args=[work])
        self.ended = False
        self.failure: BaseException | None = None
        self.fails: tuple[str, BaseException] | None = None
        """What the next call raises: `before` it is done, or `after` it."""
        self._thread.start()
        self._stopped.acquire()

    def step(self) -> None:
        """Go on to behind the next call."""
        self._go.release()
        self._stopped.acquire()
        if self.ended:
            self._thread.join()

    def finish(self) -> None:
        while not self.ended:
            self.step()

    def _run(self, work: Work) -> None:
        try:
            work(self)
        except BaseException as error:  # noqa: BLE001
            self.failure = error
        self.ended = True
        self._stopped.release()

    def _call(self, operation: str, arguments: dict[str, Any]) -> Any:
        self._stopped.release()
        self._go.acquire()
        when, error = self.fails or ("", None)
        self.fails = None
        if error is not None and when == "before":
            raise error
        answer = getattr(self, f"_{operation}")(arguments)
        if error is not None:
            raise error
        return answer

    def execute_statement(self, **arguments: Any) -> Any:
        return self._call("execute_statement", arguments)

    def put_item(self, **arguments: Any) -> Any:
        return self._call("put_item", arguments)

    def update_item(self, **arguments: Any) -> Any:
        return self._call("update_item", arguments)

    def _execute_statement(self, arguments: dict[str, Any]) -> Any:
        return {"Items": self._table.of(value["S"] for value in arguments["Parameters"])}

    def _put_item(self, arguments: dict[str, Any]) -> Any:
        return self._table.put_item(arguments)

    def _update_item(self, arguments: dict[str, Any]) -> Any:
        return self._table.update_item(arguments)


def play(requests: Sequence[Request], order: Sequence[int]) -> list[tuple[int, list[int]]]:
    """Take the steps of `order`, and then the first that can go on until all have ended.

    Return what was chosen at each step, and what could have been.
    """
    taken = []
    wished = iter(order)
    while alive := [number for number, request in enumerate(requests) if not request.ended]:
        wish = next(wished, alive[0])
        chosen = wish if wish in alive else alive[wish % len(alive)]
        requests[chosen].step()
        taken.append((chosen, alive))
    return taken


def every_order(start: Callable[[], Sequence[Request]]) -> Iterator[Sequence[Request]]:
    """Yield the requests of `start` after each order in which their steps can be taken."""
    left: list[list[int]] = [[]]
    while left:
        order = left.pop()
        requests = start()
        taken = play(requests, order)
        for place in range(len(order), len(taken)):
            before = [chosen for chosen, _ in taken[:place]]
            left += [[*before, other] for other in taken[place][1] if other != taken[place][0]]
        yield requests
