"""An access request as a row of the grants table."""

import json
from collections.abc import Iterable, Iterator
from typing import Any, cast, get_args

from gate.access_requests.access_request import AccessRequest, Approval, Decision, SlackMessage
from gate.access_requests.keys import past_key, readable, row_key
from gate.access_requests.participant import EMAIL, Participant
from gate.store.table import Row, key_of
from gate.values.errors.access_requests import AccessRequestEndedError
from gate.values.notebook import Notebook


def to_row(request: AccessRequest, *, keep: int) -> dict[str, Any]:
    """Return `request` as a row of the table. DynamoDB may delete it `keep` seconds after somebody asked."""
    message = [request.message.channel, request.message.timestamp] if request.message else []
    texts = {
        "id": request.id,
        "requester": request.requester,
        "aliases": json.dumps(request.aliases),
        "claim": request.claim,
        "asked_for": str(request.notebook),
        "reason": request.reason,
        "slack_user": request.slack_user,
        "approvals": json.dumps([_to_json(each) for each in request.approvals]),
        "decision": request.decision,
        "decided_by": request.decided_by,
        "decision_reason": request.decision_reason,
        "ended_by": request.ended_by,
        "message": json.dumps(message),
    }
    numbers = {
        "seconds": request.seconds,
        "asked_at": request.asked_at,
        "proven_at": request.proven_at,
        "decided_at": request.decided_at,
        "grant_until": request.until,
        "version": request.version,
        "until": request.asked_at + keep,  # the table's time to live
    }
    return {
        **(past_key if request.is_replaced else row_key)(request.id),
        **{name: {"S": text} for name, text in texts.items()},
        **{name: {"N": str(number)} for name, number in numbers.items()},
    }


def read_rows(items: Iterable[Row]) -> Iterator[AccessRequest]:
    """Yield the requests in `items`, without malformed rows."""
    return readable(items, read_row, kind="access request")


def read_row(item: Row) -> AccessRequest:
    """Parse a row that `to_row` returned, or that an earlier version wrote.

    Raises `ValueError`, `KeyError`, `TypeError` or `InvalidNotebookNameError` for any other row.
    """
    text = {name: value["S"] for name, value in item.items() if "S" in value}
    number = {name: int(value["N"]) for name, value in item.items() if "N" in value}
    message = json.loads(text["message"])
    keys = [key_of(key(text["id"])) for key in (row_key, past_key)]
    if text["decision"] not in get_args(Decision) or key_of(item) not in keys:
        raise ValueError("not the row of a request")
    is_replaced = key_of(item) == keys[1]
    return AccessRequest(
        id=text["id"],
        requester=text["requester"],
        aliases=tuple(map(str, json.loads(text["aliases"]))),
        notebook=Notebook.parse(text["asked_for"]),
        reason=text["reason"],
        seconds=number["seconds"],
        asked_at=number["asked_at"],
        proven_at=number["proven_at"],
        # Earlier versions wrote no claim. They also took names from Slack and from sign-ins alone.
        claim=text.get("claim", EMAIL if text["slack_user"] else ""),
        slack_user=text["slack_user"],
        approvals=tuple(map(_approval, json.loads(text["approvals"]))),
        decision=cast("Decision", text["decision"]),
        decided_by=text["decided_by"],
        decision_reason=text.get("decision_reason", ""),
        decided_at=number["decided_at"],
        until=number["grant_until"],
        ended_by=text.get("ended_by", ""),
        message=SlackMessage(*map(str, message)) if message else None,
        version=number["version"],
        is_replaced=is_replaced,
        obstacle=AccessRequestEndedError if is_replaced and not text["decision"] else None,
    )


def _to_json(approval: Approval) -> dict[str, Any]:
    return {**vars(approval.participant), "seconds": approval.seconds, "at": approval.at}


def _approval(value: Any) -> Approval:
    if isinstance(value, list):
        # Earlier versions wrote the name alone. Without its claim, it cannot be compared with the names of others.
        by, seconds, at = value
        return Approval(Participant((str(by),), "", int(at)), int(seconds), int(at))
    first, *aliases = map(str, value["names"])
    participant = Participant(
        (first, *aliases), str(value["claim"]), int(value["proven_at"]), tuple(map(str, value["groups"]))
    )
    return Approval(participant, int(value["seconds"]), int(value["at"]))
