"""Access that a request led to ends before its time: the person gives it back, or an approver ends it."""

from typing import Any
from urllib.parse import urlencode

import pytest

from gate.access_requests.keys import ALLOWED
from gate.values.errors.upstream import AwsError
from gate.values.revocation import DENY_LIFETIME, SESSION_MARGIN
from testing.asking import JSON, RULES, ask, browser_of, configure, post, state_of
from testing.aws import refusal
from testing.harness import Browser, Harness
from testing.log_lines import Lines

ALICE = "user:alice@example.com"


def _allowed(asking: Harness, notebook: str = "bob-notebook", seconds: int = 3600) -> tuple[Browser, Browser, str]:
    """Return Alice, Dana who decides on everything, and the path of a request that she has allowed."""
    alice, dana = browser_of(asking, "alice@example.com"), browser_of(asking, "dana@example.com")
    path = ask(alice, notebook, seconds=seconds)
    post(dana, path, decision="allow", seconds=seconds)
    return alice, dana, path


def _error(browser: Browser, path: str, **fields: object) -> tuple[int, str]:
    answer = browser.post(path, headers=JSON, body=urlencode({"decision": "end", **fields}))
    return answer.status, answer.json.get("error", "")


def _until(asking: Harness, notebook: str = "bob-notebook") -> int:
    grant = asking.aws.table.row(ALICE, notebook)
    assert grant is not None
    return int(grant["until"]["N"])


def _denies(asking: Harness) -> list[Any]:
    return asking.aws.table.query(["ended:"])


def test_a_person_gives_access_back(asking: Harness, lines: Lines) -> None:
    alice, _, path = _allowed(asking)
    asking.aws.grant("user:alice@example.com", "shared-notebook")
    assert alice.get("/open/bob-notebook").status == 302
    assert f"{path}?stay=1" in alice.get("/").body
    assert f"{path}?stay=1" in alice.get("/requests").body
    page = alice.get(f"{path}?stay=1")
    assert (page.status, 'value="end"' in page.body, "Save your work first" in page.body) == (200, True, True)
    asking.clock.now += 60
    answer = post(alice, path, decision="end")
    assert (answer.status, alice.path_of(answer.location)) == (303, path)
    line = lines.decisions[-1]
    assert (line["action"], line["subject"], line["ended_by"]) == ("end", ALICE, ALICE)
    assert _until(asking) == int(asking.clock())
    assert alice.get("/open/bob-notebook").status == 403
    assert alice.get("/open/shared-notebook").status == 302
    page = alice.get(path)
    assert (page.status, "You gave it back" in page.body, 'value="end"' in page.body) == (200, True, False)
    assert "given back by alice@example.com" in alice.get("/requests").body
    assert not asking.aws.table.query([ALLOWED])
    assert alice.get(path, headers=JSON).json["ended_by"] == ALICE


def test_what_is_open_is_cut_off_for_this_notebook_alone(asking: Harness) -> None:
    alice, _, path = _allowed(asking)
    post(alice, path, decision="end")
    (row,) = _denies(asking)
    assert (row["name"]["S"], row["asked_for"]["S"]) == ("alice@example.com", "bob-notebook")
    before = int(asking.clock()) + SESSION_MARGIN
    assert (row["before"]["N"], row["until"]["N"]) == (str(before), str(before + DENY_LIFETIME))
    assert asking.aws.events == [{"denies": {}}]


@pytest.mark.parametrize("email", ["dana@example.com", "frank@example.com"])
def test_an_approver_and_an_owner_end_access_where_they_see_it(asking: Harness, email: str, lines: Lines) -> None:
    alice, _, path = _allowed(asking)
    who = browser_of(asking, email)
    page = who.get("/requests/access").body
    assert f'action="/prod{path}"' in page
    assert "End access of alice@example.com to bob-notebook" in page
    assert 'value="end"' in who.get(path).body
    assert post(who, path, decision="end").status == 303
    assert lines.decisions[-1]["ended_by"] == f"user:{email}"
    assert f"ended by {email}" in who.get(path).body
    assert f"<strong>{email}</strong> ended it" in alice.get(path).body
    assert [row["name"]["S"] for row in _denies(asking)] == ["alice@example.com"]
    assert alice.get("/open/bob-notebook").status == 403
    assert 'value="end"' not in who.get("/requests/access").body


def test_who_neither_has_the_access_nor_decides_cannot_end_it(asking: Harness) -> None:
    _, _, path = _allowed(asking)
    until = _until(asking)
    for email in ("bob@example.com", "erin@example.com"):
        assert _error(browser_of(asking, email), path) == (404, "access_request_unknown")
    assert (_until(asking), _denies(asking)) == (until, [])


def test_the_access_of_others_ends_by_a_sign_in_that_the_requests_function_has_proven(asking: Harness) -> None:
    alice, dana, path = _allowed(asking)
    for browser in (alice, dana):
        proof = [name for name in browser.cookies if "decide" in name or "decision" in name]
        assert proof
        for name in proof:
            del browser.cookies[name]
    assert "Sign in again" in dana.get("/requests/access").body
    assert 'value="end"' not in dana.get("/requests/access").body + dana.get(path).body
    assert _error(dana, path) == (403, "decision_sign_in")
    assert not _denies(asking)
    assert post(alice, path, decision="end").status == 303


def test_a_member_of_a_group_needs_a_recent_sign_in(asking: Harness) -> None:
    _, _, path = _allowed(asking, "shared-notebook")
    lead = browser_of(asking, "lead@example.com", groups=["leads"])
    asking.clock.now += 901
    assert "Sign in again to end it" in lead.get(path).body
    assert _error(lead, path) == (403, "sign_in_too_old")
    fresh = browser_of(asking, "lead@example.com", groups=["leads"])
    assert post(fresh, path, decision="end").status == 303


def test_access_ends_once(asking: Harness) -> None:
    alice, dana, path = _allowed(asking)
    post(alice, path, decision="end")
    before, denies = _until(asking), _denies(asking)
    asking.clock.now += 600
    for browser in (alice, dana):
        assert _error(browser, path) == (409, "access_ended")
    assert (_until(asking), _denies(asking)) == (before, denies)


@pytest.mark.parametrize("decision", ["", "deny", "withdraw"])
def test_there_is_nothing_to_end_without_access(asking: Harness, decision: str) -> None:
    alice, dana = browser_of(asking, "alice@example.com"), browser_of(asking, "dana@example.com")
    path = ask(alice)
    if decision:
        post(dana if decision == "deny" else alice, path, decision=decision)
    assert _error(alice, path) == (409, "access_ended")
    assert not _denies(asking)


def test_access_that_has_run_out_is_not_ended_again(asking: Harness) -> None:
    _, _, path = _allowed(asking)
    asking.clock.now += 3600
    assert _error(browser_of(asking, "alice@example.com"), path) == (409, "access_ended")


def test_the_button_of_an_earlier_request_does_not_end_what_a_later_one_led_to(asking: Harness) -> None:
    alice, dana, earlier = _allowed(asking)
    later = ask(alice, seconds=28_800)
    post(dana, later, decision="allow", seconds=28_800)
    until = _until(asking)
    assert _error(dana, earlier) == (409, "access_ended")
    assert _until(asking) == until
    assert post(dana, later, decision="end").status == 303
    assert _until(asking) == int(asking.clock())


@pytest.mark.parametrize("decision", ["", "deny", "allow"])
def test_access_is_ended_by_its_own_request_while_a_later_one_waits_or_added_nothing(
    asking: Harness, decision: str
) -> None:
    alice, dana, earlier = _allowed(asking, seconds=28_800)
    later = ask(alice, seconds=3600)
    if decision:
        post(dana, later, decision=decision, seconds=3600)
    assert earlier in dana.get("/requests/access").body
    assert f"{earlier}?stay=1" in alice.get("/").body
    assert post(dana, earlier, decision="end").status == 303
    assert "ended by dana@example.com" in dana.get(earlier).body
    assert state_of(alice, later) == {"": "open", "deny": "denied", "allow": "allowed"}[decision]
    # The later request has the same end as the grant, which it left as it was.
    assert ("</strong> ended it" in alice.get(later).body) == (decision == "allow")
    assert not asking.aws.table.query([ALLOWED])


def test_access_can_be_asked_for_again(asking: Harness) -> None:
    alice, dana, path = _allowed(asking)
    post(alice, path, decision="end")
    again = ask(alice)
    assert again != path
    post(dana, again, decision="allow", seconds=3600)
    assert _until(asking) == int(asking.clock()) + 3600
    assert alice.get("/open/bob-notebook").status == 302


def test_a_grant_of_an_operator_is_never_ended(asking: Harness) -> None:
    alice, dana, path = _allowed(asking)
    until = _until(asking)
    asking.aws.table.clear(ALICE)
    asking.aws.grant(ALICE, "bob-notebook", until=until)
    for browser in (alice, dana):
        assert _error(browser, path) == (409, "access_ended")
    assert _until(asking) == until
    assert f"{path}?stay=1" not in alice.get("/").body


def test_a_form_of_another_site_ends_nothing(asking: Harness) -> None:
    alice, _, path = _allowed(asking)
    answer = alice.post(path, headers={**JSON, "Sec-Fetch-Site": "cross-site"}, body="decision=end")
    assert answer.json["error"] == "wrong_origin"
    assert not _denies(asking)


def test_a_sign_in_that_was_ended_ends_nothing(asking: Harness) -> None:
    stolen, dana, path = _allowed(asking)
    asking.clock.now += 2
    for name in ("alice", "dana"):
        asking.aws.cutoff(f"user:{name}@example.com", int(asking.clock()))
    for browser in (stolen, dana):
        assert _error(browser, path)[1] == "sign_in_ended"
    assert not _denies(asking)


@pytest.mark.parametrize("error", [refusal("ThrottlingException"), AwsError()])
def test_access_ends_although_the_denies_will_be_late(asking: Harness, error: Exception, lines: Lines) -> None:
    alice, _, path = _allowed(asking)
    asking.aws.errors["invoke"] = error
    assert post(alice, path, decision="end").status == 303
    assert len(_denies(asking)) == 1
    assert any("the denies will be late" in text for text in lines.texts)


def test_automatic_access_is_given_back(asking: Harness) -> None:
    configure(asking, {**RULES, "automatic": {ALICE: ["*"]}})
    alice = browser_of(asking, "alice@example.com")
    path = ask(alice)
    assert post(alice, path, decision="end").status == 303
    again = ask(alice)
    assert again != path
    assert _until(asking) == int(asking.clock()) + 3600
