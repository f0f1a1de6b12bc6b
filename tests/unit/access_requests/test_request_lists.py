"""The lists of requests and holders: in pages, with few calls, whatever others have asked."""

import re
from dataclasses import replace
from typing import Any

import pytest

from gate.access_requests.access_request import AccessRequest
from gate.access_requests.keys import ALLOWED, OPEN
from gate.access_requests.participant import Participant
from gate.access_requests.row import to_row
from gate.store.table import primary_key
from gate.values.notebook import Notebook
from local.aws import dynamodb
from testing.asking import RULES, ask, browser_of, configure, post
from testing.environment import JSON
from testing.harness import Browser, Harness
from testing.many_requests import KEEP, fill

READS = ("execute_statement", "batch_get_item", "query")


@pytest.fixture
def large_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a page of a query have about as many items as DynamoDB's 1 MB holds."""
    monkeypatch.setattr(dynamodb, "SELECT_PAGE", 1_000)


def _reads(asking: Harness, browser: Browser, path: str = "/requests") -> tuple[int, int]:
    """Return how many reads a page takes, and how many keys they name."""
    before = len(asking.aws.calls)
    assert browser.get(path).status == 200
    calls = [call for call in asking.aws.calls[before:] if call[0] in READS]
    keys = [request["Keys"] for _, arguments in calls for request in arguments.get("RequestItems", {}).values()]
    return len(calls), sum(map(len, keys))


def _fill(asking: Harness, requests: int, open_ones: int) -> None:
    fill(asking.aws.table, requests=requests, open_ones=open_ones, now=int(asking.clock()))


@pytest.mark.usefixtures("large_pages")
def test_pages_take_few_calls_whatever_others_have_asked(asking: Harness) -> None:
    _fill(asking, 3_000, 500)
    alice = browser_of(asking, "alice@example.com")
    ask(alice)
    (alone, keys) = _reads(asking, alice)
    assert (alone, keys) == (3, 3)  # the grants, the own requests, and what the one request depends on
    dana = browser_of(asking, "dana@example.com")  # decides on everything
    calls, keys = _reads(asking, dana)
    assert calls <= 5
    assert keys <= 50 + 50 * 2 + 1
    assert _reads(asking, dana, "/requests?page=11")[0] <= 5
    assert _reads(asking, dana, "/requests/access")[0] <= 3 + 3  # the list, and the number in the header


@pytest.mark.usefixtures("large_pages")
def test_an_approver_walks_through_all_pages(asking: Harness) -> None:
    _fill(asking, 130, 120)
    dana = browser_of(asking, "dana@example.com")
    path, found = "/requests", []
    while path:
        page = dana.get(path, headers=JSON).json
        assert len(page["to_decide"]) <= 50
        found += [each["id"] for each in page["to_decide"]]
        path = page["next_to_decide"] and dana.path_of(page["next_to_decide"])
    assert len(found) == len(set(found)) == 120
    body = dana.get("/requests?page=2").body
    assert 'page=3">More for you to decide' in body
    assert '/requests">First page' in body
    assert "More for you to decide" not in dana.get("/requests?page=3").body
    assert "First page" not in dana.get("/requests").body


@pytest.mark.usefixtures("large_pages")
def test_a_person_walks_through_their_own_requests(asking: Harness) -> None:
    now = int(asking.clock())
    for number in range(60):
        asker = Participant(("user:alice@example.com",), "email", now - number)
        request = AccessRequest.new(asker, Notebook(f"n-{number}"), reason="x", seconds=3600, now=now - number)
        asking.aws.table.put(to_row(request, keep=KEEP))
    alice = browser_of(asking, "alice@example.com")
    first = alice.get("/requests", headers=JSON).json
    second = alice.get(alice.path_of(first["next_own"]), headers=JSON).json
    shown = [each["notebook"] for each in (*first["own"], *second["own"])]
    assert (len(first["own"]), second["next_own"], shown) == (50, None, [f"n-{number}" for number in range(60)])
    assert 'own=2">Earlier requests of yours' in alice.get("/requests").body


@pytest.mark.parametrize("number", ["0", "-1", "x", "٣", "9" * 40, ""])
def test_a_number_that_is_none_is_the_first_page(asking: Harness, number: str) -> None:
    ask(browser_of(asking, "alice@example.com"))
    dana = browser_of(asking, "dana@example.com")
    assert len(dana.get(f"/requests?page={number}", headers=JSON).json["to_decide"]) == 1
    assert dana.get("/requests?page=99999", headers=JSON).json["to_decide"] == []


def test_a_request_is_in_the_own_list_with_the_next_read(asking: Harness) -> None:
    alice = browser_of(asking, "alice@example.com")
    request_id = ask(alice).removeprefix("/requests/")
    assert [each["id"] for each in alice.get("/requests", headers=JSON).json["own"]] == [request_id]


def test_a_decided_request_has_no_reference(asking: Harness) -> None:
    alice, dana = browser_of(asking, "alice@example.com"), browser_of(asking, "dana@example.com")
    allowed, denied = ask(alice, "bob-notebook"), ask(alice, "shared-notebook")
    assert len(asking.aws.table.query([OPEN])) == 2
    post(dana, denied, decision="deny")
    post(dana, allowed, decision="allow", seconds=3600)
    assert not asking.aws.table.query([OPEN])
    (reference,) = asking.aws.table.query([ALLOWED])
    assert allowed.endswith(reference["notebook"]["S"].partition("-")[2])
    assert reference["until"]["N"] == str(int(asking.clock()) + 3600)


def test_an_earlier_request_is_kept_for_auditors(asking: Harness) -> None:
    alice = browser_of(asking, "alice@example.com")
    first = ask(alice)
    post(browser_of(asking, "dana@example.com"), first, decision="deny")
    asking.clock.now += 60
    second = ask(alice)
    (past,), (present,) = asking.aws.table.requests(past=True), asking.aws.table.requests()
    assert (first.endswith(past["id"]["S"]), second.endswith(present["id"]["S"])) == (True, True)
    assert (past["decision"]["S"], past["until"]["N"]) == ("denied", str(int(asking.clock()) - 60 + KEEP))
    assert "was denied by" in alice.get(first).body


def test_after_a_day_asking_again_leaves_one_reference(asking: Harness) -> None:
    ask(browser_of(asking, "alice@example.com"))
    asking.clock.now += 86_400
    request_id = ask(browser_of(asking, "alice@example.com")).removeprefix("/requests/")
    (reference,) = asking.aws.table.query([OPEN])
    assert reference["notebook"]["S"].endswith(request_id)


def _former(asking: Harness, **changes: Any) -> str:
    """Write a request as earlier versions did, and return its path."""
    asker = Participant(("user:alice@example.com",), "email", int(asking.clock()))
    new = AccessRequest.new(asker, Notebook("bob-notebook"), reason="churn", seconds=3600, now=int(asking.clock()))
    former = replace(new, id=new.id.partition("-")[2], **changes)
    asking.aws.table.put(to_row(former, keep=7 * 86_400))
    assert asking.aws.table.row("request:", former.id.partition("-")[0])
    return f"/requests/{former.id}"


def test_a_request_of_an_earlier_version_is_decided(asking: Harness) -> None:
    path = _former(asking)
    alice, dana = browser_of(asking, "alice@example.com"), browser_of(asking, "dana@example.com")
    assert [each["id"] for each in alice.get("/requests", headers=JSON).json["own"]] == [path.rpartition("/")[2]]
    assert [each["id"] for each in dana.get("/requests", headers=JSON).json["to_decide"]] == [path.rpartition("/")[2]]
    assert post(dana, path, decision="allow", seconds=3600).status == 303
    assert alice.get("/open/bob-notebook").status == 302
    assert not dana.get("/requests", headers=JSON).json["to_decide"]


def test_a_request_of_an_earlier_version_is_seen_by_whom_it_concerns(asking: Harness) -> None:
    path = _former(asking)
    heidi = browser_of(asking, "heidi@example.com")
    assert heidi.get("/requests", headers=JSON).json == {
        "own": [],
        "to_decide": [],
        "next_own": None,
        "next_to_decide": None,
    }
    assert heidi.get(path).status == 404


def test_a_row_in_the_place_of_another_request_is_not_read(asking: Harness) -> None:
    alice = browser_of(asking, "alice@example.com")
    path = ask(alice)
    (row,) = asking.aws.table.requests()
    asking.aws.table.put({**row, **primary_key(row["principal"]["S"], "a" * 20)})
    assert [each["id"] for each in alice.get("/requests", headers=JSON).json["own"]] == [path.rpartition("/")[2]]


def test_an_approver_sees_who_has_access_by_a_request(asking: Harness) -> None:
    alice, dana = browser_of(asking, "alice@example.com"), browser_of(asking, "dana@example.com")
    for notebook in ("bob-notebook", "shared-notebook"):
        post(dana, ask(alice, notebook), decision="allow", seconds=3600)
    body = dana.get("/requests/access").body
    assert "<code>user:alice@example.com</code> · bob-notebook" in body
    assert re.search("until <time .*</time> · allowed by dana@example.com", body)
    leads = browser_of(asking, "grace@example.com", groups=["leads"])  # decide on shared-* and prod-*
    holders = leads.get("/requests/access", headers=JSON).json["holders"]
    assert [(each["principal"], each["notebook"]) for each in holders] == [
        ("user:alice@example.com", "shared-notebook")
    ]
    asking.aws.table.remove("user:alice@example.com", "bob-notebook")
    assert "bob-notebook" not in dana.get("/requests/access").body
    asking.clock.now += 3600
    assert "Nobody has access by a request" in browser_of(asking, "dana@example.com").get("/requests/access").body


def test_who_has_access_is_for_those_who_decide(asking: Harness) -> None:
    alice = browser_of(asking, "alice@example.com")
    post(browser_of(asking, "dana@example.com"), ask(alice), decision="allow", seconds=3600)
    assert "user:alice@example.com" not in alice.get("/requests/access").body
    assert alice.get("/requests/access", headers=JSON).json == {"holders": [], "next": None}
    assert "/requests/access" not in alice.get("/requests").body


@pytest.mark.usefixtures("large_pages")
def test_holders_are_in_pages(asking: Harness) -> None:
    rules = {**RULES, "approvers": {"user:dana@example.com": ["*"]}, "two": []}
    configure(asking, rules)
    dana = browser_of(asking, "dana@example.com")
    for number in range(51):
        alice = browser_of(asking, f"person-{number:02}@example.com")
        post(dana, ask(alice), decision="allow", seconds=3600)
    first, second = (dana.get(f"/requests/access?page={page}", headers=JSON).json for page in (1, 2))
    assert (len(first["holders"]), len(second["holders"]), second["next"]) == (50, 1, None)
    assert dana.path_of(first["next"]) == "/requests/access?page=2"


def test_an_owner_does_not_see_grants_that_have_ended(asking: Harness) -> None:
    now = int(asking.clock())
    asking.aws.grant("user:heidi@example.com", "bob-notebook", until=now)
    asking.aws.grant("group:interns", "bob-notebook", until=now + 1)
    body = browser_of(asking, "frank@example.com").get("/requests/access").body
    assert ("user:heidi@example.com" in body, "group:interns" in body) == (False, True)
