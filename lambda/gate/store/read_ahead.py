"""A read that begins before the caller is identified, side by side with the read of the key that identifies callers."""

import threading
from collections.abc import Callable, Hashable, Iterable, Mapping
from contextvars import copy_context
from typing import Any

from gate.platform import deadline
from gate.platform.audit import log_unexpected
from gate.values.errors.base import GateError


class ReadAhead:
    """Rows that a thread reads."""

    def __init__(self, what: Hashable, read: Callable[[], Iterable[Mapping[str, Any]]]):
        """`what`: identifies the rows. `read`: reads them."""
        self._what = what
        self._rows: list[Mapping[str, Any]] | None = None
        context = copy_context()  # with the deadline of the request
        self._thread = threading.Thread(target=context.run, args=(self._run, read), daemon=True)
        self._thread.start()

    def rows(self, what: Hashable) -> list[Mapping[str, Any]] | None:
        """Wait for the rows, and return them. None if they are other rows than `what`, or could not be read."""
        if what != self._what:
            return None
        self._thread.join(max(0.0, deadline.remaining(deadline.RESPONSE_LIMIT)))
        return self._rows

    def _run(self, read: Callable[[], Iterable[Mapping[str, Any]]]) -> None:
        try:
            self._rows = list(read())
        except GateError:
            pass  # is logged already
        except Exception as error:  # noqa: BLE001
            log_unexpected(error)  # Python would print the text, which can quote a row
