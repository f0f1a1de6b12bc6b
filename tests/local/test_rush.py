"""People come at once, over real sockets, to an AWS that makes two URLs a second."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from local.sample import Sample
from local.world import World
from trials.person import Person

A_SECOND = 2
PEOPLE = [f"person-{number:02}@example.com" for number in range(12)]


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    sample = Sample.model_validate(
        {
            "people": [{"email": email} for email in PEOPLE],
            "notebooks": [{"name": "theirs"}],
            "grants": [{"principal": f"user:{email}", "notebook": "theirs"} for email in PEOPLE],
            "urls_per_second": A_SECOND,
        }
    )
    with World(sample=sample) as world:
        yield world


def test_everybody_gets_in_by_what_the_page_says(world: World) -> None:
    people = [Person(world) for _ in PEOPLE]
    for person, email in zip(people, PEOPLE, strict=True):
        assert person.open("/", email).status_code == 200
    begun = time.monotonic()

    def come(person: Person) -> tuple[list[int], float]:
        statuses = []
        while True:
            answer = person.go("/open/theirs")
            statuses.append(answer.status_code)
            if "authToken" in answer.headers.get("Location", ""):
                return statuses, time.monotonic() - begun
            assert "You are in line" in answer.text
            time.sleep(int(answer.headers["Refresh"]))

    with ThreadPoolExecutor(len(people)) as pool:
        came = list(pool.map(come, people))
    assert {status for statuses, _ in came for status in statuses} == {202, 302}
    assert len(world.urls.made) == len(PEOPLE)
    # Two at once, then two a second, then what looking every few seconds costs so few: bench/ and trials/ measure.
    assert max(seconds for _, seconds in came) < 30
    numbers = [item for item in world.operator("dynamodb").scan(TableName=world.deployment.table["TableName"])["Items"]
               if item["principal"]["S"].startswith("line:home/")]  # fmt: skip
    assert 0 < len(numbers) < len(PEOPLE)  # who came while there was no line has none
