"""The cookies of sign-ins under way: what a page on a sibling host can't plant."""

import re

import pytest

from gate.identity.login import MAX_LOGINS
from gate.web.request import Request
from tests.unit.conftest import STAGE_URL, Browser, Harness

DOMAIN = "https://notebooks.example.com"
PREFIXES = {DOMAIN: "__Host-gate-login-", STAGE_URL: "__Secure-gate-login-"}
PATHS = {DOMAIN: "/", STAGE_URL: "/prod/login"}


def _begun(harness: Harness, browser: Browser) -> tuple[str, str, str]:
    """Begin a sign-in in `browser`; return the callback's path and the cookie that was set for it."""
    away = browser.get("/login")
    back = harness.issuer.sign_in(away.location, email="mallory@example.com", email_verified=True)
    (name,) = browser.cookies
    return f"/login/callback?code={back['code']}&state={back['state']}", name, browser.cookies[name]


@pytest.mark.parametrize("name", ["gate-login-{}", "__Secure-gate-login-{}", "__host-gate-login-{}"])
def test_a_planted_sign_in_cookie_counts_for_nothing(harness: Harness, name: str) -> None:
    """A sibling host sets a cookie for the whole domain, under any name but a `__Host-` one."""
    harness.configure(GATE_BASE_URL=DOMAIN)
    callback, real, value = _begun(harness, Browser(DOMAIN))
    victim = Browser(DOMAIN)
    victim.cookies[name.format(real[-8:])] = value
    assert victim.get(callback).status == 400
    assert "gate-session" not in str(victim.cookies)


def test_a_cookie_of_another_sign_in_counts_for_nothing_under_the_right_name(harness: Harness) -> None:
    """The name holds eight characters of the state, and is not signed."""
    callback, right, _ = _begun(harness, harness.browser)
    _, _, other = _begun(harness, Browser(harness.browser.base_url))
    harness.browser.cookies[right] = other
    assert harness.browser.get(callback).status == 400
    assert harness.issuer.token_requests == []


@pytest.mark.parametrize("space", ["\u00a0", "\u2000", "\x85", "\x0b", "\x1c"])
def test_white_space_before_a_prefix_is_not_taken_off(harness: Harness, space: str) -> None:
    """Browsers see no prefix in such a name, so they let a sibling host set it; nor may we see one."""
    harness.configure(GATE_BASE_URL=DOMAIN)
    callback, real, value = _begun(harness, Browser(DOMAIN))
    victim = Browser(DOMAIN)
    victim.cookies[space + real] = value
    assert victim.get(callback).status == 400
    headers = {"Cookie": [f"{space}{real}=planted; \t{real}=ours\t"]}
    event = {"requestContext": {}, "multiValueHeaders": headers}
    assert Request.from_event(event, "").cookies[real] == "ours"


@pytest.mark.parametrize("base_url", [DOMAIN, STAGE_URL])
def test_sign_ins_that_nobody_finished_are_cleared_as_they_were_set(harness: Harness, base_url: str) -> None:
    harness.configure(GATE_BASE_URL=base_url)
    for _ in range(MAX_LOGINS - 1):
        harness.browser.get("/login")
    first = next(iter(harness.browser.cookies))
    assert first.startswith(PREFIXES[base_url])
    harness.browser.get("/login")
    removed, begun = harness.browser.get("/login").set_cookies
    assert removed.startswith(f"{first}=;")
    # A browser removes a cookie only by its name, path and, for these names, `Secure`.
    for line in (removed, begun):
        assert f"Path={PATHS[base_url]};" in line
        assert "Secure" in line
    assert "Max-Age=0" in removed
    assert len(harness.browser.cookies) == MAX_LOGINS


def test_planted_cookies_take_no_place_of_ones_own(harness: Harness) -> None:
    harness.configure(GATE_BASE_URL=DOMAIN)
    harness.browser.cookies = {f"__Secure-gate-login-{number:08}": "planted" for number in range(2 * MAX_LOGINS)}
    assert len(harness.browser.get("/login").set_cookies) == 1


@pytest.mark.parametrize("base_url", [DOMAIN, STAGE_URL])
def test_a_finished_sign_in_takes_its_cookie_with_it(harness: Harness, base_url: str) -> None:
    harness.configure(GATE_BASE_URL=base_url)
    done = harness.sign_in()
    assert done.status == 302
    (line,) = (line for line in done.set_cookies if "gate-login" in line)
    assert re.match(rf"{PREFIXES[base_url]}[\w-]{{8}}=;", line)
    assert f"Path={PATHS[base_url]};" in line
    assert "Max-Age=0" in line
