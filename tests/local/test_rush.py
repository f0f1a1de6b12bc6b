"""People come at once, over real sockets, to an AWS that makes two URLs a second.

Time passes only when all of them have to wait.
"""

import heapq
import time
from collections.abc import Iterator

import pytest

from local.deployment import LocalDeployment
from local.options import LocalOptions
from local.sample import Sample
from trials.user import TestUser

A_SECOND = 2
PEOPLE = [f"person-{number:02}@example.com" for number in range(12)]


class StoppedClock:
    """Stands still until it is moved, so that the speed of this machine does not matter."""

    def __init__(self) -> None:
        self.now = time.time()

    def __call__(self) -> float:
        return self.now


@pytest.fixture(scope="module")
def clock() -> StoppedClock:
    return StoppedClock()


@pytest.fixture(scope="module")
def deployment(clock: StoppedClock) -> Iterator[LocalDeployment]:
    sample = Sample.model_validate(
        {
            "people": [{"email": email} for email in PEOPLE],
            "notebooks": [{"name": "theirs"}],
            "grants": [{"principal": f"user:{email}", "notebook": "theirs"} for email in PEOPLE],
            "urls_per_second": A_SECOND,
        }
    )
    with LocalDeployment(sample, LocalOptions(clock=clock)) as deployment:
        yield deployment


def test_everybody_gets_in_by_what_the_page_says(deployment: LocalDeployment, clock: StoppedClock) -> None:
    people = [TestUser(deployment) for _ in PEOPLE]
    for person, email in zip(people, PEOPLE, strict=True):
        assert person.open("/", email).status_code == 200
    begun, statuses, arrived = clock.now, set(), []
    due = [(begun, number) for number in range(len(people))]
    while due:
        clock.now, number = heapq.heappop(due)
        answer = people[number].go("/open/theirs")
        statuses.add(answer.status_code)
        if "authToken" in answer.headers.get("Location", ""):
            arrived.append(clock.now - begun)
        else:
            assert "You are in line" in answer.text
            heapq.heappush(due, (clock.now + int(answer.headers["Refresh"]), number))
    assert statuses == {202, 302}
    assert len(arrived) == len(deployment.urls.made) == len(PEOPLE)
    # Two at once, then two a second, and what it costs so few that each looks every few seconds.
    assert max(arrived) < 30
    rows = deployment.operator("dynamodb").scan(TableName=deployment.template.table["TableName"])["Items"]
    numbers = [row for row in rows if row["principal"]["S"].startswith("queue:home/")]
    assert 0 < len(numbers) < len(PEOPLE)  # who came while there was no line has none
