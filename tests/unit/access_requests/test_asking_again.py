"""Asking again after access has ended, asking as an approver, and reading one's own requests."""

import datetime
import re

from testing.asking import JSON, ask, browser_of, post, state_of
from testing.harness import Harness


def _until(seconds: float) -> str:
    return f"{datetime.datetime.fromtimestamp(int(seconds), datetime.UTC):%Y-%m-%d %H:%M} UTC"


def test_after_requested_access_has_ended_a_new_request_shows_the_new_end(asking: Harness) -> None:
    alice, dana = browser_of(asking, "alice@example.com"), browser_of(asking, "dana@example.com")
    first = ask(alice)
    post(dana, first, decision="allow", seconds=3600)
    old = _until(asking.clock() + 3600)
    asking.clock.now += 7200
    assert alice.get("/open/bob-notebook").status == 403
    assert re.search(f"ended <time [^>]*>{old}</time>", alice.get(first).body)
    again = ask(alice)
    assert again != first
    assert state_of(alice, again) == "open"
    post(dana, again, decision="allow", seconds=3600)
    new = _until(asking.clock() + 3600)
    body = alice.get("/requests").body
    assert re.search(f"allowed by dana@example.com until <time [^>]*>{new}</time>", body)
    assert old not in body
    assert "the end of the earlier access" not in body
    assert alice.get(again, headers=JSON).json["until"] == int(asking.clock()) + 3600
    assert alice.get("/open/bob-notebook").status == 302


def test_an_approver_asks_and_somebody_else_allows_it(asking: Harness) -> None:
    dana = browser_of(asking, "dana@example.com")
    path = ask(dana)
    assert dana.get("/requests", headers=JSON).json["to_decide"] == []
    assert dana.post(path, headers=JSON, body="decision=allow&seconds=3600").json["error"] == "own_access_request"
    assert "Waiting for a decision" in dana.get(path).body
    owner = browser_of(asking, "frank@example.com")
    assert [each["state"] for each in owner.get("/requests", headers=JSON).json["to_decide"]] == ["open"]
    assert post(owner, path, decision="allow", seconds=3600).status == 303
    assert dana.path_of(dana.get(path).location) == "/open/bob-notebook"
    assert dana.get("/open/bob-notebook").status == 302


def test_a_request_is_in_the_next_list_of_the_person(asking: Harness) -> None:
    alice = browser_of(asking, "alice@example.com")
    path = ask(alice)
    asking.aws.calls.clear()
    shown = alice.get("/requests", headers=JSON).json["own"]
    assert [each["id"] for each in shown] == [path.removeprefix("/requests/")]
    # DynamoDB shows the last write for sure only to a read that asks for it.
    reads = [*asking.aws.called("execute_statement"), *asking.aws.called("batch_get_item")]
    assert reads
    for read in reads:
        options = [read, *read.get("RequestItems", {}).values()]
        assert any(each.get("ConsistentRead") for each in options)
