"""Finds what ended open requests, as the table is now."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from gate.access_requests.access_request import AccessRequest
from gate.access_requests.participant import Participant
from gate.access_requests.requested_grant import grant_key, is_of_operator
from gate.store.cutoffs import apply_cutoffs, cutoff_keys
from gate.store.table import Row, Table, key_of
from gate.values.errors.access_requests import AccessRequestEndedError, AlreadyGrantedError
from gate.values.errors.base import GateError
from gate.values.errors.caller import SignInEndedError


def with_obstacles(requests: Iterable[AccessRequest], table: Table) -> list[AccessRequest]:
    """Return `requests`; those that are open with what ended them, and without approvals that a cutoff ended.

    Raises the errors of `Table`.
    """
    now, requests = table.now(), list(requests)
    keys = []
    for request in requests:
        if request.state(now) == "open":
            people = [request.asker, *(each.participant for each in request.approvals)]
            keys += [grant_key(request), *(key for each in people for key in cutoff_keys(each.caller))]
    rows = {key_of(item): item for item in table.get(keys)}
    return [_as_of(request, rows, now) if request.state(now) == "open" else request for request in requests]


def _as_of(request: AccessRequest, rows: Mapping[tuple[str, str], Row], now: float) -> AccessRequest:
    grant = rows.get(key_of(grant_key(request)))
    obstacle: type[GateError] | None = None
    if _is_cut_off(request.asker, rows):
        obstacle = AccessRequestEndedError
    elif grant is not None and is_of_operator(grant, now):
        obstacle = AlreadyGrantedError
    approvals = tuple(each for each in request.approvals if not _is_cut_off(each.participant, rows))
    return replace(request, obstacle=obstacle, approvals=approvals)


def _is_cut_off(participant: Participant, rows: Mapping[tuple[str, str], Row]) -> bool:
    caller = participant.caller
    try:
        apply_cutoffs([rows[key] for key in map(key_of, cutoff_keys(caller)) if key in rows], caller)
    except SignInEndedError:
        return True
    return False
