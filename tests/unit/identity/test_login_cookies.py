"""The cookies of sign-ins in progress, which a page on a sibling host must not be able to set."""

import re

import pytest

from gate.identity.login import MAX_LOGINS
from gate.web.request import Request
from testing.environment import STAGE_URL
from testing.harness import Browser, Harness

DOMAIN = "https://notebooks.example.com"
PREFIXES = {DOMAIN: "__Host-gate-login-", STAGE_URL: "__Secure-gate-login-"}
PATHS = {DOMAIN: "/", STAGE_URL: "/prod/login"}


def _start_sign_in(harness: Harness, browser: Browser) -> tuple[str, str, str]:
    """Start a sign-in in `browser`. Return the path of its callback, and the name and value of its cookie."""
    redirect = browser.get("/login")
    params = harness.issuer.sign_in(redirect.location, email="mallory@example.com", email_verified=True)
    (name,) = browser.cookies
    return f"/login/callback?code={params['code']}&state={params['state']}", name, browser.cookies[name]


@pytest.mark.parametrize("name", ["gate-login-{}", "__Secure-gate-login-{}", "__host-gate-login-{}"])
def test_a_planted_sign_in_cookie_is_ignored(harness: Harness, name: str) -> None:
    """A sibling host can set a cookie for the whole domain, under any name without the prefix `__Host-`."""
    harness.configure(GATE_BASE_URL=DOMAIN)
    callback, real_name, value = _start_sign_in(harness, Browser(DOMAIN))
    victim = Browser(DOMAIN)
    victim.cookies[name.format(real_name[-8:])] = value
    assert victim.get(callback).status == 400
    assert "gate-session" not in str(victim.cookies)


def test_a_cookie_of_another_sign_in_is_refused_under_the_expected_name(harness: Harness) -> None:
    """The name contains eight characters of the state, and is not signed."""
    callback, name, _ = _start_sign_in(harness, harness.browser)
    _, _, other = _start_sign_in(harness, Browser(harness.browser.base_url))
    harness.browser.cookies[name] = other
    assert harness.browser.get(callback).status == 400
    assert harness.issuer.token_requests == []


@pytest.mark.parametrize("space", ["\u00a0", "\u2000", "\x85", "\x0b", "\x1c"])
def test_white_space_before_a_cookie_prefix_is_not_removed(harness: Harness, space: str) -> None:
    """Browsers see no prefix in such a name, and let a sibling host set it. The gate must not see one either."""
    harness.configure(GATE_BASE_URL=DOMAIN)
    callback, real_name, value = _start_sign_in(harness, Browser(DOMAIN))
    victim = Browser(DOMAIN)
    victim.cookies[space + real_name] = value
    assert victim.get(callback).status == 400
    headers = {"Cookie": [f"{space}{real_name}=planted; \t{real_name}=ours\t"]}
    event = {"requestContext": {}, "multiValueHeaders": headers}
    assert Request.from_event(event, "").cookies[real_name] == "ours"


@pytest.mark.parametrize("base_url", [DOMAIN, STAGE_URL])
def test_cookies_of_unfinished_sign_ins_are_removed_with_the_attributes_they_were_set_with(
    harness: Harness, base_url: str
) -> None:
    harness.configure(GATE_BASE_URL=base_url)
    for _ in range(MAX_LOGINS - 1):
        harness.browser.get("/login")
    first = next(iter(harness.browser.cookies))
    assert first.startswith(PREFIXES[base_url])
    harness.browser.get("/login")
    removed, added = harness.browser.get("/login").set_cookies
    assert removed.startswith(f"{first}=;")
    # A browser removes a cookie only if name and path match and, for these names, `Secure` is set.
    for line in (removed, added):
        assert f"Path={PATHS[base_url]};" in line
        assert "Secure" in line
    assert "Max-Age=0" in removed
    assert len(harness.browser.cookies) == MAX_LOGINS


def test_planted_cookies_do_not_count_towards_the_limit(harness: Harness) -> None:
    harness.configure(GATE_BASE_URL=DOMAIN)
    harness.browser.cookies = {f"__Secure-gate-login-{number:08}": "planted" for number in range(2 * MAX_LOGINS)}
    assert len(harness.browser.get("/login").set_cookies) == 1


@pytest.mark.parametrize("base_url", [DOMAIN, STAGE_URL])
def test_a_finished_sign_in_removes_its_cookie(harness: Harness, base_url: str) -> None:
    harness.configure(GATE_BASE_URL=base_url)
    answer = harness.sign_in()
    assert answer.status == 302
    (line,) = (line for line in answer.set_cookies if "gate-login" in line)
    assert re.match(rf"{PREFIXES[base_url]}[\w-]{{8}}=;", line)
    assert f"Path={PATHS[base_url]};" in line
    assert "Max-Age=0" in line
