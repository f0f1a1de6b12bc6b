"""The help page for callers whose notebook refuses them, and the address that the pages show."""

import pytest

from testing.harness import Harness

CALLER = "works only from the address that opened it"
NETWORK = "works only from the network that opened it"
NETWORKS = "works only from your company’s networks"


def test_the_page_shows_address_and_time_without_a_session_or_a_call(harness: Harness) -> None:
    harness.clock.now = 1_795_000_000
    answer = harness.browser.get("/help")
    assert (answer.status, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert answer.body.count("<code>203.0.113.7</code>") == 2
    assert answer.body.count("2026-11-18 11:06 UTC") == 2
    assert harness.aws.calls == []
    assert answer.set_cookies == []


def test_json_clients_get_the_same_facts(harness: Harness) -> None:
    harness.clock.now = 1_795_000_000.9
    harness.browser.address = "2001:db8::7"
    answer = harness.browser.get("/help", headers={"Accept": "application/json"})
    assert answer.json == {"address": "2001:db8::7", "time": 1_795_000_000}


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, CALLER),
        ({"GATE_PIN": "network", "GATE_NETWORKS": "203.0.113.0/24"}, NETWORK),
        ({"GATE_PIN": "networks"}, NETWORKS),
    ],
)
def test_the_page_explains_the_pin_of_the_deployment(harness: Harness, settings: dict[str, str], expected: str) -> None:
    harness.configure(**settings)
    body = harness.browser.get("/help").body
    assert [each for each in (CALLER, NETWORK, NETWORKS) if each in body] == [expected]


def test_the_list_of_notebooks_shows_the_address_and_links_to_the_help(harness: Harness) -> None:
    harness.sign_in()
    harness.browser.address = "2001:db8::7"
    page = harness.browser.get("/").body
    assert "Your address is <code>2001:db8::7</code>" in page
    assert 'href="/prod/help"' in page
