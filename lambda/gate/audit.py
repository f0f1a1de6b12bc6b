"""One structured line for each decision: who, how known, from where, which notebook, and what came of it."""

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from gate.errors.base import GateError
from gate.identity.caller import Caller
from gate.identity.session_name import session_name
from gate.log import logger
from gate.metrics import count, count_outcome
from gate.notebook import Notebook

_ON_THE_WAY = frozenset(
    {
        "already_signed_in",
        "in_line",
        "login_restarted",
        "not_signed_in",
        "notebook_busy",
        "notebook_starting",
        "notebook_stopped",
        "notebook_stopping",
    }
)
"""Outcomes that are no refusal: sign in first, wait, or go on as who is signed in."""


class Wish(Protocol):
    """Whatever is decided on."""

    @property
    def id(self) -> str:
        """The reference that people see."""

    @property
    def address(self) -> str:
        """Where it came from."""


@dataclass(eq=False, repr=False)
class Decision:
    """What is known so far of a decision that is being made."""

    caller: Caller | None = None
    notebook: Notebook | None = None
    outcome: str = "allowed"
    kind: str = "Refusals"
    """What it is counted as, where it is not `allowed`."""

    def ended(self, error: GateError) -> None:
        """Take down that `error` ended it, when it is answered and not raised."""
        self.outcome = error.reason
        self.kind = "Failures" if error.status >= 500 else "Refusals"


@contextmanager
def decision(wish: Wish, action: str) -> Iterator[Decision]:
    """Log one line when the block is left: `allowed`, or the reason code of the error that left it.

    The fields are picked one by one, so that no token, cookie, code or URL can get into the line.
    """
    record = Decision()
    try:
        yield record
    except GateError as error:
        record.ended(error)
        raise
    except Exception:
        record.ended(GateError())
        raise
    finally:
        if record.outcome not in ("allowed", "choice"):
            count_outcome("Detours" if record.outcome in _ON_THE_WAY else record.kind, record.outcome)
        elif action == "open" and record.outcome == "allowed":
            count("Launches")
        caller = record.caller
        logger.info(
            "decision",
            action=action,
            outcome=record.outcome,
            subject=caller.subject if caller else None,
            session_name=session_name(caller.name) if caller else None,
            via=caller.via if caller else None,
            address=wish.address,
            notebook=str(record.notebook) if record.notebook else None,
            request_id=wish.id,
        )


def log_unexpected(error: Exception) -> None:
    """Log where `error`, which nobody foresaw, happened.

    Types and source lines only: an exception's text may quote a token, a URL or what the client sent.
    """
    frames = traceback.extract_tb(error.__traceback__)
    lines = [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames]
    logger.error("unexpected", error_type=type(error).__name__, frames=lines)
