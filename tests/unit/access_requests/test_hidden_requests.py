"""Nothing hides a request that waits from those who decide on it: neither others' requests nor malformed rows."""

from dataclasses import replace
from typing import Any

import pytest

from gate.access_requests.access_request import AccessRequest
from gate.access_requests.keys import ALLOWED, OPEN, reference_row
from gate.access_requests.participant import Participant
from gate.access_requests.row import to_row
from gate.store.table import primary_key
from gate.values.notebook import Notebook
from testing.asking import ask, browser_of, post
from testing.environment import JSON
from testing.harness import Harness
from testing.log_lines import Lines
from testing.many_requests import KEEP

DAY = 86_400


def _write(asking: Harness, who: str, number: int, *, age: int, former: bool = False, **changes: Any) -> None:
    now = int(asking.clock())
    asker = Participant((f"user:{who}@example.com",), "email", now - age)
    new = AccessRequest.new(asker, Notebook(f"bob-{number}"), reason="x", seconds=3_600, now=now - age)
    request = replace(new, **changes, **({"id": new.id.partition("-")[2]} if former else {}))
    asking.aws.table.put(to_row(request, keep=KEEP))
    if not former:
        asking.aws.table.put(reference_row(request))


def _waiting(asking: Harness) -> list[str]:
    """Let Alice ask, and return who asks in the requests on the first page of an approver of all notebooks."""
    ask(browser_of(asking, "alice@example.com"))
    page = browser_of(asking, "dana@example.com").get("/requests", headers=JSON).json
    return [each["requester"] for each in page["to_decide"]]


def test_requests_that_ended_and_are_not_deleted_yet(asking: Harness) -> None:
    for number in range(60):
        _write(asking, f"person-{number}", number, age=DAY)
    assert _waiting(asking) == ["user:alice@example.com"]


def test_decided_requests_of_an_earlier_version(asking: Harness) -> None:
    for number in range(60):
        decided = {"decision": "denied", "decided_by": "user:dana@example.com", "decided_at": int(asking.clock())}
        _write(asking, f"person-{number}", number, age=60, former=True, **decided)
    assert _waiting(asking) == ["user:alice@example.com"]


def test_the_approvers_own_requests(asking: Harness) -> None:
    for number in range(60):
        _write(asking, "dana", number, age=60)
    assert _waiting(asking) == ["user:alice@example.com"]


def test_requests_of_people_who_signed_out_everywhere(asking: Harness) -> None:
    for number in range(110):
        _write(asking, f"mallory-{number % 11}", number, age=60)
    for number in range(11):
        asking.aws.cutoff(f"user:mallory-{number}@example.com", int(asking.clock()))
    assert _waiting(asking) == ["user:alice@example.com"]


def test_grants_that_were_taken_hide_no_holder(asking: Harness) -> None:
    dana, decided_at = "user:dana@example.com", int(asking.clock())
    for number in range(60):
        until = decided_at + 60 + number
        allowed = {"decision": "allowed", "decided_by": dana, "decided_at": decided_at, "until": until}
        _write(asking, f"person-{number}", number, age=60, **allowed)
    post(
        browser_of(asking, "dana@example.com"),
        ask(browser_of(asking, "alice@example.com")),
        decision="allow",
        seconds=3_600,
    )
    page = browser_of(asking, "dana@example.com").get("/requests/access", headers=JSON).json
    assert [each["principal"] for each in page["holders"]] == ["user:alice@example.com"]


MALFORMED = [
    {"notebook": {"S": "junk"}, "requester": {"S": "user:x"}, "asked_for": {"S": "n"}},
    {"notebook": {"S": "0000000001-aaa"}},
    {"asked_for": {"S": "!!"}},
    {"decided_at": {"N": "1.5"}},
    {"reason": {"N": "1"}},
]


@pytest.mark.parametrize("changes", MALFORMED)
def test_a_malformed_reference_to_an_open_request(asking: Harness, lines: Lines, changes: dict[str, Any]) -> None:
    _write(asking, "carol", 1, age=0)
    (reference,) = asking.aws.table.query([OPEN])
    asking.aws.table.clear(OPEN)
    asking.aws.table.put({**reference, **changes})
    assert _waiting(asking) == ["user:alice@example.com"]
    assert any("malformed reference to an access request" in text for text in lines.texts)


@pytest.mark.parametrize("changes", MALFORMED)
def test_a_malformed_reference_to_an_allowed_request(asking: Harness, changes: dict[str, Any]) -> None:
    alice, dana = browser_of(asking, "alice@example.com"), browser_of(asking, "dana@example.com")
    post(dana, ask(alice), decision="allow", seconds=3_600)
    (reference,) = asking.aws.table.query([ALLOWED])
    asking.aws.table.put({**reference, **primary_key(ALLOWED, f"9{reference['notebook']['S'][1:]}"), **changes})
    assert [each["principal"] for each in dana.get("/requests/access", headers=JSON).json["holders"]] == [
        "user:alice@example.com"
    ]


def test_an_open_request_of_an_earlier_version_ends_within_a_week_in_the_table(asking: Harness) -> None:
    _write(asking, "carol", 1, age=0, former=True)
    (row,) = asking.aws.table.requests()
    post(browser_of(asking, "dana@example.com"), f"/requests/{row['id']['S']}", decision="deny")
    (decided,) = asking.aws.table.requests()
    assert decided["decision"]["S"] == "denied"
    assert int(decided["until"]["N"]) == int(asking.clock()) + 7 * DAY
