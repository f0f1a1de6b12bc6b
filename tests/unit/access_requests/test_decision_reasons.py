"""What the person who asked and the approvers read about a decision: who, why, and for how long."""

from urllib.parse import urlencode

import pytest

from gate.access_requests.row import read_row
from gate.platform.aliases import OPERATORS
from gate.routes.dispatch import handler
from testing.asking import JSON, ask, browser_of, post, state_of
from testing.environment import context_of
from testing.harness import Harness
from testing.log_lines import Lines

ARN = "arn:aws:sts::123456789012:assumed-role/Ops/olga"


def test_everybody_reads_why_a_request_was_denied(asking: Harness, lines: Lines) -> None:
    alice, dana = browser_of(asking, "alice@example.com"), browser_of(asking, "dana@example.com")
    path = ask(alice)
    assert "Why not? (the person reads it)" in dana.get(path).body
    assert post(dana, path, decision="deny", reason="  use the <b>small</b>\n one ").status == 303
    assert lines.decisions[-1]["decision_reason"] == "use the <b>small</b> one"
    page = alice.get(path).body
    assert "You were denied access to " in page
    assert "was denied by <strong>dana@example.com</strong>" in page
    shown = '<p class="reason">use the &lt;b&gt;small&lt;/b&gt; one</p>'
    assert all(shown in body for body in (page, alice.get("/requests").body, dana.get(path).body))
    assert "Denied by dana@example.com." in dana.get(path).body
    found = alice.get(path, headers=JSON).json
    assert (found["decided_by"], found["decision_reason"]) == ("user:dana@example.com", "use the <b>small</b> one")


@pytest.mark.parametrize("reason", ["", "  \n "])
def test_a_request_can_be_denied_without_a_reason(asking: Harness, reason: str) -> None:
    alice, dana = browser_of(asking, "alice@example.com"), browser_of(asking, "dana@example.com")
    path = ask(alice)
    assert post(dana, path, decision="deny", reason=reason).status == 303
    assert alice.get(path, headers=JSON).json["decision_reason"] is None
    assert 'class="reason"' not in alice.get(path).body


@pytest.mark.parametrize("reason", ["x" * 301, "a\u200b", "\u202egnp", "\u3164"])
def test_a_reason_that_cannot_be_shown_decides_nothing(asking: Harness, reason: str) -> None:
    alice, dana = browser_of(asking, "alice@example.com"), browser_of(asking, "dana@example.com")
    path = ask(alice)
    answer = dana.post(path, headers=JSON, body=urlencode({"decision": "deny", "reason": reason}))
    assert (answer.status, answer.json["error"]) == (400, "invalid_decision_reason")
    assert answer.json["message"].startswith("Nothing was decided.")
    assert state_of(alice, path) == "open"


def test_the_person_reads_that_access_is_shorter_than_they_asked_for(asking: Harness) -> None:
    alice, dana = browser_of(asking, "alice@example.com"), browser_of(asking, "dana@example.com")
    path = ask(alice, seconds=28800)
    post(dana, path, decision="allow", seconds=3600)
    shorter = "llowed by dana@example.com for 1 hour of the 8 hours"
    assert f"a{shorter} you asked for, until" in alice.get("/requests").body
    assert f"A{shorter} asked for, until" in dana.get(path).body
    assert alice.get(path, headers=JSON).json["allowed_seconds"] == 3600


def test_people_read_no_arn_of_an_operator(asking: Harness, lines: Lines) -> None:
    alice, erin = browser_of(asking, "alice@example.com"), browser_of(asking, "erin@example.com")
    denied, approved = ask(alice), ask(alice, "prod-model")
    for path, action in ((denied, "deny"), (approved, "allow")):
        event = {"arn": ARN, "action": action, "request": path.rpartition("/")[2], "seconds": 3600, "reason": "no"}
        answer = handler({"operator": event}, context_of(OPERATORS))
        assert answer is not None
        assert f"by iam:{ARN}" in answer["request"]["outcome"]
    assert lines.decisions[-1]["approved_by"] == [f"iam:{ARN}"]
    bodies = [alice.get(denied).body, alice.get("/requests").body, erin.get(approved).body, erin.get("/requests").body]
    bodies += [browser.get(path, headers=JSON).body for browser in (alice, erin) for path in (approved, "/requests")]
    bodies.append(alice.get(denied, headers=JSON).body)
    assert ["your platform team" in body for body in bodies] == [True] * len(bodies)
    assert not any("arn:" in body for body in bodies)


def test_an_owner_reads_no_arn_of_an_operator_either(asking: Harness) -> None:
    alice, frank = browser_of(asking, "alice@example.com"), browser_of(asking, "frank@example.com")
    event = {"arn": ARN, "action": "allow", "request": ask(alice).rpartition("/")[2], "seconds": 3600}
    handler({"operator": event}, context_of(OPERATORS))
    body = frank.get("/requests/access").body
    assert "allowed by your platform team" in body
    assert "arn:" not in body
    answer = frank.get("/requests/access", headers=JSON)
    assert {each["granted_by"] for each in answer.json["holders"]} >= {"your platform team"}
    assert "arn:" not in answer.body


def test_a_row_of_an_earlier_version_has_no_reason(asking: Harness) -> None:
    path = ask(browser_of(asking, "alice@example.com"))
    post(browser_of(asking, "dana@example.com"), path, decision="deny", reason="no")
    (row,) = asking.aws.table.requests()
    assert read_row(row).decision_reason == "no"
    del row["decision_reason"]
    assert (read_row(row).decision, read_row(row).decision_reason) == ("denied", "")
