"""One running gate a module, on what the stack synthesises."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from local.sample import Sample
from local.world import World

SAMPLE = Path(__file__).parents[2] / "local" / "sample.yaml"


@pytest.fixture(scope="session")
def sample() -> Sample:
    return Sample.load(SAMPLE)


@pytest.fixture(scope="module")
def world(sample: Sample) -> Iterator[World]:
    with World(sample=sample) as world:
        yield world
