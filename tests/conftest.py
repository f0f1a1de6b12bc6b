"""Fixtures and settings of all tests."""

import os
from collections.abc import Iterator
from functools import cache

import botocore.session
import pytest
from hypothesis import settings

from local.synthesiser import shared_synthesiser
from tests.leaks import Present, leaks_since, watch_origins

# No deadline: the time of a case depends on the load of the machine. The cases are the same in each run, so that a
# failure is due to a change. `make fuzz` tries new ones.
settings.register_profile("gate", deadline=None, derandomize=True)
settings.load_profile("gate")

watch_origins()

# A command of a test is no part of the make that may run the tests: it would print its folders, and take its options.
for variable in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS"):
    os.environ.pop(variable, None)

# Tests make hundreds of sessions. Loading AWS's models takes a tenth of a second for each service, so it is cached.
botocore.session.create_loader = cache(botocore.session.create_loader)


@pytest.fixture(scope="session", autouse=True)
def one_synthesiser() -> Iterator[None]:
    """Load the CDK at most once, because that takes seconds."""
    with shared_synthesiser():
        yield


@pytest.fixture(scope="module", autouse=True)
def nothing_is_left_behind(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a module that leaks a socket, file, child process or thread, and report where it was created."""
    before, failed = Present.now(), request.session.testsfailed
    yield
    leaks = leaks_since(before)
    # The traceback of a test that failed keeps what the test had open.
    if leaks and request.session.testsfailed == failed:
        pytest.fail(f"{request.node.nodeid} leaves behind:\n" + "\n".join(leaks), pytrace=False)
