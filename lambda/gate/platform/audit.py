"""The audit log: one line for each request that was checked, with the caller, the notebook and the outcome."""

import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from gate.platform.log import logger
from gate.platform.metrics import count, count_outcome
from gate.values.caller import Caller
from gate.values.errors.base import Category, GateError
from gate.values.grant import Grant
from gate.values.notebook import Notebook
from gate.values.session_name import session_name

MAX_GRANTED_TO = 100_000
"""Characters. A longer line could exceed the size of a log event (CloudWatch Logs quotas)."""


class AuditedRequest(Protocol):
    """What a line of the audit log is about: an HTTP request or a Slack command."""

    @property
    def id(self) -> str:
        """The reference that people see."""

    @property
    def address(self) -> str:
        """The IP address that the request came from."""


class AuditedSubject(Protocol):
    """What a line names beside a notebook: an access request."""

    def audit_fields(self) -> Mapping[str, Any]:
        """Return more fields of the log line: a fixed set of names, without secrets."""


@dataclass(eq=False, repr=False)
class AuditRecord:
    """What the line will say: it is filled in while the request is checked."""

    action: str
    """Empty for a request that decides nothing: it leaves no line."""
    caller: Caller | None = None
    notebook: Notebook | None = None
    grant: Grant | None = None
    """What the request was decided by, if it is about a notebook that the caller may open."""
    access_request: AuditedSubject | None = None
    outcome: str = "allowed"
    category: Category | None = None
    """How the outcome is counted. None if the caller got what the request asked for."""

    def failed(self, error: GateError) -> None:
        """Record `error` as the outcome, for an error that is answered without leaving the block."""
        self.outcome, self.category = error.reason, error.category

    def interim(self, outcome: str) -> None:
        """Record an interim response that is not an error, such as another sign-in."""
        self.outcome, self.category = outcome, Category.INTERIM


@contextmanager
def audited(request: AuditedRequest, record: AuditRecord) -> Iterator[AuditRecord]:
    """Log one line at the end of the block, unless `record` has no action.

    The outcome is `allowed`, or the reason code of the error. The line has a fixed set of fields, so that no token,
    cookie, code or URL can get into it.
    """
    try:
        yield record
    except GateError as error:
        record.failed(error)
        raise
    except Exception:
        record.failed(GateError())
        raise
    finally:
        if record.action:
            _log(request, record)


def _log(request: AuditedRequest, record: AuditRecord) -> None:
    if record.category is not None:
        count_outcome(record.category, record.outcome)
    elif record.action == "open" and record.outcome == "allowed":
        count("Launches")
    caller = record.caller
    fields: dict[str, Any] = {
        "action": record.action,
        "outcome": record.outcome,
        "subject": caller.subject if caller else None,
        "session_name": session_name(caller.name) if caller else None,
        "via": caller.via if caller else None,
        "address": request.address,
        "notebook": str(record.notebook) if record.notebook else None,
        "request_id": request.id,
    }
    if record.grant and len(granted := granted_to(record.grant)) <= MAX_GRANTED_TO:
        fields["granted_to"] = granted
    if record.access_request:
        fields |= record.access_request.audit_fields()
    logger.info("decision", **fields)


def granted_to(grant: Grant) -> str:
    """Return the rows that `grant` combines, one a line: the principal, a space, and the notebook as the row names it.

    Principals may contain spaces, and notebooks may not. Neither contains a line break. It is a text and not a list,
    because CloudWatch Logs Insights cannot group by a list.
    """
    return "\n".join(f"{part.principal} {part.row_notebook}" for part in grant.parts)


def log_unexpected(error: Exception) -> None:
    """Log where an unexpected error happened.

    The line has types and source lines only, because the text of an exception can quote a token or a URL.
    """
    frames = traceback.extract_tb(error.__traceback__)
    lines = [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames]
    logger.error("unexpected", error_type=type(error).__name__, frames=lines)
