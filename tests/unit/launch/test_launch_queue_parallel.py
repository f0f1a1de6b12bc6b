"""Parallel requests of one caller take at most one number, in every order of their calls to the table."""

from collections.abc import Sequence

import pytest
from botocore.exceptions import ConnectionClosedError
from hypothesis import given, settings
from hypothesis import strategies as st

from gate.launch.queue.launch_queue import NUMBER_RETRY_AFTER, QUEUE_CHECK_PERIOD, LaunchQueue
from gate.store.queue_store import COOLDOWN, RESERVATION_TTL, QueueStore
from gate.store.table import Table
from gate.values.errors.upstream import AwsError, InLineError, ThrottledError
from testing.aws import TOKEN, refusal
from testing.clock import StoppedClock
from testing.grants_table import GrantsTable, open_table
from testing.harness import Harness
from testing.interleaving import TableRequest, every_order, interleave

NOW = 1_795_000_000.0
ALICE = "user:alice@example.com"
LOST_RESPONSE = ConnectionClosedError(endpoint_url="https://dynamodb.eu-west-1.amazonaws.com/")


class QueueScenario:
    """A launch queue and its requests."""

    def __init__(self) -> None:
        self.table = GrantsTable()
        self.clock = StoppedClock(NOW)

    def request(self, subject: str = ALICE, *, throttled: bool = True) -> TableRequest:
        """Start a request of `subject` to an instance of its own. `throttled`: whether AWS throttles it."""

        def work(table: Table) -> None:
            queue_store = QueueStore(table)
            with LaunchQueue(lambda: queue_store, clock=self.clock).turn("home", subject):
                if throttled:
                    raise ThrottledError

        return TableRequest(self.table, work, clock=self.clock)

    @property
    def last_number(self) -> int:
        """The last number that the queue assigned."""
        queues = self.table.query(["queue:home"])
        return int(queues[0]["last"]["N"]) if queues else 0

    def number(self, subject: str = ALICE) -> int | None:
        """Return the number of `subject`, or None."""
        tickets = self.table.query([f"queue:home/{subject}"])
        return int(tickets[0]["number"]["N"]) if tickets and "number" in tickets[0] else None


def _all_wait(requests: Sequence[TableRequest]) -> bool:
    return all(isinstance(request.failure, InLineError) for request in requests)


def test_twenty_parallel_requests_take_one_number() -> None:
    scenario = QueueScenario()
    requests = [scenario.request() for _ in range(20)]
    interleave(requests, [number for _ in range(9) for number in range(20)])
    assert (scenario.last_number, scenario.number()) == (1, 1)
    assert _all_wait(requests)


def test_two_requests_take_one_number_in_every_order() -> None:
    scenarios: list[QueueScenario] = []

    def start() -> list[TableRequest]:
        scenarios.append(QueueScenario())
        return [scenarios[-1].request(), scenarios[-1].request()]

    for requests in every_order(start):
        assert (scenarios[-1].last_number, scenarios[-1].number()) == (1, 1)
        assert _all_wait(requests)
    assert len(scenarios) > 20


@settings(max_examples=150, deadline=None)
@given(people=st.lists(st.integers(0, 2), min_size=2, max_size=8), order=st.lists(st.integers(0, 7), max_size=50))
def test_each_caller_takes_one_number_in_any_order(people: list[int], order: list[int]) -> None:
    scenario = QueueScenario()
    requests = [scenario.request(f"user:{person}@example.com") for person in people]
    interleave(requests, order)
    assert _all_wait(requests)
    numbers = sorted(scenario.number(f"user:{person}@example.com") or 0 for person in set(people))
    assert numbers == list(range(1, scenario.last_number + 1)) == list(range(1, len(set(people)) + 1))


@settings(max_examples=100, deadline=None)
@given(
    order=st.lists(st.integers(0, 3), max_size=30),
    failures=st.dictionaries(st.integers(0, 3), st.tuples(st.integers(1, 4), st.sampled_from(["before", "after"]))),
)
def test_a_request_that_fails_midway_leaves_at_most_one_valid_number(
    order: list[int], failures: dict[int, tuple[int, str]]
) -> None:
    """After the reservation has expired, the next request has the only valid number, whatever was lost."""
    scenario = QueueScenario()
    requests = [scenario.request() for _ in range(4)]
    steps = [0] * 4
    for number in [*order, *[number for _ in range(9) for number in range(4)]]:
        if not requests[number].finished:
            steps[number] += 1
            if number in failures and steps[number] == failures[number][0]:
                requests[number].next_failure = (failures[number][1], LOST_RESPONSE)
            requests[number].step()
    assert all(isinstance(request.failure, InLineError | AwsError) for request in requests)
    assert scenario.last_number <= 1
    scenario.clock.now += RESERVATION_TTL + 1
    later = scenario.request()
    later.finish()
    assert isinstance(later.failure, InLineError)
    assert scenario.number() == scenario.last_number <= 2


def test_a_request_that_finds_a_reservation_retries_soon() -> None:
    scenario = QueueScenario()
    others = [scenario.request(f"user:{number}@example.com") for number in range(3)]
    interleave(others, [])
    first, second = scenario.request(), scenario.request()
    for _ in range(2):
        first.step()  # read the queue, and reserve
    second.finish()
    assert isinstance(second.failure, InLineError)
    assert (second.failure.ahead, second.failure.retry_after) == (3, NUMBER_RETRY_AFTER)
    first.finish()
    assert scenario.number() == 4
    third = scenario.request()
    third.finish()
    assert isinstance(third.failure, InLineError)
    assert (third.failure.ahead, scenario.last_number) == (3, 4)


def test_an_abandoned_reservation_expires() -> None:
    scenario = QueueScenario()
    failed = scenario.request()
    failed.step()
    failed.step()  # read the queue, and reserve
    failed.next_failure = ("before", LOST_RESPONSE)
    failed.finish()
    assert isinstance(failed.failure, AwsError)
    scenario.clock.now += RESERVATION_TTL - 1
    early = scenario.request()
    early.finish()
    assert scenario.last_number == 0
    scenario.clock.now += 3
    late = scenario.request()
    late.finish()
    assert scenario.number() == 1


def test_a_number_assigned_after_its_reservation_expired_does_not_replace_the_valid_one() -> None:
    """If a clock is wrong, the queue skips a number. The caller still has one."""
    scenario = QueueScenario()
    slow = scenario.request()
    slow.step()
    slow.step()  # read the queue, and reserve
    scenario.clock.now += RESERVATION_TTL + 2
    scenario.request().finish()
    assert scenario.number() == 1
    slow.finish()
    assert isinstance(slow.failure, InLineError)
    assert (scenario.number(), scenario.last_number) == (1, 2)


def test_an_earlier_request_takes_no_number_during_the_cooldown() -> None:
    scenario = QueueScenario()
    scenario.request().finish()
    early = scenario.request()
    early.step()
    scenario.clock.now += 1
    queue_store = QueueStore(open_table(scenario.table.client, scenario.clock))
    queue_store.start_cooldown("home", ALICE)
    assert queue_store.reserve("home", ALICE) is None
    early.finish()
    assert scenario.last_number == 1
    scenario.clock.now += COOLDOWN + QUEUE_CHECK_PERIOD
    assert queue_store.reserve("home", ALICE) is not None


@pytest.mark.parametrize("lost", [1, 2])
def test_a_lost_response_of_the_table_costs_no_second_number(harness: Harness, lost: int) -> None:
    """Through the whole function. The lost response is that of the reservation, or of the number."""
    harness.sign_in()
    harness.aws.errors["create_presigned_notebook_instance_url"] = refusal("ThrottlingException")
    harness.aws.lost_response = lost
    assert harness.browser.get("/open/alice-notebook").status == 502
    assert harness.browser.get("/open/alice-notebook").status == 202
    harness.clock.now += RESERVATION_TTL + 2
    assert harness.browser.get("/open/alice-notebook").status == 202
    (queue,) = harness.aws.table.query(["queue:home"])
    assert queue["last"]["N"] == "1"
    del harness.aws.errors["create_presigned_notebook_instance_url"]
    harness.clock.now += 1
    assert TOKEN in harness.browser.get("/open/alice-notebook").location
