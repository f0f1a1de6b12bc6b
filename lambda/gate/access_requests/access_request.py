"""One access request, and its row in the grants table."""

import base64
import hashlib
import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from gate.identity.caller import Caller
from gate.notebook import Notebook
from gate.store import key_prefixes

State = Literal["open", "allowed", "denied", "ended"]

OPEN_SECONDS = 86_400
"""Seconds after which a request that nobody decided ends."""

ROW_TTL = 7 * 86_400
"""Seconds after which DynamoDB may delete the row of a request. Until then, the person who asked sees the outcome."""

MAX_REASON_LENGTH = 300

_ID = re.compile(r"[a-z2-7]{20}-[a-z2-7]{8}", re.ASCII)


@dataclass(frozen=True)
class Approval:
    """The consent of one person."""

    by: str
    """The principal of the approver."""
    seconds: int
    """How long the access may last."""
    at: int
    """Epoch seconds."""


@dataclass(frozen=True)
class SlackMessage:
    """A message in Slack that shows the request."""

    channel: str
    timestamp: str
    """Identifies the message in its channel."""


@dataclass(frozen=True)
class AccessRequest:
    """A person's request for access to one notebook."""

    id: str
    requester: str
    """The principal of the person who asked. The grant is given to it."""
    aliases: tuple[str, ...]
    """Other principals of the same person."""
    notebook: Notebook
    reason: str
    seconds: int
    """For how long the person asked."""
    asked_at: int
    """Epoch seconds."""
    proven_at: int
    """Epoch seconds at which the identity of the person who asked was proven. A later cutoff ends the request."""
    slack_user: str = ""
    """The id of the Slack user who asked in Slack; empty for other requests."""
    approvals: tuple[Approval, ...] = ()
    decision: Literal["", "allowed", "denied"] = ""
    decided_by: str = ""
    decided_at: int = 0
    until: int = 0
    """The end of the grant in epoch seconds, if the request was allowed."""
    message: SlackMessage | None = None
    """The message to the approvers."""
    version: int = 0
    """The number of changes. A change is written only if there was no other one meanwhile."""

    @classmethod
    def new(
        cls, caller: Caller, notebook: Notebook, *, reason: str, seconds: int, now: int, slack_user: str = ""
    ) -> "AccessRequest":
        """Return a new request of `caller`. `now`: epoch seconds."""
        # Random, so that a press of a button of an earlier request never decides a later one.
        nonce = _base32(secrets.token_bytes(5))
        return cls(
            id=f"{request_key(caller.subject, notebook)}-{nonce}",
            requester=caller.subject,
            aliases=caller.aliases,
            notebook=notebook,
            reason=reason,
            seconds=seconds,
            asked_at=now,
            proven_at=int(caller.proven_at),
            slack_user=slack_user,
        )

    @property
    def key(self) -> str:
        """The sort key of the row. A person has one row for each notebook."""
        return key_of_id(self.id)

    @property
    def requester_names(self) -> tuple[str, ...]:
        """The principals of the person who asked."""
        return (self.requester, *self.aliases)

    def state(self, now: float) -> State:
        """Return the state at `now` (epoch seconds)."""
        if self.decision:
            return self.decision
        return "ended" if now >= self.ends_at else "open"

    @property
    def ends_at(self) -> int:
        """The epoch seconds at which the request ends if nobody decides."""
        return self.asked_at + OPEN_SECONDS

    def audit_fields(self) -> dict[str, Any]:
        """Return what the audit log says about the request: who asks for what, why, and what came of it."""
        return {
            "access_request": self.id,
            "requester": self.requester,
            "notebook": str(self.notebook),
            "why": self.reason,
            "seconds": self.seconds,
            "approved_by": [each.by for each in self.approvals],
            "until": self.until or None,
        }

    def item(self) -> dict[str, Any]:
        """Return the request as a row of the table."""
        approvals = [[each.by, each.seconds, each.at] for each in self.approvals]
        texts = {
            "id": self.id,
            "requester": self.requester,
            "aliases": json.dumps(self.aliases),
            "asked_for": str(self.notebook),
            "reason": self.reason,
            "slack_user": self.slack_user,
            "approvals": json.dumps(approvals),
            "decision": self.decision,
            "decided_by": self.decided_by,
            "message": json.dumps([self.message.channel, self.message.timestamp] if self.message else []),
        }
        numbers = {
            "seconds": self.seconds,
            "asked_at": self.asked_at,
            "proven_at": self.proven_at,
            "decided_at": self.decided_at,
            "grant_until": self.until,
            "version": self.version,
            "until": self.asked_at + ROW_TTL,  # the table's time to live
        }
        return {
            **row_key(self.key),
            **{name: {"S": text} for name, text in texts.items()},
            **{name: {"N": str(number)} for name, number in numbers.items()},
        }

    @classmethod
    def read(cls, item: Mapping[str, Any]) -> "AccessRequest":
        """Parse a row that `item` returned. Raises `ValueError`, `KeyError` or `TypeError` for any other row."""
        text = {name: value["S"] for name, value in item.items() if "S" in value}
        number = {name: int(value["N"]) for name, value in item.items() if "N" in value}
        message = json.loads(text["message"])
        if text["decision"] not in ("", "allowed", "denied") or key_of_id(text["id"]) != text["notebook"]:
            raise ValueError("not the row of a request")
        return cls(
            id=text["id"],
            requester=text["requester"],
            aliases=tuple(map(str, json.loads(text["aliases"]))),
            notebook=Notebook.parse(text["asked_for"]),
            reason=text["reason"],
            seconds=number["seconds"],
            asked_at=number["asked_at"],
            proven_at=number["proven_at"],
            slack_user=text["slack_user"],
            approvals=tuple(
                Approval(str(by), int(seconds), int(at)) for by, seconds, at in json.loads(text["approvals"])
            ),
            decision=text["decision"],
            decided_by=text["decided_by"],
            decided_at=number["decided_at"],
            until=number["grant_until"],
            message=SlackMessage(*map(str, message)) if message else None,
            version=number["version"],
        )


def row_key(key: str) -> dict[str, Any]:
    """Return the primary key of the request with the sort key `key`."""
    return {"principal": {"S": key_prefixes.ACCESS_REQUEST}, "notebook": {"S": key}}


def request_key(subject: str, notebook: Notebook) -> str:
    """Return the sort key of the request of `subject` for `notebook`.

    It is a digest, because both together can be longer than a sort key may be (1,024 bytes).
    """
    return _base32(hashlib.sha256(f"{subject}\n{notebook}".encode("utf-8", "surrogatepass")).digest())[:20]


def key_of_id(request_id: str) -> str:
    """Return the sort key of the request with the id `request_id`. Raises `ValueError` if it is not an id."""
    if not _ID.fullmatch(request_id):
        raise ValueError("not the id of a request")
    return request_id.partition("-")[0]


def normal_reason(text: str) -> str | None:
    """Return the reason `text` on one line, or None if it is empty, too long, or has characters that are not printed.

    A reason is shown to approvers and written to the log, where control characters could imitate other text.
    """
    reason = " ".join(text.split())
    return reason if reason.isprintable() and 0 < len(reason) <= MAX_REASON_LENGTH else None


def _base32(data: bytes) -> str:
    return base64.b32encode(data).decode().lower().rstrip("=")
