"""The person who asked withdraws the request, and nobody else does."""

from urllib.parse import urlencode

import pytest

from testing.asking import JSON, ask, browser_of, post, state_of
from testing.harness import Browser, Harness
from testing.log_lines import Lines


def _error(browser: Browser, path: str, **fields: object) -> tuple[int, str]:
    answer = browser.post(path, headers=JSON, body=urlencode(fields))
    return answer.status, answer.json["error"]


def test_a_withdrawn_request_cannot_be_decided_and_can_be_made_again(asking: Harness, lines: Lines) -> None:
    alice, dana = browser_of(asking, "alice@example.com"), browser_of(asking, "dana@example.com")
    path = ask(alice)
    assert 'value="withdraw"' in alice.get(path).body
    assert 'value="withdraw"' in alice.get("/requests").body
    assert 'value="withdraw"' not in dana.get(path).body
    answer = post(alice, path, decision="withdraw")
    assert (answer.status, alice.path_of(answer.location)) == (303, path)
    line = lines.decisions[-1]
    assert (line["action"], line["subject"], line["decided_by"]) == (
        "withdraw",
        "user:alice@example.com",
        "user:alice@example.com",
    )
    page = alice.get(path).body
    assert "You withdrew your request" in page
    assert "/requests?notebook=bob-notebook" in page
    assert 'value="withdraw"' not in page
    assert state_of(alice, path) == "withdrawn"
    assert alice.get("/requests", headers=JSON).json["own"][0]["decided_by"] == "user:alice@example.com"
    assert "churn analysis" not in dana.get("/requests").body
    assert "Withdrawn by alice@example.com." in dana.get(path).body
    assert 'value="allow"' not in dana.get(path).body
    for decision in ("allow", "deny"):
        assert _error(dana, path, decision=decision, seconds=3600) == (409, "access_request_withdrawn")
    assert _error(alice, path, decision="withdraw") == (409, "access_request_withdrawn")
    assert not asking.aws.table.row("user:alice@example.com", "bob-notebook")
    again = ask(alice)
    assert again != path
    assert post(dana, again, decision="allow", seconds=3600).status == 303


@pytest.mark.parametrize("decision", ["allow", "deny"])
def test_a_decided_request_cannot_be_withdrawn(asking: Harness, decision: str) -> None:
    alice, dana = browser_of(asking, "alice@example.com"), browser_of(asking, "dana@example.com")
    path = ask(alice)
    post(dana, path, decision=decision, seconds=3600)
    before = state_of(alice, path)
    answer = alice.post(path, headers=JSON, body="decision=withdraw")
    assert (answer.status, answer.json["error"]) == (409, "access_request_decided")
    assert "who has decided, and how" in answer.json["message"]
    assert state_of(alice, path) == before


@pytest.mark.parametrize("email", ["dana@example.com", "bob@example.com"])
def test_others_cannot_withdraw(asking: Harness, email: str) -> None:
    alice = browser_of(asking, "alice@example.com")
    path = ask(alice)
    assert _error(browser_of(asking, email), path, decision="withdraw") == (404, "access_request_unknown")
    assert state_of(alice, path) == "open"


def test_a_request_that_has_one_approval_can_be_withdrawn(asking: Harness) -> None:
    alice, dana, erin = (browser_of(asking, f"{name}@example.com") for name in ("alice", "dana", "erin"))
    path = ask(alice, "prod-model")
    post(dana, path, decision="allow", seconds=3600)
    assert post(alice, path, decision="withdraw").status == 303
    assert _error(erin, path, decision="allow", seconds=3600) == (409, "access_request_withdrawn")


def test_a_request_that_has_ended_cannot_be_withdrawn(asking: Harness) -> None:
    path = ask(browser_of(asking, "alice@example.com"))
    asking.clock.now += 86_400
    alice = browser_of(asking, "alice@example.com")
    assert _error(alice, path, decision="withdraw") == (409, "access_request_ended")


def test_a_form_of_another_site_withdraws_nothing(asking: Harness) -> None:
    alice = browser_of(asking, "alice@example.com")
    path = ask(alice)
    answer = alice.post(path, headers={**JSON, "Sec-Fetch-Site": "cross-site"}, body="decision=withdraw")
    assert answer.json["error"] == "wrong_origin"
    assert state_of(alice, path) == "open"


def test_a_sign_in_that_was_ended_withdraws_nothing(asking: Harness) -> None:
    stolen = browser_of(asking, "alice@example.com")
    asking.clock.now += 2
    asking.aws.cutoff("user:alice@example.com", int(asking.clock()))
    alice = browser_of(asking, "alice@example.com")
    path = ask(alice)
    assert _error(stolen, path, decision="withdraw")[1] == "sign_in_ended"
    assert state_of(alice, path) == "open"
