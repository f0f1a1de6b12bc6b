"""Where access requests are in the grants table.

| partition key | sort key | row |
|---|---|---|
| `request:<person>` | `<notebook>` | the latest request of a person for a notebook |
| `request:past:<person>` | `<notebook>-<nonce>` | an earlier one, for auditors |
| `request:open`, `request:allowed` | `<time>-<id>` | refers to a request that waits, or whose grant has not ended |
| `request:count` | `<day>/<person>` | how often the person has asked that day |

`<person>` and `<notebook>` are digests, and the id of a request is `<person>-<notebook>-<nonce>`. So a page reads the
rows of one person, and the references to what is open. The partitions that all people share take one or two writes for
each request and decision, and a partition takes 1,000 writes a second (DynamoDB developer guide, "partition key
design").
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from gate.access_requests.access_request import AccessRequest, digest
from gate.platform.log import logger
from gate.store import key_prefixes
from gate.store.table import Row, key_of, primary_key
from gate.values.errors.notebook import InvalidNotebookNameError
from gate.values.notebook import Notebook

OPEN, ALLOWED = (f"{key_prefixes.ACCESS_REQUEST}{state}" for state in ("open", "allowed"))
COUNT = f"{key_prefixes.ACCESS_REQUEST}count"

FORMER = key_prefixes.ACCESS_REQUEST
"""The partition in which earlier versions wrote all requests."""

FORMER_KEEP = 7 * 86_400
"""Seconds for which requests of earlier versions stay in the table after somebody asked."""

Parsed = TypeVar("Parsed")

_ID = re.compile(r"(?:[a-z2-7]{20}-)?[a-z2-7]{20}-[a-z2-7]{8}", re.ASCII)


@dataclass(frozen=True)
class Reference:
    """Refers to a request that is open, or whose grant has not ended."""

    request_id: str
    requester: str
    notebook: Notebook
    time: int
    """Epoch seconds: when the person asked, or when the grant ends."""
    slack_user: str
    """The id of the Slack user who asked in Slack; empty for other requests."""
    reason: str
    decided_at: int
    """Epoch seconds; 0 for an open request."""


def partition_of(name: str) -> str:
    """Return the partition key of the requests that the person with the principal `name` made."""
    return f"{key_prefixes.ACCESS_REQUEST}{digest(name)}"


def is_id(text: str) -> bool:
    """Return whether `text` can be the id of a request."""
    return _ID.fullmatch(text) is not None


def row_key(request_id: str) -> dict[str, Any]:
    """Return the primary key of the latest request of that person for that notebook.

    Raises `ValueError` if `request_id` is not the id of a request.
    """
    if not is_id(request_id):
        raise ValueError("not the id of a request")
    *person, notebook, _ = request_id.split("-")  # earlier versions wrote ids without a person
    return primary_key(f"{key_prefixes.ACCESS_REQUEST}{''.join(person)}", notebook)


def past_key(request_id: str) -> dict[str, Any]:
    """Return the primary key that the request has after a later one of that person for that notebook."""
    *person, notebook, nonce = request_id.split("-")
    return primary_key(f"{key_prefixes.ACCESS_REQUEST}past:{''.join(person)}", f"{notebook}-{nonce}")


def is_former(request_id: str) -> bool:
    """Return whether an earlier version wrote the request, without a reference."""
    return request_id.count("-") == 1


def reference_of(request: AccessRequest) -> Reference:
    """Return the reference to `request`, which is open or allowed."""
    time = request.asked_at if request.decision == "" else request.until
    return Reference(
        request.id, request.requester, request.notebook, time, request.slack_user, request.reason, request.decided_at
    )


def reference_key(request: AccessRequest) -> dict[str, Any]:
    """Return the primary key of the reference to `request`, which is open, or was when it was read."""
    return primary_key(OPEN, f"{request.asked_at:010d}-{request.id}")


def allowed_key(reference: Reference) -> dict[str, Any]:
    """Return the primary key of the reference to an allowed request."""
    return primary_key(ALLOWED, f"{reference.time:010d}-{reference.request_id}")


def reference_row(request: AccessRequest) -> dict[str, Any]:
    """Return the reference to `request`, which is open or allowed, as a row.

    DynamoDB may delete it when the request, or the grant that it led to, ends.
    """
    reference, is_open = reference_of(request), request.decision == ""
    return {
        **(reference_key(request) if is_open else allowed_key(reference)),
        "requester": {"S": reference.requester},
        "asked_for": {"S": str(reference.notebook)},
        "slack_user": {"S": reference.slack_user},
        "reason": {"S": reference.reason},
        "decided_at": {"N": str(reference.decided_at)},
        "until": {"N": str(request.ends_at if is_open else request.until)},
    }


def readable(items: Iterable[Row], read: Callable[[Row], Parsed], *, kind: str) -> Iterator[Parsed]:
    """Yield what `read` returns for each of `items`. A malformed row is logged as `kind`, and affects no other row."""
    for item in items:
        try:
            yield read(item)
        except (ValueError, KeyError, TypeError, InvalidNotebookNameError):
            logger.warning(f"malformed {kind}", notebook=key_of(item)[1])


def read_references(items: Iterable[Row]) -> Iterator[Reference]:
    """Yield the references in `items`, without malformed rows."""
    return readable(items, _read, kind="reference to an access request")


def _read(item: Row) -> Reference:
    time, _, request_id = item["notebook"]["S"].partition("-")
    row_key(request_id)  # raises if it is not an id
    return Reference(
        request_id,
        item["requester"]["S"],
        Notebook.parse(item["asked_for"]["S"]),
        int(time),
        item["slack_user"]["S"],
        item["reason"]["S"],
        int(item["decided_at"]["N"]),
    )
