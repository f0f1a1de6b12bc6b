"""The launch queue forms only when AWS throttles. It is first in, first out, with one position for each caller."""

import pytest

from gate.values.queue_state import INITIAL_RATE, MIN_RATE, QueueState
from testing.aws import TOKEN, refusal
from testing.environment import JSON
from testing.harness import Browser, Harness

URL = "create_presigned_notebook_instance_url"
OPEN = "/open/shared-notebook"


@pytest.fixture
def people(harness: Harness) -> list[Browser]:
    """Five people who are signed in and may open the same notebook. The queue is empty."""
    browsers = []
    for number in range(5):
        browser = Browser(harness.browser.base_url)
        harness.sign_in(f"person-{number}@example.com", browser=browser, groups=["data-science"])
        browsers.append(browser)
    return browsers


def _throttle(harness: Harness) -> None:
    harness.aws.errors[URL] = refusal("ThrottlingException")


def _calls(harness: Harness, *names: str) -> int:
    return sum(len(harness.aws.called(name)) for name in names)


def test_without_throttling_no_request_reads_the_queue(harness: Harness, people: list[Browser]) -> None:
    assert people[0].get(OPEN).status == 302
    assert _calls(harness, "put_item", "update_item") == 0
    assert not harness.aws.called("execute_statement")


def test_a_throttled_caller_gets_a_position_and_is_admitted_later(harness: Harness, people: list[Browser]) -> None:
    _throttle(harness)
    first, second = people[0].get(OPEN), people[1].get(OPEN)
    assert (first.status, second.status) == (202, 202)
    assert "You are in line" in second.body
    assert 1 <= int(second.headers["refresh"]) <= 4
    assert second.headers["cache-control"] == "no-store"
    third = people[2].get(OPEN, headers=JSON)
    assert (third.status, third.json["error"], third.json["ahead"]) == (202, "in_line", "2")
    assert "retry-after" in third.headers
    assert "refresh" not in third.headers
    del harness.aws.errors[URL]
    harness.clock.now += 1
    assert TOKEN in people[0].get(OPEN).location


def test_first_come_first_served(harness: Harness, people: list[Browser]) -> None:
    _throttle(harness)
    for browser in people[:4]:
        assert browser.get(OPEN).status == 202
    del harness.aws.errors[URL]
    # A new caller waits behind the others, although AWS would accept the call.
    assert people[4].get(OPEN).status == 202
    before = _calls(harness, URL)
    assert people[3].get(OPEN).status == 202
    assert _calls(harness, URL) == before  # AWS is not called for a caller who must wait
    for number, browser in enumerate(people):
        harness.clock.now += 1.01 / INITIAL_RATE
        assert browser.get(OPEN).status == 302, number


def test_a_caller_has_one_position_however_often_they_ask(harness: Harness, people: list[Browser]) -> None:
    _throttle(harness)
    for _ in range(20):
        people[0].get(OPEN, headers=JSON)
    assert people[1].get(OPEN, headers=JSON).json["ahead"] == "1"


def test_an_admitted_caller_waits_for_the_cooldown_while_others_wait(harness: Harness, people: list[Browser]) -> None:
    _throttle(harness)
    assert people[0].get(OPEN).status == 202
    assert people[1].get(OPEN).status == 202
    del harness.aws.errors[URL]
    harness.clock.now += 0.3
    assert people[0].get(OPEN).status == 302
    again = people[0].get(OPEN, headers=JSON)
    assert (again.json["error"], again.json["seconds"]) in (("in_line", "29"), ("in_line", "30"))
    assert "You opened a notebook a moment ago" in people[0].get(OPEN).body
    harness.clock.now += 1
    assert people[1].get(OPEN).status == 302
    harness.clock.now += 31
    assert people[0].get(OPEN).status == 302


def test_other_accounts_and_regions_have_their_own_queues(harness: Harness, people: list[Browser]) -> None:
    location = "210987654321/eu-central-1"
    harness.configure(GATE_REMOTE_LOCATIONS=location, GATE_REMOTE_ROLE="gate-remote", GATE_EXTERNAL_ID="x-42")
    harness.aws.grant("group:data-science", f"{location}/far")
    harness.aws.notebooks["far"] = "InService"
    _throttle(harness)
    assert people[0].get(OPEN).status == 202
    assert people[1].get(OPEN, headers=JSON).json["ahead"] == "1"
    far = people[2].get(f"/open/{location.replace('/', '~')}~far", headers=JSON)
    assert (far.json["error"], far.json["ahead"]) == ("in_line", "0")


def test_an_idle_queue_starts_again(harness: Harness, people: list[Browser]) -> None:
    _throttle(harness)
    for browser in people:
        browser.get(OPEN)
    harness.clock.now += 7 * 3600
    positions = [browser.get(OPEN, headers=JSON).json["ahead"] for browser in people]
    assert positions == ["0", "1", "2", "3", "4"]


def test_a_failure_of_the_table_is_reported(harness: Harness, people: list[Browser]) -> None:
    _throttle(harness)
    harness.aws.errors["update_item"] = refusal("InternalServerError")
    answer = people[0].get(OPEN, headers=JSON)
    assert (answer.status, answer.json["error"]) == (502, "aws_error")


@pytest.mark.parametrize(
    ("done", "throttled", "rate"),
    [
        (0, 0, 5.0),  # no callers came, so the rate stays
        (15, 0, 6.25),
        (12, 5, 4.4),  # ten percent above what succeeded in three seconds
        (6, 5, 2.5),  # at least half of the previous rate
        (12, 60, 3.6),
        (0, 9, 2.5),
    ],
)
def test_the_rate_follows_the_outcomes(done: int, throttled: int, rate: float) -> None:
    queue = QueueState(last=100, served=10, at=0, rate=5, done=done, throttled=throttled)
    adjusted = queue.with_adjusted_rate(3)
    assert adjusted.rate == pytest.approx(rate)
    assert (
        adjusted.served,
        adjusted.at,
        adjusted.done,
        adjusted.throttled,
    ) == (25, 3, 0, 0)


def test_the_rate_and_the_position_have_bounds() -> None:
    assert QueueState(last=9, served=0, at=0, rate=5).with_adjusted_rate(1000).served == 9
    assert QueueState(last=9, rate=MIN_RATE, throttled=1).with_adjusted_rate(3).rate == MIN_RATE
