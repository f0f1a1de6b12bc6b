"""Access requests with hostile names, reasons and lengths, for the person who asks and for an approver."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from testing.asking import browser_of, post
from testing.harness import Browser, Harness
from tests.fuzz.hostile import TEXT, CountCase, LogLines, check, same_harness
from tests.fuzz.studio_names import TYPED


@pytest.fixture
def person(asking: Harness) -> Browser:
    return browser_of(asking, "alice@example.com")


@pytest.fixture
def approver(asking: Harness) -> Browser:
    return browser_of(asking, "dana@example.com")


@same_harness
@given(
    notebook=TEXT | TYPED | st.just("bob-notebook"),
    reason=TEXT,
    seconds=TEXT | st.sampled_from(["3600", "28800"]),
    decision=TEXT | st.sampled_from(["allow", "deny", "withdraw", "end"]),
    why_not=TEXT,
    by_person=st.booleans(),
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
    why_not: str,
    by_person: bool,
) -> None:
    """Access requests, decisions with a reason, and withdrawals."""
    asking.aws.table.clear("request:", "user:alice")  # so that nobody reaches the limit of requests in a day
    answer = post(person, "/requests", notebook=notebook, reason=reason, seconds=seconds)
    check(asking, answer, log_lines)
    if answer.status == 303:
        path = person.path_of(answer.location)
        for browser in (person, approver):
            check(asking, browser.get(path), log_lines)
            check(asking, browser.get("/requests"), log_lines)
        sender = person if by_person else approver
        decided = post(sender, path, decision=decision, seconds=seconds, reason=why_not)
        check(asking, decided, log_lines)
        # Only the person who asked withdraws, and only somebody else decides.
        assert decided.status != 303 or (decision == "withdraw") == by_person
        for browser in (person, approver):
            check(asking, browser.get(path), log_lines)
            check(asking, browser.get("/requests"), log_lines)
    count_case()


PROD = "prod-model"
SPELLINGS = st.builds(
    lambda home, capitals: home + "".join(c.upper() if up else c for c, up in zip(PROD, capitals, strict=True)),
    st.sampled_from(["", "123456789012/eu-west-1/"]),
    st.lists(st.booleans(), min_size=len(PROD), max_size=len(PROD)),
)
FILLERS = "\u3164\u115f\u1160\uffa0\u2800\U00013441\U00013442\U0001d159"
REASONS = st.text(
    st.sampled_from(f"{FILLERS}\u200b\u00ad\u0301\ufe0f\u034f\u3000 \n") | st.characters(exclude_categories=["Cs"]),
    max_size=9,
)


@same_harness
@given(names=st.lists(SPELLINGS, min_size=2, max_size=2), reason=REASONS)
def test_spellings_of_a_notebook_in_access_requests(
    asking: Harness, person: Browser, approver: Browser, count_case: CountCase, names: list[str], reason: str
) -> None:
    """Spellings of a notebook that two people must approve, and of reasons."""
    asking.aws.table.clear("request:", "user:alice")  # so that nobody reaches the limit of requests in a day
    paths = {
        post(person, "/requests", notebook=each, reason=reason, seconds=3600).headers.get("location") for each in names
    }
    shows = any(unicodedata.category(each)[0] in "LNPS" and each not in FILLERS for each in reason)
    (location,) = paths  # one request, or none
    assert shows or location is None
    if location is not None:
        path = person.path_of(location)
        assert post(approver, path, decision="allow", seconds=3600).status == 303
        for each in names:
            assert person.get(f"/open/{each.replace('/', '~')}").status == 403
        assert not asking.aws.table.query(["user:alice@example.com"])
    count_case()
