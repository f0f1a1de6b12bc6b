"""Arbitrary requests and redirect targets."""

from urllib.parse import quote, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.routes import ROUTES
from gate.web.return_url import safe_return_path
from testing.asking import RULES, configure
from testing.harness import Harness
from tests.fuzz.corpus import OF_EACH_TECHNIQUE, TARGETS
from tests.fuzz.hostile import (
    COOKIE_NAMES,
    HEADER_NAMES,
    HOSTILE,
    QUERY_NAMES,
    TEXT,
    CountCase,
    LogLines,
    check,
    make_event,
    same_harness,
    send,
)

pytestmark = pytest.mark.usefixtures("log_lines")


@pytest.mark.parametrize(("signed_in", "can_ask"), [(False, False), (True, False), (True, True)])
@same_harness
@given(data=st.data())
def test_arbitrary_requests(
    harness: Harness, log_lines: LogLines, count_case: CountCase, signed_in: bool, can_ask: bool, data: st.DataObject
) -> None:
    """Requests of any kind to any endpoint."""
    if can_ask and not harness.environ.get("GATE_ACCESS_REQUESTS"):
        configure(harness, RULES)
    if signed_in and not harness.browser.cookies:
        harness.sign_in()
    cookies_before = dict(harness.browser.cookies)
    method, resource = data.draw(st.sampled_from(sorted(ROUTES)))
    headers = data.draw(st.lists(st.tuples(HEADER_NAMES, TEXT), max_size=4))
    cookies = data.draw(st.lists(st.tuples(COOKIE_NAMES, TEXT), max_size=2))
    if signed_in:
        cookies += cookies_before.items()
    headers += [("Cookie", "; ".join(f"{name}={value}" for name, value in cookies))]
    event = make_event(
        data.draw(st.just(method) | st.sampled_from(["GET", "POST", "HEAD", "PUT"])),
        resource,
        data.draw(TEXT),
        data.draw(st.lists(st.tuples(QUERY_NAMES, TEXT), max_size=4)),
        headers,
        data.draw(st.none() | st.text(max_size=80)),
        data.draw(st.none() | TEXT),
    )
    check(harness, send(harness, event), log_lines)
    harness.browser.cookies = cookies_before
    count_case()


def test_redirect_targets_of_the_corpus(harness: Harness, count_case: CountCase) -> None:
    """Redirect targets of the corpus, plain and encoded once or twice, before and after signing in."""
    for target in TARGETS:
        for encoded in dict.fromkeys((target, quote(target, safe=""), quote(quote(target, safe=""), safe=""))):
            assert safe_return_path(encoded) == "/", target
            # Signing in takes ten times as long as the redirect of somebody who is signed in.
            if encoded == target or target in OF_EACH_TECHNIQUE:
                harness.browser.cookies.clear()
                answer = harness.sign_in(path=encoded)
                assert (answer.status, answer.location) == (302, f"{harness.browser.base_url}/"), target
            answer = harness.browser.get(f"/login?{urlencode({'next': encoded})}")
            assert (answer.status, answer.location) == (302, f"{harness.browser.base_url}/"), target
            count_case()


@same_harness
@given(target=TEXT | st.lists(HOSTILE, max_size=3).map("".join))
def test_arbitrary_redirect_targets(harness: Harness, log_lines: LogLines, count_case: CountCase, target: str) -> None:
    """Generated redirect targets."""
    if not harness.browser.cookies:
        harness.sign_in()
    cookies_before = dict(harness.browser.cookies)
    cookie = "; ".join(f"{name}={value}" for name, value in cookies_before.items())
    answer = send(harness, make_event("GET", "/login", "", [("next", target)], [("Cookie", cookie)]))
    path = answer.location.removeprefix(harness.browser.base_url)
    assert path == "/" or (path == target and path.startswith("/open"))
    check(harness, answer, log_lines)
    count_case()
