"""What requests, pages and denies say after access has ended, also if a response was lost."""

import pytest

from gate.access_requests.keys import ALLOWED
from testing.asking import JSON, ask, browser_of, post
from testing.aws import refusal
from testing.harness import Browser, Harness


def allowed(asking: Harness, notebook: str = "bob-notebook") -> tuple[Browser, Browser, str]:
    """Return Alice, Dana who decides on everything, and the path of a request that she has allowed."""
    alice, dana = browser_of(asking, "alice@example.com"), browser_of(asking, "dana@example.com")
    path = ask(alice, notebook)
    post(dana, path, decision="allow", seconds=3600)
    return alice, dana, path


def test_every_request_whose_access_is_gone_says_so(asking: Harness) -> None:
    """The first ends earlier than the second, and the third has kept the end of the second."""
    alice, dana, first = allowed(asking)
    paths = [first]
    for seconds in (28_800, 3600):
        paths.append(ask(alice, seconds=seconds))
        post(dana, paths[-1], decision="allow", seconds=seconds)
    post(dana, paths[1], decision="end")
    for path in paths:
        assert dana.get(path, headers=JSON).json["ended_by"] == "user:dana@example.com"
        assert "</strong> ended it" in alice.get(path).body
    assert not asking.aws.table.query([ALLOWED])


@pytest.mark.parametrize("error", [refusal("InternalServerError"), refusal("ThrottlingException")])
def test_after_a_lost_response_the_denies_are_written_nevertheless(asking: Harness, error: Exception) -> None:
    alice, _, path = allowed(asking)
    asking.aws.errors["transact_write_items"] = error
    assert post(alice, path, decision="end").status in (502, 503)
    assert asking.aws.events == [{"denies": {}}]


@pytest.mark.parametrize(
    ("notebook", "words"),
    [
        ("bob-notebook", "What is open is closed within a minute."),
        ("123456789012/eu-central-1/far", "What is open is closed within a minute."),
        ("210987654321/eu-west-1/far", "What is open stays open for now, because it is in another account"),
        ("studio:d-abc123/alice/space", "What is open of this user profile is closed within a minute."),
    ],
)
def test_the_page_promises_what_is_so(asking: Harness, notebook: str, words: str) -> None:
    alice, dana, path = allowed(asking, notebook)
    assert words in alice.get(f"{path}?stay=1").body
    assert words in dana.get(path).body
    post(dana, path, decision="end")
    assert words in alice.get(path).body


def test_a_request_that_has_run_out_was_not_ended(asking: Harness) -> None:
    _, _, first = allowed(asking)
    asking.clock.now += 3600
    _, dana, second = allowed(asking)
    post(dana, second, decision="end")
    assert [dana.get(path, headers=JSON).json["ended_by"] for path in (first, second)] == [
        None,
        "user:dana@example.com",
    ]


def test_after_an_operator_has_taken_the_grant_the_request_can_still_be_closed(asking: Harness) -> None:
    alice, dana, path = allowed(asking)
    asking.aws.table.clear("user:alice@example.com")
    assert post(dana, path, decision="end").status == 303
    assert dana.get(path, headers=JSON).json["ended_by"] == "user:dana@example.com"
    assert "</strong> ended it" in alice.get(path).body
    assert len(asking.aws.table.query(["ended:"])) == 1
    assert not asking.aws.table.row("user:alice@example.com", "bob-notebook")


def test_who_decides_reads_that_nothing_waits(asking: Harness) -> None:
    alice, dana = browser_of(asking, "alice@example.com"), browser_of(asking, "dana@example.com")
    assert "Nothing waits for you to decide." in dana.get("/requests").body
    assert "Nothing waits" not in alice.get("/requests").body
    ask(alice)
    assert "Nothing waits" not in dana.get("/requests").body
