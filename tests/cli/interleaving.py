"""Runs several pieces of work in every order in which their steps can follow each other."""

from collections.abc import Callable, Iterator, Sequence

from greenlet import getcurrent, greenlet


class Steps:
    """Lets one piece of work at a time go from one of its steps to the next, in an order that is given.

    They are greenlets (as Playwright has them), so that an order is the same at each run, and thousands take seconds.
    """

    def __init__(self, order: Sequence[int]) -> None:
        """`order`: at each step, which of the works that still run goes on; the first one when it is used up."""
        self.taken: list[tuple[int, int]] = []
        """At each step: which one was taken, of how many."""
        self._order = order

    def step(self) -> None:
        """Wait for one's turn. Work calls this before each read or write of what the others can see."""
        getcurrent().parent.switch()

    def run(self, works: Sequence[Callable[[], object]]) -> None:
        """Run `works` side by side to their ends. Raises what one of them raises."""
        running = [greenlet(work) for work in works]
        for each in running:
            each.switch()  # up to its first step: nothing that the others can see
        while running := [each for each in running if not each.dead]:
            place = len(self.taken)
            choice = self._order[place] if place < len(self._order) else 0
            self.taken.append((choice, len(running)))
            running[choice].switch()


def every_order(play: Callable[[Steps], None]) -> Iterator[Steps]:
    """Call `play` once for each order of steps there is, and yield the steps that it took."""
    order: list[int] | None = []
    while order is not None:
        steps = Steps(order)
        play(steps)
        yield steps
        order = _next(steps.taken)


def _next(taken: Sequence[tuple[int, int]]) -> list[int] | None:
    for place in range(len(taken) - 1, -1, -1):
        choice, choices = taken[place]
        if choice + 1 < choices:
            return [*(each for each, _ in taken[:place]), choice + 1]
    return None
