"""A local deployment, and identity providers of other projects."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from local.deployment import LocalDeployment
from local.options import LocalOptions
from local.provider import CLIENT_ID, ExternalProvider
from local.sample import Sample
from testing.providers.browser import ProviderBrowser
from testing.providers.provider import SECRET, Canaille, Certified, ForeignProvider

SAMPLE = Path(__file__).parents[2] / "dev" / "local" / "sample.yaml"


@pytest.fixture(scope="module")
def deployment() -> Iterator[LocalDeployment]:
    # Each provider's issuer is set in the function's environment, so that all deployments share one template.
    options = LocalOptions(provider=ExternalProvider("http://127.0.0.1:9", CLIENT_ID, SECRET))
    with LocalDeployment(Sample.load(SAMPLE), options) as deployment:
        yield deployment


@pytest.fixture(scope="module", params=[Certified, Canaille], ids=["certified", "canaille"])
def provider(request: pytest.FixtureRequest) -> Iterator[ForeignProvider]:
    started: ForeignProvider = request.param()
    yield started
    started.close()


@pytest.fixture
def browsers(deployment: LocalDeployment, provider: ForeignProvider) -> Iterator[Callable[[], ProviderBrowser]]:
    """Each call returns a new browser session."""
    made: list[ProviderBrowser] = []

    def browser() -> ProviderBrowser:
        made.append(ProviderBrowser(deployment.base_url, provider))
        return made[-1]

    yield browser
    for each in made:
        each.close()
