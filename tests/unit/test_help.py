"""The page that says what to do when a notebook refuses somebody, and the address that people see of themselves."""

import pytest

from tests.unit.conftest import World

CALLERS = "works only from the address that opened it"
NETWORK = "works only from the network that opened it"
NETWORKS = "works only from your company’s networks"


def test_it_says_where_one_comes_from_and_when_without_a_session_or_a_neighbour(world: World) -> None:
    world.clock.now = 1_795_000_000
    answer = world.browser.get("/help")
    assert (answer.status, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert answer.body.count("<code>203.0.113.7</code>") == 2
    assert answer.body.count("2026-11-18 11:06 UTC") == 2
    assert world.aws.calls == []
    assert answer.set_cookies == []


def test_programs_get_the_same_as_json(world: World) -> None:
    world.clock.now = 1_795_000_000.9
    world.browser.address = "2001:db8::7"
    answer = world.browser.get("/help", headers={"Accept": "application/json"})
    assert answer.json == {"address": "2001:db8::7", "time": 1_795_000_000}


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({}, CALLERS),
        ({"GATE_PIN": "network", "GATE_NETWORKS": "203.0.113.0/24"}, NETWORK),
        ({"GATE_PIN": "networks"}, NETWORKS),
    ],
)
def test_it_tells_what_this_deployment_pins_to(world: World, settings: dict[str, str], said: str) -> None:
    world.configure(**settings)
    body = world.browser.get("/help").body
    assert [each for each in (CALLERS, NETWORK, NETWORKS) if each in body] == [said]


def test_ones_notebooks_say_from_which_address_one_comes_and_lead_there(world: World) -> None:
    world.sign_in()
    world.browser.address = "2001:db8::7"
    page = world.browser.get("/").body
    assert "You come from <code>2001:db8::7</code>" in page
    assert 'href="/prod/help"' in page
