"""People with several names: on the page, in two Slack workspaces, and as operators. Nobody counts as two people."""

import pytest

from testing.decisions import FOREIGN_TEAM, OTHER_TEAM, Person, granted_by, let_everybody_decide, outcome
from testing.log_lines import Lines
from testing.slack import TEAM, Slack

CLAIM = {"GATE_USER_CLAIM": "preferred_username"}
"""People are `user:<address>` in Slack, and `user:<name>` on the page."""
NO_ADDRESSES = {"GATE_SLACK_EMAIL_DOMAINS": ""}
"""People are `slack:<team>/<user>` in Slack."""
PEOPLE = ["alice", "bob", "carol"]


def _people(slack: Slack) -> tuple[Person, Person, Person]:
    alice, bob, carol = (Person(slack, name) for name in PEOPLE)
    return alice, bob, carol


@pytest.mark.parametrize(
    ("settings", "asks", "decides", "reason"),
    [
        ({}, TEAM, "page", "own_access_request"),
        ({}, "page", TEAM, "own_access_request"),
        (CLAIM, TEAM, "page", "other_identity"),
        (CLAIM, "page", TEAM, "other_identity"),
        (NO_ADDRESSES, TEAM, OTHER_TEAM, "own_access_request"),
        (NO_ADDRESSES, TEAM, FOREIGN_TEAM, "other_identity"),
        (NO_ADDRESSES, FOREIGN_TEAM, TEAM, "other_identity"),
        (NO_ADDRESSES, TEAM, "page", "other_identity"),
    ],
)
@pytest.mark.parametrize("allow", [True, False])
def test_nobody_decides_on_their_own_request_under_another_name(
    slack: Slack, lines: Lines, settings: dict[str, str], asks: str, decides: str, reason: str, allow: bool
) -> None:
    let_everybody_decide(slack, PEOPLE, two=False, **settings)
    alice, *_ = _people(slack)
    alice.ask(asks)
    alice.decide(decides, allow=allow)
    assert (outcome(lines), granted_by(slack, "alice")) == (reason, [])


@pytest.mark.parametrize(
    ("settings", "asks", "decides", "reason"),
    [
        ({}, TEAM, "page", "allowed"),
        (CLAIM, TEAM, TEAM, "allowed"),
        (CLAIM, "page", "page", "allowed"),
        (CLAIM, TEAM, "page", "other_identity"),
        (NO_ADDRESSES, TEAM, TEAM, "allowed"),
        (NO_ADDRESSES, TEAM, OTHER_TEAM, "other_identity"),
        (NO_ADDRESSES, TEAM, "operator", "allowed"),
    ],
)
def test_somebody_else_decides_where_the_names_can_be_compared(
    slack: Slack, lines: Lines, settings: dict[str, str], asks: str, decides: str, reason: str
) -> None:
    let_everybody_decide(slack, PEOPLE, two=False, **settings)
    alice, bob, _ = _people(slack)
    alice.ask(asks)
    bob.decide(decides)
    assert (outcome(lines), bool(granted_by(slack, "alice"))) == (reason, reason == "allowed")


@pytest.mark.parametrize(
    ("settings", "asks", "first", "second", "reason"),
    [
        ({}, "page", "page", TEAM, "access_request_decided"),
        (CLAIM, TEAM, TEAM, "page", "other_identity"),
        (CLAIM, "page", "page", TEAM, "other_identity"),
        (NO_ADDRESSES, TEAM, TEAM, OTHER_TEAM, "other_identity"),
        (NO_ADDRESSES, TEAM, TEAM, FOREIGN_TEAM, "other_identity"),
        (NO_ADDRESSES, "page", "1", "2", "other_approver"),
        (NO_ADDRESSES, "page", "1", "1", "access_request_decided"),
    ],
)
def test_nobody_gives_both_approvals_under_two_names(
    slack: Slack, lines: Lines, settings: dict[str, str], asks: str, first: str, second: str, reason: str
) -> None:
    let_everybody_decide(slack, PEOPLE, two=True, **settings)
    alice, bob, _ = _people(slack)
    alice.ask(asks)
    bob.decide(first)
    assert outcome(lines) == "allowed"
    bob.decide(second)
    assert (outcome(lines), granted_by(slack, "alice")) == (reason, [])


@pytest.mark.parametrize("operator_first", [True, False])
def test_an_operator_and_somebody_who_signs_in_are_two_approvers(slack: Slack, operator_first: bool) -> None:
    let_everybody_decide(slack, PEOPLE, two=True)
    alice, bob, carol = _people(slack)
    alice.ask("page")
    for person, where in [(bob, "operator"), (carol, "page")][:: 1 if operator_first else -1]:
        person.decide(where)
    assert len(granted_by(slack, "alice")) == 2


def test_the_refusal_says_where_the_decision_works(slack: Slack) -> None:
    let_everybody_decide(slack, PEOPLE, two=False, **CLAIM)
    alice, bob, _ = _people(slack)
    alice.ask("page")
    bob.decide(TEAM)
    seen = slack.workspace.seen_by("U0BOB", timeout=0)
    assert seen is not None
    assert "Decide where the person asked: on the page of requests" in seen.text
    bob.decide("page")
    assert granted_by(slack, "alice") == ["user:bob"]


def test_the_page_of_a_request_says_where_the_decision_works(slack: Slack) -> None:
    let_everybody_decide(slack, PEOPLE, two=False, **CLAIM)
    alice, bob, _ = _people(slack)
    alice.ask(TEAM)
    page = bob.browser().get(f"/requests/{bob.request_id}").body
    assert "Decide where the person asked: on the page of requests, or in the same Slack workspace" in page
    assert 'value="allow"' not in page
    assert "churn-model" not in bob.browser().get("/requests").body.split("Ask for access")[0]


@pytest.mark.parametrize(("asks", "reason"), [("page", "allowed"), (TEAM, "other_identity")])
def test_a_request_of_an_earlier_version_is_decided_where_it_was_made(
    slack: Slack, lines: Lines, asks: str, reason: str
) -> None:
    let_everybody_decide(slack, PEOPLE, two=False, **CLAIM)
    alice, bob, _ = _people(slack)
    alice.ask(asks)
    _rewrite(slack, remove="claim")
    bob.decide("page")
    assert outcome(lines) == reason


def test_an_approval_of_an_earlier_version_must_be_given_again(slack: Slack) -> None:
    let_everybody_decide(slack, PEOPLE, two=True)
    alice, bob, carol = _people(slack)
    alice.ask("page")
    _rewrite(slack, approvals=f'[["user:bob@example.com", 3600, {int(slack.harness.clock())}]]')
    carol.decide("page")
    assert granted_by(slack, "alice") == []
    bob.decide("page")
    assert granted_by(slack, "alice") == ["user:carol@example.com", "user:bob@example.com"]


def _rewrite(slack: Slack, *, remove: str = "", **texts: str) -> None:
    (item,) = slack.harness.aws.table.query(["request:"])
    changed = {**item, **{name: {"S": text} for name, text in texts.items()}}
    slack.harness.aws.table.put({name: value for name, value in changed.items() if name != remove})
