"""The morning rush, small; `make rush` plays it in full."""

import pytest

from trials.rush import Morning, Rush
from trials.rush_report import GUIDE, MORNINGS, MOST, load, play, tables, went_well

SMALL = Morning(people=150, within=5, urls_per_second=5)


def test_everybody_gets_in_in_time_and_in_about_their_order() -> None:
    figures = play(SMALL)
    assert figures["in"] == SMALL.people
    assert figures["error_pages"] == 0
    assert figures["ratio"] <= MOST
    assert figures["late_p50"] < 5
    assert figures["late_p99"] < 25


def test_a_script_gets_what_everybody_gets() -> None:
    figures = play(Morning(people=100, within=5, script=20))
    assert figures["in"] == 100
    assert figures["ratio"] <= MOST
    # What it takes before anybody stands in line, and then one at a time.
    assert figures["script_urls"] <= 6


def test_those_who_leave_hold_nobody_up_for_long() -> None:
    figures = play(Morning(people=150, within=5, leave=0.2))
    assert figures["left"] > 10
    assert figures["in"] + figures["left"] == 150
    assert figures["error_pages"] == 0


def test_without_the_line_it_would_go_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    """That the simulation tells good from bad."""
    monkeypatch.setattr("gate.launch.queue.launch_queue.LaunchQueue.admit", lambda _self, _place, _who, call: call())
    course = Rush(SMALL).play()
    assert course.error_pages > 0


def test_the_guide_says_what_was_found() -> None:
    """`make rush` writes both."""
    found = load()
    text = GUIDE.read_text(encoding="utf-8")
    for name, table in tables(found).items():
        assert f"<!-- {name} -->\n{table}<!-- end -->" in text, name
    assert [each["morning"] for each in found] == list(MORNINGS)
    assert all(went_well(each) for each in found)
