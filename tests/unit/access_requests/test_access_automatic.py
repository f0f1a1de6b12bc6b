"""Requests that the setting `requests.automatic` allows at once: for whom, for what, and with which sign-in."""

from typing import Any
from urllib.parse import urlencode

import pytest

from gate.access_requests.keys import COUNT
from testing.asking import JSON, RULES, ask, browser_of, configure, post, state_of
from testing.harness import Answer, Browser, Harness
from testing.log_lines import Lines

ALICE, BOB = "user:alice@example.com", "bob-notebook"
RULE = "rule:requests.automatic"
AUTOMATIC = {ALICE: ["bob-*", "prod-*"], "group:on-call": ["bob-*"]}


@pytest.fixture
def automatic(asking: Harness) -> Harness:
    """A deployment in which Alice, and people on call, get Bob's notebook at once."""
    _configure(asking)
    return asking


def _configure(harness: Harness, **changes: Any) -> None:
    configure(harness, {**RULES, "automatic": AUTOMATIC, **changes}, GATE_SIGN_IN_SECONDS="86400")


def _answer(browser: Browser, notebook: str = BOB, seconds: int = 3600) -> Answer:
    form = urlencode({"notebook": notebook, "reason": "churn analysis", "seconds": seconds})
    return browser.post("/requests", headers=JSON, body=form)


def _grant(harness: Harness, principal: str = ALICE, notebook: str = BOB) -> dict[str, Any]:
    return harness.aws.table.row(principal, notebook) or {}


def test_access_is_there_at_once_and_says_by_what_rule(automatic: Harness, lines: Lines) -> None:
    alice = browser_of(automatic, "alice@example.com")
    path = ask(alice)
    assert _grant(automatic) == {
        "principal": {"S": ALICE},
        "notebook": {"S": BOB},
        "power": {"S": "start"},
        "until": {"N": str(int(automatic.clock()) + 3600)},
        "granted_by": {"S": RULE},
        "reason": {"S": "churn analysis"},
        "request_id": {"S": path.removeprefix("/requests/")},
    }
    (line,) = (each for each in lines.decisions if each["action"] == "ask")
    assert (line["outcome"], line["subject"], line["why"]) == ("allowed", ALICE, "churn analysis")
    assert (line["approved_by"], line["until"]) == ([RULE], int(automatic.clock()) + 3600)
    assert alice.path_of(alice.get(path).location) == "/open/bob-notebook"
    assert alice.get("/open/bob-notebook").status == 302
    automatic.clock.now += 3600
    assert alice.get("/open/bob-notebook").status == 403


@pytest.mark.parametrize(
    ("who", "notebook", "seconds", "changes"),
    [
        ("alice", BOB, 28_800, {}),
        ("alice", "other", 3_600, {}),
        ("alice", "prod-model", 3_600, {}),
        ("alice", "PROD-model", 3_600, {}),
        ("alice", BOB, 3_600, {"two": ["123456789012/eu-west-1/bob-*"]}),
        ("carol", BOB, 3_600, {}),
        ("alice", BOB, 3_600, {"automatic_longest": 3_599}),
        ("alice", BOB, 3_600, {"automatic": {}}),
    ],
)
def test_everything_else_waits_for_an_approver(
    automatic: Harness, who: str, notebook: str, seconds: int, changes: dict[str, Any]
) -> None:
    _configure(automatic, **changes)
    browser = browser_of(automatic, f"{who}@example.com")
    assert state_of(browser, ask(browser, notebook, seconds=seconds)) == "open"
    assert not _grant(automatic, f"user:{who}@example.com", notebook)


def test_somebody_who_may_not_ask_gets_nothing_at_once(automatic: Harness) -> None:
    _configure(automatic, eligible={ALICE: ["alice-*"]})
    answer = _answer(browser_of(automatic, "alice@example.com"))
    assert (answer.status, answer.json["error"]) == (404, "not_eligible")
    assert not _grant(automatic)


@pytest.mark.parametrize(
    ("email", "groups", "age", "allowed"),
    [
        ("carol@example.com", ["on-call"], 900, True),
        ("carol@example.com", ["on-call"], 901, False),
        ("alice@example.com", [], 80_000, True),
        ("alice@example.com", ["on-call"], 80_000, True),
    ],
)
def test_a_right_by_a_group_alone_needs_a_recent_sign_in(
    automatic: Harness, email: str, groups: list[str], age: int, allowed: bool
) -> None:
    browser = browser_of(automatic, email, groups=groups)
    automatic.clock.now += age
    answer = _answer(browser)
    assert answer.status == (303 if allowed else 403)
    assert bool(_grant(automatic, f"user:{email}")) == allowed
    assert bool([*automatic.aws.table.requests(), *automatic.aws.table.query([COUNT])]) == allowed
    if not allowed:
        assert answer.json["error"] == "automatic_sign_in"
        page = post(browser, "/requests", notebook=BOB, reason="churn", seconds=3600).body
        assert "Sign in again, then ask again" in page
        assert ">Sign in again, in a new tab</a>" in page
        assert _answer(browser_of(automatic, email, groups=groups)).status == 303
        assert _grant(automatic, f"user:{email}")


def test_an_old_sign_in_is_enough_for_a_request_that_waits(automatic: Harness) -> None:
    carol = browser_of(automatic, "carol@example.com", groups=["on-call"])
    automatic.clock.now += 901
    assert state_of(carol, ask(carol, seconds=28_800)) == "open"


def test_somebody_who_left_the_group_waits_for_an_approver(automatic: Harness) -> None:
    ask(browser_of(automatic, "carol@example.com", groups=["on-call"]))
    automatic.clock.now += 3_600
    carol = browser_of(automatic, "carol@example.com", groups=["others"])
    assert state_of(carol, ask(carol)) == "open"


def test_nothing_is_allowed_at_once_without_the_proof_of_the_requests_function(automatic: Harness) -> None:
    alice = browser_of(automatic, "alice@example.com")
    del alice.cookies["__Secure-gate-decision"]
    assert _answer(alice).json["error"] == "automatic_sign_in"
    assert not _grant(automatic)
    assert not [*automatic.aws.table.requests(), *automatic.aws.table.query([COUNT])]
    assert state_of(alice, ask(alice, seconds=28_800)) == "open"


def test_the_proof_of_somebody_else_is_no_proof(automatic: Harness) -> None:
    alice, carol = browser_of(automatic, "alice@example.com"), browser_of(automatic, "carol@example.com")
    alice.cookies["__Secure-gate-decision"] = carol.cookies["__Secure-gate-decision"]
    assert _answer(alice).json["error"] == "automatic_sign_in"


def test_ten_requests_a_day_are_allowed_at_once(automatic: Harness) -> None:
    alice = browser_of(automatic, "alice@example.com")
    for number in range(10):
        ask(alice, f"bob-{number}")
    assert _answer(alice, "bob-10").json["error"] == "too_many_access_requests"
    assert not _grant(automatic, notebook="bob-10")


def test_a_grant_of_an_operator_stays(automatic: Harness) -> None:
    automatic.aws.grant(ALICE, BOB, until=int(automatic.clock()) + 60)
    before = _grant(automatic)
    assert _answer(browser_of(automatic, "alice@example.com")).json["error"] == "already_granted"
    assert _grant(automatic) == before


def test_after_a_request_that_was_declined_the_rule_allows_the_next_one(automatic: Harness) -> None:
    alice, dana = browser_of(automatic, "alice@example.com"), browser_of(automatic, "dana@example.com")
    post(dana, ask(alice, seconds=28_800), decision="deny")
    assert state_of(alice, ask(alice)) == "allowed"


def test_a_request_that_waits_gives_way_to_a_shorter_one_that_is_allowed_at_once(automatic: Harness) -> None:
    alice, dana = browser_of(automatic, "alice@example.com"), browser_of(automatic, "dana@example.com")
    waiting = ask(alice, seconds=28_800)
    assert state_of(alice, ask(alice)) == "allowed"
    answer = dana.post(waiting, headers=JSON, body="decision=allow&seconds=28800")
    assert answer.json["error"] == "access_request_ended"
    assert "A later request of yours took its place" in alice.get(waiting).body
    assert _grant(automatic)["until"]["N"] == str(int(automatic.clock()) + 3600)
    longer = ask(alice, seconds=28_800)
    assert state_of(alice, longer) == "open"
    post(dana, longer, decision="allow", seconds=28_800)
    assert _grant(automatic)["granted_by"]["S"] == "user:dana@example.com"


@pytest.mark.parametrize(
    ("wait", "reason", "taken", "count"),
    [(359, "churn", False, "1"), (360, "churn", False, "2"), (59, "other", False, "2"), (59, "churn", True, "2")],
)
def test_the_same_request_sent_twice_counts_once(
    automatic: Harness, wait: int, reason: str, taken: bool, count: str
) -> None:
    alice = browser_of(automatic, "alice@example.com")
    first = ask(alice, reason="churn")
    automatic.clock.now += wait
    if taken:
        automatic.aws.table.clear(ALICE)
    assert (ask(alice, reason=reason) == first) == (count == "1")
    (counter,) = automatic.aws.table.query(["request:count"])
    assert counter["count"] == {"N": count}
    assert _grant(automatic)["until"]["N"] == str(int(automatic.clock()) + 3600 - (wait if count == "1" else 0))


def test_more_time_that_is_allowed_at_once_never_ends_earlier(automatic: Harness) -> None:
    alice, dana = browser_of(automatic, "alice@example.com"), browser_of(automatic, "dana@example.com")
    post(dana, ask(alice, seconds=28_800), decision="allow", seconds=28_800)
    kept = _grant(automatic)
    ask(alice)
    assert _grant(automatic) == kept
    assert "allowed by the rule requests.automatic until" in alice.get("/requests").body
    assert "the end of the earlier access, which is later" in alice.get("/requests").body


def test_the_pages_say_which_rule_allowed_it(automatic: Harness) -> None:
    alice, dana = browser_of(automatic, "alice@example.com"), browser_of(automatic, "dana@example.com")
    path = ask(alice)
    assert "allowed by the rule requests.automatic until" in alice.get("/requests").body
    seen = dana.get(path).body
    assert "Allowed by the rule requests.automatic until" in seen
    assert 'value="allow"' not in seen
    owner = browser_of(automatic, "frank@example.com")
    assert "allowed by the rule requests.automatic" in owner.get("/requests/access").body
    assert "rule:" not in owner.get("/requests").body + seen + alice.get("/requests").body
    shown = alice.get(path, headers=JSON).json
    assert (shown["state"], shown["decided_by"], shown["approved_by"]) == ("allowed", RULE, [RULE])
    assert dana.get("/requests", headers=JSON).json["to_decide"] == []


def test_nobody_decides_on_what_the_rule_has_allowed(automatic: Harness) -> None:
    path = ask(browser_of(automatic, "alice@example.com"))
    answer = browser_of(automatic, "dana@example.com").post(path, headers=JSON, body="decision=deny")
    assert answer.json["error"] == "access_request_decided"
    assert _grant(automatic)


def test_a_revoked_sign_in_gets_nothing_at_once(automatic: Harness) -> None:
    alice = browser_of(automatic, "alice@example.com")
    automatic.aws.cutoff(ALICE, int(automatic.clock()) + 1)
    assert _answer(alice).status in (401, 403)
    assert not _grant(automatic)
