"""Reads the access requests of a deployment for operators: those that are open, or all that the table still has."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from cli.aws import aws_errors
from cli.deployed import Deployed
from gate.access_requests.access_request import AccessRequest
from gate.access_requests.row import read_rows
from gate.access_requests.rules import matches
from gate.access_requests.store import AccessRequestStore
from gate.store import key_prefixes
from gate.store.grant_row import MAX_EPOCH_SECONDS
from gate.store.table import Table


@dataclass(frozen=True)
class Criteria:
    """Which requests to list."""

    since: int = 0
    """Epoch seconds. Requests from before are left out."""
    until: int = MAX_EPOCH_SECONDS
    """Epoch seconds. Requests from then on are left out."""
    notebook: str = "*"
    """A pattern as in the settings of access requests."""
    by: str = ""
    """A principal that asked, approved, decided or ended access; empty for any."""

    def match(self, request: AccessRequest, *, home: str) -> bool:
        """Return whether to list `request`, which is of that time. `home`: the deployment's own location."""
        people = {
            *request.requester_names,
            *(each.by for each in request.approvals),
            request.decided_by,
            request.ended_by,
        }
        return matches(request.notebook, [self.notebook], home=home) and (not self.by or self.by in people)


def store_of(deployed: Deployed) -> AccessRequestStore:
    """Return the access requests of `deployed`."""
    table = Table(deployed.aws.client("dynamodb"), deployed.table, time.time)
    return AccessRequestStore(table, keep=deployed.settings.requests.keep)


def open_requests(deployed: Deployed) -> list[AccessRequest]:
    """Return the requests that are open, the oldest first. Raises `CommandError` if AWS refuses a call."""
    store = store_of(deployed)
    with aws_errors():
        _, references = store.of_person((), with_open=True)
        found = store.as_of_now(store.get(references))
    return [each for each in found if each.state(time.time()) == "open"]


def all_requests(deployed: Deployed, criteria: Criteria) -> list[AccessRequest]:
    """Return the requests that match, the oldest first. Reads the whole table.

    Raises `CommandError` if AWS refuses a call.
    """
    with aws_errors():
        found = [each for each in read_rows(_rows(deployed, criteria)) if criteria.match(each, home=deployed.home)]
        return sorted(store_of(deployed).as_of_now(found), key=lambda each: (each.asked_at, each.id))


def _rows(deployed: Deployed, criteria: Criteria) -> Iterator[dict[str, Any]]:
    pages = (
        deployed.aws.client("dynamodb")
        .get_paginator("scan")
        .paginate(
            TableName=deployed.table,
            ConsistentRead=True,
            # References and counts have no time at which somebody asked.
            FilterExpression="begins_with(principal, :prefix) AND asked_at >= :since AND asked_at < :until",
            ExpressionAttributeValues={
                ":prefix": {"S": key_prefixes.ACCESS_REQUEST},
                ":since": {"N": str(criteria.since)},
                ":until": {"N": str(criteria.until)},
            },
        )
    )
    for page in pages:
        yield from page["Items"]
