"""All users come at once, over real sockets, and AWS allows two URLs a second, of notebooks and spaces together.

Time passes only when all of them have to wait.
"""

import heapq
from collections.abc import Iterator

import pytest

from local.deployment import LocalDeployment
from local.options import LocalOptions
from local.sample import Sample
from testing.clock import StoppedClock
from testing.user import TestUser

URLS_PER_SECOND = 2
NOTEBOOKS = ("theirs", "studio:d-rush1/team/theirs")
PEOPLE = [f"person-{number:02}@example.com" for number in range(12)]


@pytest.fixture(scope="module")
def clock() -> StoppedClock:
    return StoppedClock()


@pytest.fixture(scope="module")
def deployment(clock: StoppedClock) -> Iterator[LocalDeployment]:
    sample = Sample.model_validate(
        {
            "people": [{"email": email} for email in PEOPLE],
            "notebooks": [{"name": "theirs"}],
            "studio": [
                {"id": "d-rush1", "profiles": ["team"], "spaces": [{"name": "theirs", "status": "InService"}]},
            ],
            "grants": [
                {"principal": f"user:{email}", "notebook": NOTEBOOKS[number % 2]} for number, email in enumerate(PEOPLE)
            ],
            "urls_per_second": URLS_PER_SECOND,
        }
    )
    with LocalDeployment(sample, LocalOptions(clock=clock)) as deployment:
        yield deployment


def test_all_users_get_in_by_following_the_pages(deployment: LocalDeployment, clock: StoppedClock) -> None:
    people = [TestUser(deployment) for _ in PEOPLE]
    for person, email in zip(people, PEOPLE, strict=True):
        assert person.open("/", email).status_code == 200
    begun, statuses, arrived = clock.now, set(), []
    due = [(begun, number) for number in range(len(people))]
    while due:
        clock.now, number = heapq.heappop(due)
        answer = people[number].go("/open")
        statuses.add(answer.status_code)
        if "authToken" in answer.headers.get("Location", ""):
            assert (".studio." in answer.headers["Location"]) is (number % 2 == 1)
            arrived.append(clock.now - begun)
        else:
            assert "You are in line" in answer.text
            heapq.heappush(due, (clock.now + int(answer.headers["Refresh"]), number))
    assert statuses == {202, 302}
    assert len(arrived) == len(deployment.urls.made) == len(PEOPLE)
    # Two at once, then two a second. With so few users, each page reloads only every few seconds.
    assert max(arrived) < 30
    rows = deployment.operator("dynamodb").scan(TableName=deployment.template.table["TableName"])["Items"]
    numbers = [row for row in rows if row["principal"]["S"].startswith("queue:home/")]
    assert 0 < len(numbers) < len(PEOPLE)  # users who came while nobody waited have no ticket
