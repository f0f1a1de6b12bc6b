"""Denies on the launch role that cut what people have open: sessions of a person that began before a moment.

IAM asks them at every request and WebSocket frame of an open notebook. They stand in an inline policy of their own,
beside the one that the stack gave the role, and are of no use once the longest session has ended.
"""

import datetime
import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from cli.errors import CommandError

POLICY = "notebook-gate-revoked"

MARGIN = 60
"""Seconds after the command in which new sessions are cut, too: a request under way may have read the grant before."""

LONGEST = 43_200 + 3_600
"""Seconds: a notebook's session, opened at the end of a role session's hour. What began before is over then."""

LIMIT = 10_240
"""Characters of all of a role's inline policies together, without white space (IAM and STS quotas)."""

EVERYBODY = "*"


@dataclass(frozen=True)
class Revocation:
    """Some people's sessions, and the moment before which they began."""

    names: tuple[str, ...]
    """Session names; `EVERYBODY` stands for all."""
    before: int
    """Epoch seconds."""

    def statement(self) -> dict[str, Any]:
        """Write it as IAM takes it."""
        began = {"DateLessThan": {"aws:TokenIssueTime": _written(self.before)}}
        whose = {} if EVERYBODY in self.names else {"StringEquals": {"aws:SourceIdentity": list(self.names)}}
        return {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {**whose, **began}}

    @classmethod
    def read(cls, statement: Any) -> "Revocation":
        """Read what `statement` wrote."""
        condition = statement["Condition"]
        names = condition.get("StringEquals", {}).get("aws:SourceIdentity", [EVERYBODY])
        moment = datetime.datetime.fromisoformat(condition["DateLessThan"]["aws:TokenIssueTime"])
        return cls(tuple([names] if isinstance(names, str) else names), int(moment.timestamp()))

    def is_over(self, now: float) -> bool:
        """Tell whether every session that it meets has ended at `now` (epoch seconds)."""
        return self.before + LONGEST <= now


def combined(revocations: Iterable[Revocation], *, now: int, room: int) -> list[Revocation]:
    """Put each name once, at its latest moment; leave out what is over; make it fit into `room` characters.

    Raises `CommandError` when more people are revoked at once than IAM can hold.
    """
    latest = _latest(revocations, now)
    by_moment: dict[int, list[str]] = defaultdict(list)
    for name, before in latest.items():
        if name == EVERYBODY or before > latest.get(EVERYBODY, 0):
            by_moment[before].append(name)
    found = [Revocation(tuple(names), before) for before, names in sorted(by_moment.items())]
    while len(document(found)) > room:
        if len(found) < 2:
            raise CommandError(
                "More people are revoked than IAM has room for. To cut everybody's sessions: gate revoke --everybody"
            )
        # The two oldest become one, at the later moment: whoever came back in between has to open once more.
        first, second, *rest = found
        found = [Revocation(first.names + second.names, second.before), *rest]
    return found


def missing(wanted: Iterable[Revocation], present: Iterable[Revocation], *, now: int) -> list[str]:
    """Return the names of `wanted` that `present` does not deny for as long, sorted."""
    denied = _latest(present, now)
    everybody = denied.get(EVERYBODY, 0)
    return sorted(name for name, before in _latest(wanted, now).items() if max(denied.get(name, 0), everybody) < before)


def document(revocations: Sequence[Revocation]) -> str:
    """Write the policy."""
    statements = [each.statement() for each in revocations]
    return json.dumps({"Version": "2012-10-17", "Statement": statements}, separators=(",", ":"))


def _latest(revocations: Iterable[Revocation], now: int) -> dict[str, int]:
    latest: dict[str, int] = {}
    for each in revocations:
        for name in each.names if not each.is_over(now) else ():
            latest[name] = max(latest.get(name, 0), each.before)
    return latest


def _written(moment: int) -> str:
    return datetime.datetime.fromtimestamp(moment, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
