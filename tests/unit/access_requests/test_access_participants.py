"""Whether the gate can tell that two names belong to two people."""

import pytest

from gate.access_requests.participant import Participant, compare
from gate.values.caller import Caller, Via


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
