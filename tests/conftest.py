"""For all tests."""

from collections.abc import Iterator
from functools import cache

import botocore.session
import pytest
from hypothesis import settings

from local.synthesiser import shared_synthesiser
from tests.leaks import Present, leaks_since, watch_origins

# How long a case takes depends on what else this machine does; what is fast, bench/ says. The same cases each time, so
# that a change is judged by what it changes; for new ones there is `make fuzz`.
settings.register_profile("gate", deadline=None, derandomize=True)
settings.load_profile("gate")

watch_origins()

# Tests make hundreds of sessions; what each reads of AWS's models is the same, and takes a tenth of a second a service.
botocore.session.create_loader = cache(botocore.session.create_loader)


@pytest.fixture(scope="session", autouse=True)
def one_synthesiser() -> Iterator[None]:
    """Load CDK once: it takes seconds, each time that a template is needed which is not kept yet."""
    with shared_synthesiser():
        yield


@pytest.fixture(scope="module", autouse=True)
def nothing_is_left_behind(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a module that leaves a socket, file, child process or thread behind, and say where it was made."""
    before, failed = Present.now(), request.session.testsfailed
    yield
    leaks = leaks_since(before)
    # The traceback of a test that failed keeps what the test had open.
    if leaks and request.session.testsfailed == failed:
        pytest.fail(f"{request.node.nodeid} leaves behind:\n" + "\n".join(leaks), pytrace=False)
