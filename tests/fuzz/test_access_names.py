"""People with several names ask and decide in any order: nobody counts as two people."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from testing.decisions import FOREIGN_TEAM, OTHER_TEAM, Person, granted_by, let_everybody_decide, names_of
from testing.slack import TEAM, Slack
from tests.fuzz.hostile import CountCase, LogLines, same_harness

PEOPLE = ["alice", "bob"]
PLACES = st.sampled_from(["page", TEAM, OTHER_TEAM, FOREIGN_TEAM])
OPERATORS = st.sampled_from(["1", "2"])


@pytest.fixture
def people(slack: Slack) -> dict[str, Person]:
    return {name: Person(slack, name) for name in PEOPLE}


def _human(principal: str) -> str:
    """Return to whom a principal belongs. The gate does not know this."""
    return next((name for name in PEOPLE if name in principal.lower() and not principal.startswith("iam:")), "operator")


@same_harness
@given(
    settings=st.fixed_dictionaries(
        {
            "GATE_USER_CLAIM": st.sampled_from(["email", "preferred_username"]),
            "GATE_SLACK_EMAIL_DOMAINS": st.sampled_from(["", "example.com"]),
        }
    ),
    two=st.booleans(),
    asked_at=PLACES,
    steps=st.lists(
        st.tuples(st.sampled_from(PEOPLE), PLACES | OPERATORS, st.sampled_from([True, True, True, False])), max_size=6
    ),
)
def test_arbitrary_names_of_people(
    slack: Slack,
    people: dict[str, Person],
    log_lines: LogLines,
    count_case: CountCase,
    settings: dict[str, str],
    two: bool,
    asked_at: str,
    steps: list[tuple[str, str, bool]],
) -> None:
    """Decisions of people with several names."""
    slack.harness.aws.table.clear(
        "request:", *names_of("alice")
    )  # so that nobody reaches the limit of requests in a day
    let_everybody_decide(slack, PEOPLE, two=two, **settings)
    people["alice"].ask(asked_at)
    for name, place, allow in steps:
        people[name].decide(place, allow=allow)
    humans = [_human(principal) for principal in granted_by(slack, "alice")]
    assert "alice" not in humans
    assert len(humans) == len(set(humans))
    assert len(humans) in (0, 2 if two else 1)
    assert all(line.get("outcome") != "internal" for line in log_lines())
    count_case()
