"""Runs several tasks in every possible order of their steps."""

from collections.abc import Callable, Iterator, Sequence

from greenlet import getcurrent, greenlet


class Interleaving:
    """Runs one task at a time, from one of its steps to the next, in a given order.

    The tasks are greenlets (a dependency of Playwright), so that an order is reproducible, and thousands take seconds.
    """

    def __init__(self, order: Sequence[int]) -> None:
        """`order`: the index of the task to continue at each step, among those that have not ended; afterwards 0."""
        self.choices: list[tuple[int, int]] = []
        """For each step: the index of the chosen task, and the number of tasks that have not ended."""
        self._order = order

    def wait_for_turn(self) -> None:
        """Suspend the task until its turn. A task calls this before each access to what the others can change."""
        getcurrent().parent.switch()

    def run(self, tasks: Sequence[Callable[[], object]]) -> None:
        """Run `tasks` until all have ended. Raises what one of them raises."""
        running = [greenlet(task) for task in tasks]
        for task in running:
            task.switch()  # up to its first step, before which it changes nothing that the others can see
        while running := [task for task in running if not task.dead]:
            step = len(self.choices)
            choice = self._order[step] if step < len(self._order) else 0
            self.choices.append((choice, len(running)))
            running[choice].switch()


def every_interleaving(run: Callable[[Interleaving], None]) -> Iterator[Interleaving]:
    """Call `run` once for each possible order of steps, and yield each interleaving afterwards."""
    order: list[int] | None = []
    while order is not None:
        interleaving = Interleaving(order)
        run(interleaving)
        yield interleaving
        order = _next_order(interleaving.choices)


def _next_order(choices: Sequence[tuple[int, int]]) -> list[int] | None:
    for step in range(len(choices) - 1, -1, -1):
        choice, number_of_tasks = choices[step]
        if choice + 1 < number_of_tasks:
            return [*(earlier for earlier, _ in choices[:step]), choice + 1]
    return None
