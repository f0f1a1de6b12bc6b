"""Parallel requests of one caller: at most one number, in whatever order their calls reach the table."""

from collections.abc import Sequence
from typing import Any

import pytest
from botocore.exceptions import ConnectionClosedError
from hypothesis import given, settings
from hypothesis import strategies as st

from gate.errors.upstream import AwsError, InLineError, ThrottledError
from gate.launch.queue.launch_queue import NUMBER_RETRY_AFTER, QUEUE_CHECK_PERIOD, LaunchQueue
from gate.store.queue_store import COOLDOWN, RESERVATION_TTL, QueueStore
from tests.unit.aws import TOKEN, refusal
from tests.unit.conftest import Clock, Harness
from tests.unit.interleaving import Request, every_order, play
from trials.table import Table

NOW = 1_795_000_000.0
LOST = ConnectionClosedError(endpoint_url="https://dynamodb.eu-west-1.amazonaws.com/")


class Scene:
    """One line, and the requests that come to it."""

    def __init__(self) -> None:
        self.table = Table()
        self.clock = Clock(NOW)

    def request(self, who: str = "user:alice@example.com", *, throttled: bool = True) -> Request:
        """Start a request to an instance of its own, which AWS throttles or not."""

        def launch() -> str:
            if throttled:
                raise ThrottledError
            return "https://"

        def work(dynamodb: Any) -> None:
            queue_store = QueueStore(dynamodb, table="grants", clock=self.clock)
            LaunchQueue(lambda: queue_store, clock=self.clock).admit("home", who, launch)

        return Request(self.table, work)

    @property
    def given(self) -> int:
        """How many numbers the line has given out."""
        lines = self.table.of(["queue:home"])
        return int(lines[0]["last"]["N"]) if lines else 0

    def number(self, who: str = "user:alice@example.com") -> int | None:
        """The number that a caller holds."""
        turns = self.table.of([f"queue:home/{who}"])
        return int(turns[0]["number"]["N"]) if turns and "number" in turns[0] else None


def _wait(requests: Sequence[Request]) -> bool:
    return all(isinstance(request.failure, InLineError) for request in requests)


def test_twenty_parallel_requests_take_one_number() -> None:
    scene = Scene()
    requests = [scene.request() for _ in range(20)]
    play(requests, [number for _ in range(9) for number in range(20)])
    assert (scene.given, scene.number()) == (1, 1)
    assert _wait(requests)


def test_two_requests_take_one_number_in_every_order() -> None:
    scenes: list[Scene] = []

    def start() -> list[Request]:
        scenes.append(Scene())
        return [scenes[-1].request(), scenes[-1].request()]

    for requests in every_order(start):
        assert (scenes[-1].given, scenes[-1].number()) == (1, 1)
        assert _wait(requests)
    assert len(scenes) > 20


@settings(max_examples=150, deadline=None)
@given(people=st.lists(st.integers(0, 2), min_size=2, max_size=8), order=st.lists(st.integers(0, 7), max_size=50))
def test_each_caller_takes_one_number_in_any_order(people: list[int], order: list[int]) -> None:
    scene = Scene()
    requests = [scene.request(f"user:{person}@example.com") for person in people]
    play(requests, order)
    assert _wait(requests)
    numbers = sorted(scene.number(f"user:{person}@example.com") or 0 for person in set(people))
    assert numbers == list(range(1, scene.given + 1)) == list(range(1, len(set(people)) + 1))


@settings(max_examples=100, deadline=None)
@given(
    order=st.lists(st.integers(0, 3), max_size=30),
    fails=st.dictionaries(st.integers(0, 3), st.tuples(st.integers(1, 4), st.sampled_from(["before", "after"]))),
)
def test_a_request_that_fails_midway_leaves_at_most_one_valid_number(
    order: list[int], fails: dict[int, tuple[int, str]]
) -> None:
    """Whatever is lost with a request, the next one after the reservation's end has the one number that counts."""
    scene = Scene()
    requests = [scene.request() for _ in range(4)]
    steps = [0] * 4
    for wish in [*order, *[number for _ in range(9) for number in range(4)]]:
        if not requests[wish].ended:
            steps[wish] += 1
            if wish in fails and steps[wish] == fails[wish][0]:
                requests[wish].fails = (fails[wish][1], LOST)
            requests[wish].step()
    assert all(isinstance(request.failure, InLineError | AwsError) for request in requests)
    assert scene.given <= 1
    scene.clock.now += RESERVATION_TTL + 1
    later = scene.request()
    later.finish()
    assert isinstance(later.failure, InLineError)
    assert scene.number() == scene.given <= 2


def test_a_request_that_finds_a_reservation_retries_soon() -> None:
    scene = Scene()
    others = [scene.request(f"user:{number}@example.com") for number in range(3)]
    play(others, [])
    first, second = scene.request(), scene.request()
    for _ in range(2):
        first.step()  # it has looked, and reserved
    second.finish()
    assert isinstance(second.failure, InLineError)
    assert (second.failure.ahead, second.failure.retry_after) == (3, NUMBER_RETRY_AFTER)
    first.finish()
    assert scene.number() == 4
    third = scene.request()
    third.finish()
    assert isinstance(third.failure, InLineError)
    assert (third.failure.ahead, scene.given) == (3, 4)


def test_an_abandoned_reservation_expires() -> None:
    scene = Scene()
    dead = scene.request()
    dead.step()
    dead.step()  # it has reserved
    dead.fails = ("before", LOST)
    dead.finish()
    assert isinstance(dead.failure, AwsError)
    scene.clock.now += RESERVATION_TTL - 1
    early = scene.request()
    early.finish()
    assert scene.given == 0
    scene.clock.now += 3
    late = scene.request()
    late.finish()
    assert scene.number() == 1


def test_a_number_assigned_after_its_reservation_expired_does_not_replace_the_valid_one() -> None:
    """A clock that is far off makes one number go by; the caller still holds one."""
    scene = Scene()
    slow = scene.request()
    slow.step()
    slow.step()  # it has reserved
    scene.clock.now += RESERVATION_TTL + 2
    scene.request().finish()
    assert scene.number() == 1
    slow.finish()
    assert isinstance(slow.failure, InLineError)
    assert (scene.number(), scene.given) == (1, 2)


def test_an_earlier_request_takes_no_number_during_the_cooldown() -> None:
    scene = Scene()
    scene.request().finish()
    early = scene.request()
    early.step()
    scene.clock.now += 1
    queue_store = QueueStore(_Direct(scene.table), table="grants", clock=scene.clock)  # type: ignore[arg-type]
    queue_store.start_cooldown("home", "user:alice@example.com")
    assert queue_store.reserve("home", "user:alice@example.com") is None
    early.finish()
    assert scene.given == 1
    scene.clock.now += COOLDOWN + QUEUE_CHECK_PERIOD
    assert queue_store.reserve("home", "user:alice@example.com") is not None


class _Direct:
    def __init__(self, table: Table):
        self._table = table

    def put_item(self, **arguments: Any) -> Any:
        return self._table.put_item(arguments)


@pytest.mark.parametrize("lost", [1, 2])
def test_a_lost_response_of_the_table_costs_no_second_number(harness: Harness, lost: int) -> None:
    """Over the whole function: the reservation's answer is lost, or the one to the number itself."""
    harness.sign_in()
    harness.aws.errors["create_presigned_notebook_instance_url"] = refusal("ThrottlingException")
    real, puts = harness.aws.table.put_item, 0

    def put_item(arguments: dict[str, Any]) -> Any:
        nonlocal puts
        answer = real(arguments)
        puts += 1
        if puts == lost:
            raise LOST
        return answer

    harness.aws.table.put_item = put_item  # type: ignore[method-assign]
    assert harness.browser.get("/open/alice-notebook").status == 502
    assert harness.browser.get("/open/alice-notebook").status == 202
    harness.clock.now += RESERVATION_TTL + 2
    assert harness.browser.get("/open/alice-notebook").status == 202
    (line,) = harness.aws.table.of(["queue:home"])
    assert line["last"]["N"] == "1"
    del harness.aws.errors["create_presigned_notebook_instance_url"]
    harness.clock.now += 1
    assert TOKEN in harness.browser.get("/open/alice-notebook").location
