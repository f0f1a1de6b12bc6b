"""One local deployment for each test module, of the synthesised stack."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local.deployment import LocalDeployment
from local.options import LocalOptions
from local.sample import Sample
from testing.clock import Clock
from testing.environment import stored_event
from testing.patience import patient_slack  # noqa: F401

SAMPLE = Path(__file__).parents[3] / "dev" / "local" / "sample.yaml"


@pytest.fixture(scope="session")
def sample() -> Sample:
    return Sample.load(SAMPLE)


@pytest.fixture(scope="module")
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="module")
def deployment(sample: Sample, clock: Clock) -> Iterator[LocalDeployment]:
    with LocalDeployment(sample, LocalOptions(clock=clock)) as deployment:
        yield deployment


@pytest.fixture(scope="session")
def event_shape() -> dict[str, Any]:
    """A stored event of API Gateway."""
    return stored_event("browser_get")
