"""Denies of several operators at once: none is lost, in whatever order their reads and writes happen."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from cli.errors import CommandError
from cli.revoke.denies import MAX_ATTEMPTS, deny
from cli.revoke.deny_rows import DenyRows
from cli.revoke.revocations import DENY_LIFETIME, EVERYBODY, MAX_POLICY_CHARACTERS, SESSION_MARGIN, Revocation, missing
from tests.cli.interleaving import Steps, every_order

NOW = 1_800_000_000


@dataclass
class Role:
    """The launch role's policy, and the steps at which others can come in between."""

    steps: Steps | None = None
    stands: list[Revocation] = field(default_factory=list)
    erased: int = 0
    """How many of the next writes IAM takes and somebody else's policy replaces at once."""
    writes: int = 0

    def revocations(self) -> list[Revocation]:
        self._step()
        return list(self.stands)

    def deny(self, revocations: Sequence[Revocation]) -> None:
        self._step()
        self.writes += 1
        if self.erased:
            self.erased -= 1
            return
        self.stands = list(revocations)

    def max_characters(self) -> int:
        return MAX_POLICY_CHARACTERS

    def _step(self) -> None:
        if self.steps:
            self.steps.step()


@dataclass
class Rows(DenyRows):
    """The rows, each written and read at once, as DynamoDB does by consistent reads."""

    steps: Steps | None = None
    rows: dict[str, int] = field(default_factory=dict)

    def all(self) -> list[Revocation]:
        if self.steps:
            self.steps.step()
        return [Revocation((name,), before) for name, before in self.rows.items()]

    def add(self, name: str, before: int) -> None:
        if self.steps:
            self.steps.step()
        self.rows[name] = max(before, self.rows.get(name, 0))


def _denied(role: Role) -> set[str]:
    return {name for each in role.stands for name in each.names}


def test_two_revokes_at_once_lose_none_in_any_order() -> None:
    role, rows = Role(), Rows()

    def play(steps: Steps) -> None:
        nonlocal role, rows
        # One that was there before, from a time when there were no rows.
        role, rows = Role(steps, [Revocation(("old@example.com",), NOW)]), Rows(steps)

        def revoke(name: str, now: int) -> None:
            deny(role, rows, [name], now=now, sleep=lambda _: None)

        steps.run([lambda: revoke("alice@example.com", NOW), lambda: revoke("bob@example.com", NOW + 1)])

    orders = 0
    for _ in every_order(play):
        orders += 1
        assert _denied(role) == {"old@example.com", "alice@example.com", "bob@example.com"}
        assert role.stands[-1] == Revocation(("bob@example.com",), NOW + 1 + SESSION_MARGIN)
    assert orders > 900  # twice six steps alone can follow each other in 924 orders


def test_a_deny_that_is_replaced_is_written_again() -> None:
    role = Role(erased=2)
    assert deny(role, Rows(), ["alice@example.com"], now=NOW, sleep=lambda _: None) == NOW + SESSION_MARGIN
    assert (role.writes, _denied(role)) == (3, {"alice@example.com"})


def test_a_deny_that_never_stands_is_a_failure() -> None:
    role, slept = Role(erased=99), []
    with pytest.raises(CommandError, match="Run the same command again"):
        deny(role, Rows(), ["alice@example.com"], now=NOW, sleep=slept.append)
    assert role.writes == len(slept) == MAX_ATTEMPTS
    assert sum(slept) < 30


def test_a_revoke_puts_back_what_an_interrupted_one_has_erased() -> None:
    role, rows = Role(), Rows(rows={"alice@example.com": NOW})
    deny(role, rows, ["bob@example.com"], now=NOW + 600, sleep=lambda _: None)
    assert _denied(role) == {"alice@example.com", "bob@example.com"}


def test_what_is_over_is_tidied_up_by_the_next_revoke() -> None:
    role, rows = Role(stands=[Revocation(("old@example.com",), NOW)]), Rows(rows={"older@example.com": NOW - 9})
    deny(role, rows, ["bob@example.com"], now=NOW + DENY_LIFETIME, sleep=lambda _: None)
    assert _denied(role) == {"bob@example.com"}


def test_everybody_makes_room() -> None:
    role, rows = Role(), Rows()
    for number in range(600):
        rows.add(f"person-{number}@example.com", NOW + SESSION_MARGIN)
    with pytest.raises(CommandError, match="gate revoke --everybody"):
        deny(role, rows, ["bob@example.com"], now=NOW, sleep=lambda _: None)
    deny(role, rows, [EVERYBODY], now=NOW, sleep=lambda _: None)
    assert role.stands == [Revocation((EVERYBODY,), NOW + SESSION_MARGIN)]


def test_everybody_stands_for_each_who_was_revoked_before() -> None:
    everybody = [Revocation((EVERYBODY,), NOW)]
    assert missing([Revocation(("a", "b"), NOW)], everybody, now=NOW) == []
    assert missing([Revocation(("a",), NOW + 1)], everybody, now=NOW) == ["a"]
    assert missing(everybody, [Revocation(("a",), NOW)], now=NOW) == [EVERYBODY]
