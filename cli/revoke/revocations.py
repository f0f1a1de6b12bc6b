"""The denies on the launch role that end role sessions of a caller from before a moment.

IAM evaluates them for each request and WebSocket frame of an open notebook. They are in an inline policy of their own
(`infra/revocations.py`), and expire with the longest possible role session.
"""

import datetime
import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from cli.errors import CommandError

SESSION_MARGIN = 60
"""Seconds after the command during which new role sessions are denied, too: a concurrent request may have read the
grant before it was removed."""

DENY_LIFETIME = 43_200 + 3_600
"""Seconds: the longest notebook session, opened at the end of a role session's hour. Every session that a deny meets
has ended by then."""

MAX_POLICY_CHARACTERS = 10_240
"""For all inline policies of a role together, without white space (IAM and STS quotas)."""

EVERYBODY = "*"


@dataclass(frozen=True)
class Revocation:
    """The role sessions of some callers that began before a moment."""

    names: tuple[str, ...]
    """Names of role sessions; `EVERYBODY` stands for all."""
    before: int
    """Epoch seconds."""

    def statement(self) -> dict[str, Any]:
        """Return the deny as a policy statement."""
        began = {"DateLessThan": {"aws:TokenIssueTime": _date(self.before)}}
        callers = {} if EVERYBODY in self.names else {"StringEquals": {"aws:SourceIdentity": list(self.names)}}
        return {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {**callers, **began}}

    @classmethod
    def parse(cls, statement: Any) -> "Revocation":
        """Read a policy statement that `statement` returned."""
        condition = statement["Condition"]
        names = condition.get("StringEquals", {}).get("aws:SourceIdentity", [EVERYBODY])
        moment = datetime.datetime.fromisoformat(condition["DateLessThan"]["aws:TokenIssueTime"])
        return cls(tuple([names] if isinstance(names, str) else names), int(moment.timestamp()))

    def has_expired(self, now: float) -> bool:
        """Return whether every role session that it meets has ended at `now` (epoch seconds)."""
        return self.before + DENY_LIFETIME <= now


def merged(revocations: Iterable[Revocation], *, now: int, max_characters: int) -> list[Revocation]:
    """Return each name once, at its latest moment, without what has expired, in at most `max_characters`.

    Raises `CommandError` if more callers are revoked at once than the policy can hold.
    """
    latest = _latest(revocations, now)
    by_moment: dict[int, list[str]] = defaultdict(list)
    for name, before in latest.items():
        if name == EVERYBODY or before > latest.get(EVERYBODY, 0):
            by_moment[before].append(name)
    result = [Revocation(tuple(names), before) for before, names in sorted(by_moment.items())]
    while len(policy_document(result)) > max_characters:
        if len(result) < 2:
            raise CommandError(
                "More callers are revoked than an IAM policy can hold. --everybody in place of a caller ends the "
                "sessions of all"
            )
        # The two oldest are joined at the later moment. A caller who was let in between has to open notebooks again.
        first, second, *rest = result
        result = [Revocation(first.names + second.names, second.before), *rest]
    return result


def missing(wanted: Iterable[Revocation], present: Iterable[Revocation], *, now: int) -> list[str]:
    """Return the names in `wanted` that `present` does not deny up to the same moment, sorted."""
    denied = _latest(present, now)
    everybody = denied.get(EVERYBODY, 0)
    return sorted(name for name, before in _latest(wanted, now).items() if max(denied.get(name, 0), everybody) < before)


def policy_document(revocations: Sequence[Revocation]) -> str:
    """Return the policy as JSON."""
    statements = [revocation.statement() for revocation in revocations]
    return json.dumps({"Version": "2012-10-17", "Statement": statements}, separators=(",", ":"))


def _latest(revocations: Iterable[Revocation], now: int) -> dict[str, int]:
    latest: dict[str, int] = {}
    for revocation in revocations:
        for name in revocation.names if not revocation.has_expired(now) else ():
            latest[name] = max(latest.get(name, 0), revocation.before)
    return latest


def _date(moment: int) -> str:
    return datetime.datetime.fromtimestamp(moment, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
