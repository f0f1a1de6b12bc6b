"""The denies that rows ask for, and the policy that holds them."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.launch.denies.rows import CLOCK_DIFFERENCE, read_denies
from gate.platform.config import Config
from gate.store.denied import ended_row, revoked_row
from gate.values.notebook import Notebook
from gate.values.revocation import (
    ALL_NOTEBOOKS,
    EVERYBODY,
    SESSION_MARGIN,
    Revocation,
    TooManyDeniesError,
    merged,
    missing,
    policy_document,
)
from testing.environment import ENVIRON

NOW = 1_800_000_000
CHURN = "arn:aws:sagemaker:eu-west-1:123456789012:notebook-instance/churn"


def _read(*rows: dict[str, Any], **changes: str) -> list[Revocation]:
    return list(
        read_denies(rows, Config.from_environ({**ENVIRON, "GATE_ISSUER": "https://id.example.com", **changes}), now=NOW)
    )


def test_a_row_names_the_notebook_and_the_role_sessions_of_a_person() -> None:
    assert _read(ended_row("user:ann@example.com", Notebook.parse("Churn"), NOW)) == [
        Revocation(("ann@example.com",), NOW, (CHURN,))
    ]
    (slack,) = _read(ended_row("slack:T1/U1", Notebook.parse("churn"), NOW))
    assert slack.names[0].startswith("U1=")
    space = Notebook.parse("studio:d-abc123/ann/space")
    (studio,) = _read(ended_row("user:ann@example.com", space, NOW), GATE_STUDIO_DOMAINS="d-abc123")
    assert [arn.partition(":123456789012:")[2] for arn in studio.arns] == [
        "user-profile/d-abc123/ann",
        "space/d-abc123/space",
    ]
    assert _read(revoked_row(EVERYBODY, NOW)) == [Revocation((EVERYBODY,), NOW, ALL_NOTEBOOKS)]


@pytest.mark.parametrize(
    "change",
    [
        {"before": {"N": str(NOW + SESSION_MARGIN + CLOCK_DIFFERENCE + 1)}},
        {"before": {"N": str(NOW * 1000)}},
        {"before": {"N": "0"}},
        {"before": {"N": "soon"}},
        {"before": {"S": "1"}},
        {"name": {"S": EVERYBODY}},
        {"name": {}},
        {"asked_for": {"S": "../x"}},
        {"asked_for": {"S": "210987654321/eu-west-1/unlisted"}},
    ],
)
def test_a_row_that_cannot_be_one_of_the_gates_denies_nothing(change: dict[str, Any]) -> None:
    good = ended_row("user:ann@example.com", Notebook.parse("churn"), NOW)
    assert _read({**good, **change}, good) == _read(good)


def test_a_row_of_this_moment_counts() -> None:
    latest = NOW + SESSION_MARGIN + CLOCK_DIFFERENCE
    assert len(_read(ended_row("user:ann@example.com", Notebook.parse("churn"), latest))) == 1


PEOPLE = st.sampled_from([f"person{number}@example.com" for number in range(40)])
DENIES = st.builds(
    lambda name, before, arns: Revocation((name,), NOW - before, arns),
    PEOPLE,
    st.integers(0, 40_000),
    st.sampled_from([ALL_NOTEBOOKS, *((f"{CHURN}{number}",) for number in range(9))]),
)


@given(denies=st.lists(DENIES, max_size=60), max_characters=st.integers(400, 10_240))
def test_whatever_the_policy_can_hold_it_denies_all_that_the_rows_ask_for(
    denies: list[Revocation], max_characters: int
) -> None:
    try:
        found = merged(denies, now=NOW, max_characters=max_characters)
    except TooManyDeniesError:
        return
    assert len(policy_document(found)) <= max_characters
    assert missing(denies, found, now=NOW) == []
    assert [Revocation.parse(each) for each in json.loads(policy_document(found))["Statement"]] == found
    if len(policy_document(list(dict.fromkeys(denies)))) <= max_characters:
        assert {arns for each in found for arns in [each.arns]} <= {each.arns for each in denies}


def test_a_full_policy_cuts_off_nobody_whose_access_has_not_ended() -> None:
    everybody = Revocation((EVERYBODY,), NOW - 30_000)
    denies = [everybody, *(Revocation((f"person{n}@example.com",), NOW - n, (f"{CHURN}{n}",)) for n in range(60))]
    found = merged(denies, now=NOW, max_characters=5_000)
    assert [each for each in found if EVERYBODY in each.names] == [everybody]


def test_a_wider_deny_covers_that_of_a_notebook() -> None:
    of_notebook = Revocation(("ann",), NOW, (CHURN,))
    for wide in (Revocation(("ann",), NOW), Revocation((EVERYBODY,), NOW)):
        assert merged([of_notebook, wide], now=NOW, max_characters=10_240) == [wide]
        assert missing([of_notebook], [wide], now=NOW) == []
    assert missing([of_notebook], [Revocation(("ann",), NOW, (f"{CHURN}2",))], now=NOW) == ["ann"]
    assert missing([of_notebook], [Revocation(("ann",), NOW - 1)], now=NOW) == ["ann"]
