"""The grant that an access request leads to, and what becomes of the grant that is there."""

from dataclasses import dataclass, replace
from typing import Any

from gate.access_requests.access_request import AccessRequest
from gate.store.grant_row import REQUESTED, read
from gate.store.table import Row, primary_key
from gate.values.errors.access_requests import AlreadyGrantedError
from gate.values.grant import Power


@dataclass(frozen=True)
class GrantChange:
    """A grant to write. It is written only if the row still is what it was before."""

    before: Row | None
    after: Row


def grant_key(request: AccessRequest) -> dict[str, Any]:
    """Return the primary key of the grant for `request`."""
    return primary_key(request.requester, str(request.notebook))


def is_of_operator(item: Row, now: float) -> bool:
    """Return whether `item` is a grant that an operator gave or edited, and that has not ended. No request replaces it.

    `gate grants` writes rows without the id of a request. A row that has the id, and also what no request writes, was
    edited with another tool.
    """
    row = read(item)
    if row.until is not None and row.until <= now:
        return False
    return not row.request_id or row.until is None or bool(item.keys() - set(REQUESTED))


def with_grant(
    request: AccessRequest, *, power: Power, present: Row | None, now: float
) -> tuple[AccessRequest, GrantChange]:
    """Return `request`, which was just allowed, with the grant that it leads to.

    `present`: the row of that grant. If an earlier request led to it and it ends later, it stays as it is, and the
    request has its end: more access is never less. Raises `AlreadyGrantedError` if an operator gave it.
    """
    if present is not None and is_of_operator(present, now):
        raise AlreadyGrantedError
    end = read(present).until if present is not None else None
    if present is not None and end is not None and end >= request.until:
        return replace(request, until=end), GrantChange(present, present)
    texts = {
        "power": power,
        "granted_by": ", ".join(each.by for each in request.approvals),
        "reason": request.reason,
        "request_id": request.id,
    }
    after = {
        **grant_key(request),
        **{name: {"S": text} for name, text in texts.items()},
        "until": {"N": str(request.until)},
    }
    return request, GrantChange(present, after)
