"""The simulated rush with few users. `make rush` simulates the full scenarios."""

from contextlib import nullcontext

import pytest

from trials.rush import Scenario, Simulation
from trials.rush_report import MAX_RATIO, simulate

SMALL = Scenario(users=150, arrival_window=5, urls_per_second=5)


def test_all_users_get_in_on_time_and_roughly_in_their_order() -> None:
    figures = simulate(SMALL)
    assert figures["launches"] == SMALL.users
    assert figures["error_pages"] == 0
    assert figures["ratio"] <= MAX_RATIO
    assert figures["delay_p50"] < 5
    assert figures["delay_p99"] < 25


def test_a_script_gets_no_more_than_a_user() -> None:
    figures = simulate(Scenario(users=100, arrival_window=5, script_rate=20))
    assert figures["launches"] == 100
    assert figures["ratio"] <= MAX_RATIO
    # The launches before there is a queue, and then one at a time.
    assert figures["script_launches"] <= 6


def test_users_who_give_up_do_not_block_the_queue() -> None:
    figures = simulate(Scenario(users=150, arrival_window=5, abandon_rate=0.2))
    assert figures["abandoned"] > 10
    assert figures["launches"] + figures["abandoned"] == 150
    assert figures["error_pages"] == 0


def test_people_who_open_spaces_wait_in_the_same_queue() -> None:
    result = Simulation(Scenario(users=150, arrival_window=5, studio_rate=0.5)).run()
    assert (len(result.launches), len(result.studio_users), result.error_pages) == (150, 75, 0)
    assert result.seconds <= MAX_RATIO * (150 - 5) / 5
    for late in (
        [delay for user, delay in result.delays.items() if (user in result.studio_users) is in_studio]
        for in_studio in (True, False)
    ):
        assert -5 < late[len(late) // 2] < 5  # in the order of arrival, whatever they open
        assert late[-1] < 25


def test_without_the_queue_the_simulation_reports_errors(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that the simulation can fail."""
    monkeypatch.setattr("gate.launch.queue.launch_queue.LaunchQueue.turn", lambda _self, _place, _who: nullcontext())
    assert Simulation(SMALL).run().error_pages > 0
