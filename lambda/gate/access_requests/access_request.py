"""One access request."""

import base64
import hashlib
import secrets
import unicodedata
from dataclasses import dataclass
from typing import Any, Literal

from gate.access_requests.participant import AUTOMATIC, Participant
from gate.values.caller import Caller
from gate.values.errors.base import GateError
from gate.values.notebook import Notebook

Decision = Literal["", "allowed", "denied", "withdrawn"]
"""What became of a request. Empty until somebody has decided on it."""

State = Literal["open", "allowed", "denied", "withdrawn", "ended"]

OPEN_SECONDS = 86_400
"""Seconds after which a request that nobody decided ends."""

MAX_REASON_LENGTH = 300

_BLANKS = dict.fromkeys(
    [0x115F, 0x1160, 0x3164, 0xFFA0, 0x2800, 0x13441, 0x13442, 0x1D159],
    " ",
)
"""The letters and symbols that are displayed as nothing or as a space: fillers of Hangul, the blank pattern of Braille,
blanks of Egyptian hieroglyphs, and the null note head. `str.isprintable` refuses all other characters without a glyph,
except marks and the space (Unicode, "Default_Ignorable_Code_Point" and the names of the characters).
"""


@dataclass(frozen=True)
class Approval:
    """The consent of one person, or of the rule `requests.automatic`."""

    participant: Participant
    """The approver, with the groups that give the right. With it, the right can be checked again."""
    seconds: int
    """How long the access may last."""
    at: int
    """Epoch seconds."""

    @property
    def by(self) -> str:
        """The principal of the approver."""
        return self.participant.name


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
    claim: str = ""
    """See `Participant.claim`. Empty in rows of earlier versions for people who did not ask in Slack."""
    slack_user: str = ""
    """The id of the Slack user who asked in Slack; empty for other requests."""
    approvals: tuple[Approval, ...] = ()
    decision: Decision = ""
    decided_by: str = ""
    """The principal of the person who decided or withdrew the request, or `AUTOMATIC`."""
    decision_reason: str = ""
    """Why the request was denied, in the words of the approver. Empty if they gave no reason."""
    decided_at: int = 0
    until: int = 0
    """The end of the grant in epoch seconds, if the request was allowed."""
    ended_by: str = ""
    """The principal of the person who ended the grant before its time. Empty if nobody did."""
    message: SlackMessage | None = None
    """The message to the approvers."""
    version: int = 0
    """The number of changes. A change is written only if there was no other one meanwhile."""
    is_replaced: bool = False
    """Whether a later request for the same notebook took its place."""
    obstacle: type[GateError] | None = None
    """Why nobody can allow the open request any more. It is not in the row; `AccessRequestStore` finds it."""

    @classmethod
    def new(
        cls, asker: Participant, notebook: Notebook, *, reason: str, seconds: int, now: int, slack_user: str = ""
    ) -> "AccessRequest":
        """Return a new request of `asker`. `now`: epoch seconds."""
        # Random, so that a press of a button of an earlier request never decides a later one.
        nonce = _base32(secrets.token_bytes(5))
        return cls(
            id=f"{digest(asker.name)}-{digest(str(notebook))}-{nonce}",
            requester=asker.name,
            aliases=asker.names[1:],
            notebook=notebook,
            reason=reason,
            seconds=seconds,
            asked_at=now,
            proven_at=asker.proven_at,
            claim=asker.claim,
            slack_user=slack_user,
        )

    @property
    def requester_names(self) -> tuple[str, ...]:
        """The principals of the person who asked."""
        return (self.requester, *self.aliases)

    @property
    def asker(self) -> Participant:
        """The person who asked."""
        return Participant(self.requester_names, self.claim, self.proven_at)

    def is_of(self, caller: Caller) -> bool:
        """Return whether `caller` asked, under any of their names."""
        return bool(set(caller.names) & set(self.requester_names))

    def state(self, now: float) -> State:
        """Return the state at `now` (epoch seconds)."""
        if self.decision:
            return self.decision
        return "ended" if self.obstacle or now >= self.ends_at else "open"

    @property
    def is_automatic(self) -> bool:
        """Whether the rule `requests.automatic` allowed the request."""
        return self.decided_by == AUTOMATIC

    @property
    def ends_at(self) -> int:
        """The epoch seconds at which the request ends if nobody decides."""
        return self.asked_at + OPEN_SECONDS

    @property
    def allowed_seconds(self) -> int:
        """For how long the people who approved the request allow access: the shortest of their lengths."""
        return min((each.seconds for each in self.approvals), default=self.seconds)

    @property
    def keeps_earlier_end(self) -> bool:
        """Whether earlier access of the person ends later than what was allowed, so that its end holds."""
        return self.until > self.decided_at + self.allowed_seconds

    @property
    def is_shortened(self) -> bool:
        """Whether it was allowed for less time than the person asked for."""
        return self.allowed_seconds < self.seconds and not self.keeps_earlier_end

    def audit_fields(self) -> dict[str, Any]:
        """Return what the audit log says about the request: who asks for what, why, and what came of it."""
        return {
            "access_request": self.id,
            "requester": self.requester,
            "notebook": str(self.notebook),
            "why": self.reason,
            "seconds": self.seconds,
            "approved_by": [each.by for each in self.approvals],
            "decided_by": self.decided_by or None,
            "decision_reason": self.decision_reason or None,
            "until": self.until or None,
            "ended_by": self.ended_by or None,
        }


def digest(text: str) -> str:
    """Return the digest of a principal or a notebook, which stands for it in the id of a request.

    A principal can be longer than a sort key may be (1,024 bytes), and the id is a part of links.
    """
    return _base32(hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest())[:20]


def normal_reason(text: str) -> str | None:
    """Return the reason `text` on one line, or None if it is blank, too long, or has characters that are not printed.

    A reason is shown to approvers and written to the log, where control characters could imitate other text.
    """
    reason = " ".join(text.translate(_BLANKS).split())
    # A mark alone, such as a variation selector, shows nothing.
    is_blank = all(character == " " or unicodedata.category(character).startswith("M") for character in reason)
    return reason if reason.isprintable() and not is_blank and len(reason) <= MAX_REASON_LENGTH else None


def _base32(data: bytes) -> str:
    return base64.b32encode(data).decode().lower().rstrip("=")
