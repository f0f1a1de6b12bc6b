"""Reads the denies that the table asks for."""

from collections.abc import Iterable, Iterator

from gate.launch.target import launch_target_of
from gate.platform.config import Config
from gate.platform.log import logger
from gate.store.denied import ENDED
from gate.store.table import Row, key_of
from gate.values.errors.notebook import InvalidNotebookNameError, LocationUnknownError
from gate.values.notebook import Notebook
from gate.values.revocation import EVERYBODY, SESSION_MARGIN, Revocation

CLOCK_DIFFERENCE = 300
"""Seconds by which the clocks of those who write rows may differ."""


def read_denies(items: Iterable[Row], config: Config, *, now: float) -> Iterator[Revocation]:
    """Yield the denies in the rows `items` (`gate.store.denied`). `now`: epoch seconds.

    A malformed row, one that is from the future and so would never expire, or one for a notebook that the settings do
    not list any more, is logged and left out.
    """
    latest = now + SESSION_MARGIN + CLOCK_DIFFERENCE
    for item in items:
        try:
            yield _deny(item, config, latest)
        except (KeyError, TypeError, ValueError, InvalidNotebookNameError, LocationUnknownError):
            logger.warning("malformed deny", notebook=key_of(item)[1])


def _deny(item: Row, config: Config, latest: float) -> Revocation:
    partition, key = key_of(item)
    before = int(item["before"]["N"])
    if not 0 < before <= latest:
        raise ValueError("not a moment that has been")
    if partition != ENDED:
        return Revocation((key,), before)
    if item["name"]["S"] == EVERYBODY:
        raise ValueError("only operators deny everybody")
    target = launch_target_of(config, Notebook.parse(item["asked_for"]["S"]))
    return Revocation((item["name"]["S"],), before, target.arns.opened)
