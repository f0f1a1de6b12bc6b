"""People with several names: on the page, in two Slack workspaces, and as operators. Nobody counts as two people."""

import pytest

from gate.access_requests.participant import Participant, compare
from gate.values.caller import Caller, Via
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
    (item,) = slack.harness.aws.table.requests()
    changed = {**item, **{name: {"S": text} for name, text in texts.items()}}
    slack.harness.aws.table.put({name: value for name, value in changed.items() if name != remove})


def _participant(via: Via, *names: str, user_claim: str = "email") -> Participant:
    return Participant.of(Caller(names[0], (), via, "", 0, names[1:]), user_claim=user_claim)


def _page(name: str, claim: str = "email") -> Participant:
    return _participant("session", f"user:{name}", user_claim=claim)


def _slack(*names: str) -> Participant:
    return _participant("slack", *names, user_claim="oid")


def _operator(name: str) -> Participant:
    return Participant.operator(f"arn:aws:sts::123456789012:assumed-role/{name}", now=0)


ADDRESS, OTHER_ADDRESS = "user:ann@example.com", "user:bob@example.com"
CASES = [
    (_page("ann"), _page("ann"), "same"),
    (_page("ann"), _page("bob"), "different"),
    (_page("ann", "oid"), _page("bob", "oid"), "different"),
    (_page("ann", "oid"), _page("ann", "sub"), "same"),
    (_page("ann", "oid"), _page("bob", "sub"), "unknown"),
    (_page("ann@example.com"), _slack(ADDRESS, "slack:T1/U1"), "same"),
    (_page("bob@example.com"), _slack(ADDRESS, "slack:T1/U1"), "different"),
    # The claim of people who sign in is not their address: one person has two names.
    (_page("ann", "oid"), _slack(ADDRESS, "slack:T1/U1"), "unknown"),
    (_page("ann@example.com", "upn"), _slack(OTHER_ADDRESS, "slack:T1/U2"), "unknown"),
    (_page("ann@example.com", "upn"), _slack(ADDRESS, "slack:T1/U1"), "same"),
    (_page("ann"), _slack("slack:T1/U1"), "unknown"),
    (_slack("slack:T1/U1"), _slack("slack:T1/U2"), "different"),
    (_slack("slack:T1/U1"), _slack("slack:T2/U1"), "same"),
    (_slack("slack:T1/U1"), _slack("slack:E1/U1"), "same"),
    (_slack("slack:T1/U1"), _slack("slack:T2/U2"), "unknown"),
    (_slack(ADDRESS, "slack:T1/U1"), _slack(OTHER_ADDRESS, "slack:T2/U2"), "different"),
    (_slack(ADDRESS, "slack:T1/U1"), _slack(OTHER_ADDRESS, "slack:T2/U1"), "same"),
    (_slack(ADDRESS, "slack:T1/U1"), _slack("slack:T1/U1"), "same"),
    # A guest, whom the member may have invited under another address.
    (_slack(ADDRESS, "slack:T1/U1"), _slack("slack:T1/U2"), "unknown"),
    (_operator("Ops/ann-1"), _operator("Ops/ann-1"), "same"),
    (_operator("Ops/ann-1"), _operator("Ops/ann-2"), "unknown"),
    (_operator("Ops/ann-1"), _operator("Other/bob"), "unknown"),
    (_operator("Ops/ann-1"), _page("ann"), "different"),
    (_operator("Ops/ann-1"), _slack("slack:T1/U1"), "different"),
    # Rows of earlier versions do not say which claim a name is from.
    (Participant(("user:ann",), "", 0), _page("bob"), "unknown"),
    (Participant(("user:ann",), "", 0), Participant(("user:bob",), "", 0), "unknown"),
]


@pytest.mark.parametrize(("one", "other", "relation"), CASES)
def test_names_that_cannot_be_compared_count_as_one_person(one: Participant, other: Participant, relation: str) -> None:
    assert compare(one, other) == compare(other, one) == relation
