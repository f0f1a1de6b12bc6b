"""Which approvals and open requests still count, and that more access is never less."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from testing.asking import JSON, RULES, ask, browser_of, post, state_of
from testing.decisions import Person, granted_by, let_everybody_decide
from testing.harness import Browser, Harness
from testing.slack import TEAM, Slack

Change = Callable[[Harness], None]


def _allow(browser: Browser, path: str, seconds: int = 3600) -> Any:
    body = f"decision=allow&seconds={seconds}"
    headers = {**JSON, "Content-Type": "application/x-www-form-urlencoded"}
    return browser.post(path, headers=headers, body=body)


def _granted_by(asking: Harness) -> list[str]:
    grant = asking.aws.table.row("user:alice@example.com", "prod-model") or {}
    return [grant["granted_by"]["S"]] if grant else []


def _revoke(asking: Harness, principal: str) -> None:
    asking.aws.cutoff(principal, int(asking.clock()) + 1)
    asking.clock.now += 2


def _configure(asking: Harness, **changes: Any) -> None:
    asking.configure(GATE_ACCESS_REQUESTS=json.dumps({**RULES, **changes}))


def _without(principal: str) -> Change:
    approvers = {each: patterns for each, patterns in RULES["approvers"].items() if each != principal}  # type: ignore[attr-defined]
    return lambda asking: _configure(asking, approvers=approvers)


def _take(principal: str) -> Change:
    def take(asking: Harness) -> None:
        asking.aws.table.clear(principal)

    return take


@pytest.mark.parametrize(
    ("first", "claims", "change", "counts"),
    [
        ("erin@example.com", {}, lambda _: None, True),
        ("erin@example.com", {}, _without("user:erin@example.com"), False),
        ("frank@example.com", {}, lambda _: None, True),
        ("frank@example.com", {}, _take("user:frank@example.com"), False),
        ("grace@example.com", {"groups": ["leads"]}, lambda _: None, True),
        ("grace@example.com", {"groups": ["leads"]}, _without("group:leads"), False),
        ("grace@example.com", {"groups": ["owners"]}, _take("group:owners"), False),
        ("erin@example.com", {}, lambda asking: _revoke(asking, "user:erin@example.com"), False),
    ],
)
def test_a_first_approval_counts_if_the_approver_still_decides(
    asking: Harness, first: str, claims: dict[str, Any], change: Change, counts: bool
) -> None:
    for owner in ("user:frank@example.com", "group:owners"):
        asking.aws.grant(owner, "prod-model", owner=True)
    path = ask(browser_of(asking, "alice@example.com"), "prod-model")
    assert _allow(browser_of(asking, first, **claims), path).status == 303
    asking.clock.now += 5
    change(asking)
    _allow(browser_of(asking, "dana@example.com"), path)
    assert bool(_granted_by(asking)) == counts


@pytest.mark.parametrize("name", ["user:bob@example.com", f"slack:{TEAM}/U0BOB"])
def test_a_cutoff_of_any_name_ends_a_first_approval(slack: Slack, name: str) -> None:
    let_everybody_decide(slack, ["alice", "bob", "carol"], two=True)
    alice, bob, carol = (Person(slack, each) for each in ("alice", "bob", "carol"))
    alice.ask("page")
    bob.decide(TEAM)
    slack.harness.aws.cutoff(name, int(slack.harness.clock()) + 1)
    carol.decide("page")
    assert granted_by(slack, "alice") == []
    (request,) = slack.harness.aws.table.requests()
    assert [each["names"] for each in json.loads(request["approvals"]["S"])] == [["user:carol@example.com"]]


def test_after_signing_out_everywhere_an_approver_can_approve_again(asking: Harness) -> None:
    path = ask(browser_of(asking, "alice@example.com"), "prod-model")
    dana = browser_of(asking, "dana@example.com")
    _allow(dana, path)
    assert "You have allowed this" in dana.get(path).body
    assert "prod-model" not in dana.get("/requests").body.split("Ask for access")[0]
    post(dana, "/logout", everywhere="1")
    asking.clock.now += 2
    dana = browser_of(asking, "dana@example.com")
    assert 'value="allow"' in dana.get(path).body
    assert "prod-model" in dana.get("/requests").body.split("Ask for access")[0]
    assert _allow(dana, path).status == 303
    assert not _granted_by(asking)
    _allow(browser_of(asking, "erin@example.com"), path)
    assert _granted_by(asking) == ["user:dana@example.com, user:erin@example.com"]


def test_a_request_of_an_ended_sign_in_does_not_block_a_new_one(asking: Harness) -> None:
    alice = browser_of(asking, "alice@example.com")
    dead = ask(alice)
    post(alice, "/logout", everywhere="1")
    asking.clock.now += 2
    alice, dana = browser_of(asking, "alice@example.com"), browser_of(asking, "dana@example.com")
    assert state_of(alice, dead) == state_of(dana, dead) == "ended"
    assert "was ended." in alice.get(dead).body
    assert dana.get("/requests", headers=JSON).json["to_decide"] == []
    assert _allow(dana, dead).json["error"] == "access_request_ended"
    again = ask(alice)
    assert again != dead
    assert [each["state"] for each in dana.get("/requests", headers=JSON).json["to_decide"]] == ["open"]
    assert _allow(dana, again).status == 303
    assert state_of(alice, again) == "allowed"


def test_a_request_for_what_an_operator_gave_meanwhile_has_ended(asking: Harness) -> None:
    alice, dana = browser_of(asking, "alice@example.com"), browser_of(asking, "dana@example.com")
    path = ask(alice)
    asking.aws.grant("user:alice@example.com", "bob-notebook")
    assert state_of(alice, path) == "ended"
    assert "You have been given access" in alice.get(path).body
    assert dana.get("/requests", headers=JSON).json["to_decide"] == []
    assert _allow(dana, path).json["error"] == "already_granted"


ALICE = "user:alice@example.com"


def _allowed(asking: Harness, seconds: int) -> str:
    """Ask for `seconds` and allow it; return the path of the request."""
    path = ask(browser_of(asking, "alice@example.com"), seconds=seconds)
    answer = post(browser_of(asking, "dana@example.com"), path, decision="allow", seconds=seconds)
    assert answer.status == 303
    return path


def _grant(asking: Harness) -> dict[str, Any]:
    grant = asking.aws.table.row(ALICE, "bob-notebook")
    assert grant
    return grant


@pytest.mark.parametrize(("first", "second", "kept"), [(28_800, 3_600, True), (3_600, 28_800, False)])
def test_an_extension_keeps_the_later_end(asking: Harness, first: int, second: int, kept: bool) -> None:
    start = int(asking.clock())
    _allowed(asking, first)
    earlier = _grant(asking)
    asking.clock.now += 60
    path = _allowed(asking, second)
    assert int(_grant(asking)["until"]["N"]) == max(start + first, start + 60 + second)
    assert (_grant(asking) == earlier) == kept
    for person in ("alice@example.com", "dana@example.com"):
        browser = browser_of(asking, person)
        shown = browser.get("/requests" if person.startswith("alice") else path).body
        assert ("the end of the earlier access, which is later" in shown) == kept
    assert browser.get(path, headers=JSON).json["until"] == int(_grant(asking)["until"]["N"])


def test_after_its_end_earlier_access_does_not_count(asking: Harness) -> None:
    _allowed(asking, 3_600)
    asking.clock.now += 3_600
    _allowed(asking, 3_600)
    assert int(_grant(asking)["until"]["N"]) == int(asking.clock()) + 3_600


@pytest.mark.parametrize(
    ("edit", "replaced"),
    [
        ({}, True),
        ({"owner": {"BOOL": True}}, False),
        ({"session": {"N": "1800"}}, False),
        ({"until": None}, False),
        ({"request_id": None, "granted_by": None, "reason": None}, False),
    ],
)
def test_a_grant_that_an_operator_edited_is_theirs(asking: Harness, edit: dict[str, Any], replaced: bool) -> None:
    _allowed(asking, 3_600)
    path = ask(browser_of(asking, "alice@example.com"), seconds=28_800)
    edited = {name: value for name, value in {**_grant(asking), **edit}.items() if value is not None}
    asking.aws.table.put(edited)
    dana = browser_of(asking, "dana@example.com")
    answer = post(dana, path, decision="allow", seconds=28_800)
    assert (answer.status, _grant(asking) != edited) == ((303, True) if replaced else (409, False))
