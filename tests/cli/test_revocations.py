"""The policy that `gate revoke` writes."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.errors import CommandError
from cli.revoke.revocations import (
    DENY_LIFETIME,
    EVERYBODY,
    MAX_POLICY_CHARACTERS,
    SESSION_MARGIN,
    Revocation,
    merged,
    policy_document,
)

NAMES = st.from_regex(r"[a-z]{2,20}@[a-z]{2,20}\.example", fullmatch=True) | st.just("Batch=" + "a" * 58)


@given(
    steps=st.lists(st.tuples(NAMES, st.sampled_from([0, 1, 600, 15_000, 30_000])), min_size=1, max_size=80),
    max_characters=st.integers(1_500, MAX_POLICY_CHARACTERS),
)
def test_every_deny_lasts_its_lifetime_and_the_policy_fits(steps: list[tuple[str, int]], max_characters: int) -> None:
    now, present = 1_800_000_000, []
    revoked: dict[str, int] = {}
    for name, later in steps:
        now += later
        try:
            present = merged(
                [*present, Revocation((name,), now + SESSION_MARGIN)], now=now, max_characters=max_characters
            )
        except CommandError:
            assert max_characters < 5_000
            return
        revoked[name] = now
        assert len(policy_document(present)) <= max_characters
        assert all(each.before + DENY_LIFETIME > now for each in present)
        statements = json.loads(policy_document(present))["Statement"]
        assert [Revocation.parse(statement) for statement in statements] == present
        for who, since in revoked.items():
            if since + DENY_LIFETIME > now:
                denied = [each.before for each in present if who in each.names]
                assert denied
                assert max(denied) >= since + SESSION_MARGIN


def test_a_deny_for_everybody_names_no_caller() -> None:
    statement = Revocation((EVERYBODY,), 1_800_000_000).statement()
    assert statement["Condition"] == {"DateLessThan": {"aws:TokenIssueTime": "2027-01-15T08:00:00Z"}}
    assert Revocation.parse(statement).names == (EVERYBODY,)


def test_more_denies_than_a_policy_can_hold_are_rejected() -> None:
    present: list[Any] = []

    def revoke_all() -> None:
        for number in range(1_000):
            another = Revocation((f"person{number}@example.com",), 1_800_000_000 + number + SESSION_MARGIN)
            present[:] = merged([*present, another], now=1_800_000_000 + number, max_characters=MAX_POLICY_CHARACTERS)

    with pytest.raises(CommandError, match="--everybody in place of a caller"):
        revoke_all()
    assert sum(len(each.names) for each in present) > 100
