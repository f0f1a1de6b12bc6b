"""The denies on the launch role that end role sessions of a caller from before a moment.

IAM evaluates them for each request and WebSocket frame of an open notebook. They are in an inline policy of their own
(`gate.launch.denies.launch_role`), and expire with the longest possible role session.
"""

import datetime
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

SESSION_MARGIN = 60
"""Seconds after a grant was removed during which new role sessions are denied, too: a concurrent request may have read
the grant before."""

DENY_LIFETIME = 43_200 + 3_600
"""Seconds: the longest notebook session, opened at the end of a role session's hour. Every session that a deny meets
has ended by then."""

MAX_POLICY_CHARACTERS = 10_240
"""For all inline policies of a role together, without white space (IAM and STS quotas)."""

EVERYBODY = "*"

ALL_NOTEBOOKS = ("*",)

_Denied = tuple[str, tuple[str, ...]]
"""A name, and the ARNs for which it is denied."""


class TooManyDeniesError(Exception):
    """An IAM policy cannot hold the denies."""


@dataclass(frozen=True)
class Revocation:
    """The role sessions of some callers that began before a moment."""

    names: tuple[str, ...]
    """Names of role sessions; `EVERYBODY` stands for all."""
    before: int
    """Epoch seconds."""
    arns: tuple[str, ...] = ALL_NOTEBOOKS
    """The notebooks that are cut off."""

    def statement(self) -> dict[str, Any]:
        """Return the deny as a policy statement."""
        began = {"DateLessThan": {"aws:TokenIssueTime": _date(self.before)}}
        callers = {} if EVERYBODY in self.names else {"StringEquals": {"aws:SourceIdentity": list(self.names)}}
        resource = self.arns[0] if len(self.arns) == 1 else list(self.arns)
        return {"Effect": "Deny", "Action": "*", "Resource": resource, "Condition": {**callers, **began}}

    @classmethod
    def parse(cls, statement: Any) -> "Revocation":
        """Read a policy statement that `statement` returned."""
        condition = statement["Condition"]
        names = condition.get("StringEquals", {}).get("aws:SourceIdentity", [EVERYBODY])
        moment = datetime.datetime.fromisoformat(condition["DateLessThan"]["aws:TokenIssueTime"])
        return cls(_tuple(names), int(moment.timestamp()), _tuple(statement["Resource"]))

    def has_expired(self, now: float) -> bool:
        """Return whether every role session that it meets has ended at `now` (epoch seconds)."""
        return self.before + DENY_LIFETIME <= now


def merged(revocations: Iterable[Revocation], *, now: int, max_characters: int) -> list[Revocation]:
    """Return each name once for the same notebooks, at its latest moment, without what has expired.

    The policy document has at most `max_characters`. Where that is too short, more is cut off than was asked: all
    notebooks of a caller, or what was opened until a later moment. Who has a grant then opens the notebook again.
    Raises `TooManyDeniesError` if more callers are denied at once than the policy can hold.
    """
    result = _grouped(_latest(revocations, now))
    while len(policy_document(result)) > max_characters:
        of_notebooks = [each for each in result if each.arns != ALL_NOTEBOOKS]
        if of_notebooks:
            first = of_notebooks[0]
            result = [replace(each, arns=ALL_NOTEBOOKS) if each is first else each for each in result]
            result = _grouped(_latest(result, now))
            continue
        # A later moment for everybody would cut off people whose access nobody has ended.
        of_people = [each for each in result if EVERYBODY not in each.names]
        if len(of_people) < 2:
            raise TooManyDeniesError
        first, second = of_people[:2]
        joined = Revocation(first.names + second.names, second.before)
        result = [joined if each is second else each for each in result if each is not first]
    return result


def missing(wanted: Iterable[Revocation], present: Iterable[Revocation], *, now: int) -> list[str]:
    """Return the names in `wanted` that `present` does not deny up to the same moment, sorted."""
    denied = _latest(present, now)
    return sorted(
        {
            each[0]
            for each, before in _latest(wanted, now).items()
            if all(denied.get(covering, 0) < before for covering in (each, *_wider(each)))
        }
    )


def policy_document(revocations: Sequence[Revocation]) -> str:
    """Return the policy as JSON."""
    statements = [revocation.statement() for revocation in revocations]
    return json.dumps({"Version": "2012-10-17", "Statement": statements}, separators=(",", ":"))


def _latest(revocations: Iterable[Revocation], now: int) -> dict[_Denied, int]:
    latest: dict[_Denied, int] = {}
    for revocation in revocations:
        for name in revocation.names if not revocation.has_expired(now) else ():
            denied = name, revocation.arns
            latest[denied] = max(latest.get(denied, 0), revocation.before)
    return latest


def _wider(denied: _Denied) -> list[_Denied]:
    """Return what would be denied together with `denied`."""
    return [each for each in ((denied[0], ALL_NOTEBOOKS), (EVERYBODY, ALL_NOTEBOOKS)) if each != denied]


def _grouped(latest: Mapping[_Denied, int]) -> list[Revocation]:
    """Return the denies in `latest` that no wider one covers, the earliest first."""
    groups: dict[tuple[int, tuple[str, ...]], list[str]] = defaultdict(list)
    for (name, arns), before in latest.items():
        if all(latest.get(wider, 0) < before for wider in _wider((name, arns))):
            groups[before, arns].append(name)
    return [Revocation(tuple(names), before, arns) for (before, arns), names in sorted(groups.items())]


def _tuple(value: str | Iterable[str]) -> tuple[str, ...]:
    # IAM accepts one value as a string, and several as a list.
    return (value,) if isinstance(value, str) else tuple(value)


def _date(moment: int) -> str:
    return datetime.datetime.fromtimestamp(moment, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
