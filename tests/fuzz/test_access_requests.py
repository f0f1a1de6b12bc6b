"""Access requests with hostile names, reasons and lengths, for the person who asks and for an approver."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from testing.asking import browser_of, post
from testing.dynamodb import FakeTable
from testing.harness import Browser, Harness
from tests.fuzz.hostile import TEXT, CountCase, LogLines, check, same_harness


@pytest.fixture
def person(asking: Harness) -> Browser:
    return browser_of(asking, "alice@example.com")


@pytest.fixture
def approver(asking: Harness) -> Browser:
    return browser_of(asking, "dana@example.com")


@same_harness
@given(
    notebook=TEXT | st.just("bob-notebook"),
    reason=TEXT,
    seconds=TEXT | st.sampled_from(["3600", "28800"]),
    decision=TEXT | st.sampled_from(["allow", "deny"]),
)
def test_arbitrary_access_requests(
    asking: Harness,
    person: Browser,
    approver: Browser,
    log_lines: LogLines,
    count_case: CountCase,
    notebook: str,
    reason: str,
    seconds: str,
    decision: str,
) -> None:
    """Access requests and decisions."""
    asking.aws.table = FakeTable()  # so that nobody reaches the limit of requests in a day
    answer = post(person, "/requests", notebook=notebook, reason=reason, seconds=seconds)
    check(asking, answer, log_lines)
    if answer.status == 303:
        path = person.path_of(answer.location)
        for browser in (person, approver):
            check(asking, browser.get(path), log_lines)
            check(asking, browser.get("/requests"), log_lines)
        check(asking, post(approver, path, decision=decision, seconds=seconds), log_lines)
        check(asking, approver.get(path), log_lines)
    count_case()
