"""The session cookie: when it expires, and altered, invalid and forged cookies."""

import time
from datetime import timedelta
from types import SimpleNamespace
from urllib.parse import parse_qs, urlsplit

import pytest

from gate.platform.signing import Key, Signer
from testing.aws import SIGNING_KEY
from testing.harness import Harness


def session_cookie(harness: Harness) -> tuple[str, str]:
    ((name, value),) = [item for item in harness.browser.cookies.items() if "gate-session" in item[0]]
    return name, value


def test_a_cookie_with_any_altered_character_is_refused(harness: Harness) -> None:
    harness.sign_in()
    name, value = session_cookie(harness)
    accepted = []
    for index, character in enumerate(value):
        harness.browser.cookies[name] = value[:index] + ("A" if character != "A" else "B") + value[index + 1 :]
        if not harness.browser.get("/open/alice-notebook").location.startswith(f"{harness.browser.base_url}/login"):
            accepted.append(index)
    assert accepted == []


@pytest.mark.parametrize(
    "value", ["", ".", "..", "...", "x", "x.y.z", "null", "\x00", "é" * 100, "a" * 9000, "%00", '"quoted"', "k.W10.x.y"]
)
def test_invalid_cookies_are_not_a_session(harness: Harness, value: str) -> None:
    harness.sign_in()
    name, _ = session_cookie(harness)
    harness.browser.cookies[name] = value
    assert harness.browser.get("/open/alice-notebook").location.startswith(f"{harness.browser.base_url}/login")
    assert harness.browser.get("/", headers={"Accept": "application/json"}).status == 401


def test_a_session_expires(harness: Harness) -> None:
    harness.sign_in()
    harness.clock.now += 28_799
    assert harness.browser.get("/open/alice-notebook").location.startswith("https://alice-notebook.")
    harness.clock.now += 1
    assert harness.browser.get("/open/alice-notebook").location.startswith(f"{harness.browser.base_url}/login")


@pytest.mark.parametrize(("ahead", "accepted"), [(59, True), (61, False)])
def test_a_session_from_the_future_is_refused_beyond_the_clock_skew(
    harness: Harness, ahead: int, accepted: bool
) -> None:
    harness.clock.now += ahead
    harness.sign_in()
    harness.clock.now -= ahead
    answer = harness.browser.get("/open/alice-notebook")
    assert answer.location.startswith("https://alice-notebook.") is accepted


def test_values_of_one_purpose_are_refused_for_another(harness: Harness) -> None:
    harness.sign_in()
    name, session = session_cookie(harness)
    harness.browser.cookies.clear()
    state = parse_qs(urlsplit(harness.browser.get("/login").location).query)["state"][0]
    ((login_name, login),) = harness.browser.cookies.items()
    harness.browser.cookies = {name: login}
    assert harness.browser.get("/open").location.startswith(f"{harness.browser.base_url}/login")
    for value in (session, state):
        harness.browser.cookies = {login_name: value}
        assert harness.browser.get(f"/login/callback?state={state}&code=x").status == 400
    harness.browser.cookies = {name: state}
    assert harness.browser.get("/open").location.startswith(f"{harness.browser.base_url}/login")
    for value in (session, login):
        harness.browser.cookies = {login_name: login}
        answer = harness.browser.get(f"/login/callback?state={value}&code=x")
        assert (answer.status, 'login?next=%2F"' in answer.body) == (400, True)


def _signed_by(key: str, value: list[str]) -> str:
    keys = SimpleNamespace(current=lambda: Key(key))
    return Signer(keys, purpose="session", max_age=timedelta(hours=1), clock=time.time).sign(value)  # type: ignore[arg-type]


def test_a_cookie_signed_with_another_key_is_refused(harness: Harness) -> None:
    harness.sign_in()
    name, _ = session_cookie(harness)
    value = ["alice@example.com"]
    key_id = Key(SIGNING_KEY).id
    for key, named_id in (("another key", key_id), (SIGNING_KEY, "deadbeef"), ("another key", "deadbeef")):
        harness.browser.cookies[name] = f"{named_id}.{_signed_by(key, value).partition('.')[2]}"
        assert harness.browser.get("/open").location.startswith(f"{harness.browser.base_url}/login"), key
    harness.browser.cookies[name] = _signed_by(SIGNING_KEY, value)
    assert harness.browser.get("/open").location.startswith("https://alice-notebook.")


def test_a_malformed_cookie_does_not_affect_the_session(harness: Harness) -> None:
    harness.sign_in()
    name, value = session_cookie(harness)
    for line in (f'bad[]name="; {name}={value}', f"; ;=; x; {name}={value}", f"{name}={value}; {name}=second"):
        answer = harness.browser.get("/open/alice-notebook", headers={"Cookie": line})
        assert answer.location.startswith("https://alice-notebook."), line
