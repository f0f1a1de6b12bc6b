"""Concurrent revokes: no deny is lost, in any order of their reads and writes."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from cli.errors import CommandError
from cli.revoke.denies import DenyRows, deny
from gate.launch.denies.applying import MAX_ATTEMPTS
from gate.values.revocation import DENY_LIFETIME, EVERYBODY, MAX_POLICY_CHARACTERS, SESSION_MARGIN, Revocation, missing
from testing.interleaving import Request, every_order, pause

NOW = 1_800_000_000


@dataclass
class FakeRole:
    """The launch role's policy in memory. Every access is a step of an interleaving."""

    present: list[Revocation] = field(default_factory=list)
    overwritten: int = 0
    """How many of the next writes are overwritten at once by another operator."""
    writes: int = 0

    def revocations(self) -> list[Revocation]:
        pause()
        return list(self.present)

    def revoke(self, revocations: Sequence[Revocation]) -> None:
        pause()
        self.writes += 1
        if self.overwritten:
            self.overwritten -= 1
            return
        self.present = list(revocations)

    def max_characters(self) -> int:
        return MAX_POLICY_CHARACTERS

    def names(self) -> list[str]:
        return []


@dataclass
class FakeRows(DenyRows):
    """The rows in memory. Every access is a step of an interleaving, as with DynamoDB's consistent reads."""

    rows: dict[str, int] = field(default_factory=dict)

    def all(self) -> list[Revocation]:
        pause()
        return [Revocation((name,), before) for name, before in self.rows.items()]

    def add(self, name: str, before: int) -> None:
        pause()
        self.rows[name] = max(before, self.rows.get(name, 0))


def _denied(role: FakeRole) -> set[str]:
    return {name for each in role.present for name in each.names}


def test_concurrent_revokes_lose_no_deny_in_any_order() -> None:
    role, rows = FakeRole(), FakeRows()

    def start() -> list[Request]:
        nonlocal role, rows
        # An older deny without a row.
        role, rows = FakeRole([Revocation(("old@example.com",), NOW)]), FakeRows()

        def revoke(name: str, now: int) -> None:
            deny(role, rows, [name], now=now, sleep=lambda _: None)

        return [Request(lambda: revoke("alice@example.com", NOW)), Request(lambda: revoke("bob@example.com", NOW + 1))]

    orders = 0
    for requests in every_order(start):
        orders += 1
        assert [request.failure for request in requests] == [None, None]
        assert _denied(role) == {"old@example.com", "alice@example.com", "bob@example.com"}
        assert role.present[-1] == Revocation(("bob@example.com",), NOW + 1 + SESSION_MARGIN)
    assert orders > 900  # two times six steps have 924 orders


def test_an_overwritten_deny_is_written_again() -> None:
    role = FakeRole(overwritten=2)
    assert deny(role, FakeRows(), ["alice@example.com"], now=NOW, sleep=lambda _: None) == NOW + SESSION_MARGIN
    assert (role.writes, _denied(role)) == (3, {"alice@example.com"})


def test_a_deny_that_is_always_overwritten_is_a_failure() -> None:
    role, slept = FakeRole(overwritten=99), []
    with pytest.raises(CommandError, match="Run the same command again"):
        deny(role, FakeRows(), ["alice@example.com"], now=NOW, sleep=slept.append)
    assert role.writes == len(slept) == MAX_ATTEMPTS
    assert sum(slept) < 30


def test_a_revoke_restores_a_deny_that_an_interrupted_one_overwritten() -> None:
    role, rows = FakeRole(), FakeRows(rows={"alice@example.com": NOW})
    deny(role, rows, ["bob@example.com"], now=NOW + 600, sleep=lambda _: None)
    assert _denied(role) == {"alice@example.com", "bob@example.com"}


def test_the_next_revoke_removes_expired_denies() -> None:
    role, rows = (
        FakeRole(present=[Revocation(("old@example.com",), NOW)]),
        FakeRows(rows={"older@example.com": NOW - 9}),
    )
    deny(role, rows, ["bob@example.com"], now=NOW + DENY_LIFETIME, sleep=lambda _: None)
    assert _denied(role) == {"bob@example.com"}


def test_a_deny_for_everybody_replaces_all_others() -> None:
    role, rows = FakeRole(), FakeRows()
    for number in range(600):
        rows.add(f"person-{number}@example.com", NOW + SESSION_MARGIN)
    with pytest.raises(CommandError, match="--everybody in place of a caller"):
        deny(role, rows, ["bob@example.com"], now=NOW, sleep=lambda _: None)
    deny(role, rows, [EVERYBODY], now=NOW, sleep=lambda _: None)
    assert role.present == [Revocation((EVERYBODY,), NOW + SESSION_MARGIN)]


def test_a_deny_for_everybody_covers_earlier_ones() -> None:
    everybody = [Revocation((EVERYBODY,), NOW)]
    assert missing([Revocation(("a", "b"), NOW)], everybody, now=NOW) == []
    assert missing([Revocation(("a",), NOW + 1)], everybody, now=NOW) == ["a"]
    assert missing(everybody, [Revocation(("a",), NOW)], now=NOW) == [EVERYBODY]
