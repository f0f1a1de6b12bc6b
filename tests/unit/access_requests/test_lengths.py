"""Lengths of access in words: exact, and never longer than the settings allow."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.web.durations import in_words
from infra.request_settings import MAX_SECONDS, MIN_SECONDS
from infra.settings import Settings
from infra.settings_errors import SettingsError
from testing.asking import RULES, browser_of, configure, post
from testing.harness import Harness
from tests.infra.examples import MINIMAL

SECONDS = {"day": 86_400, "hour": 3_600, "minute": 60, "second": 1}


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (MIN_SECONDS, "15 minutes"),
        (3_600, "1 hour"),
        (5_400, "1 hour 30 minutes"),
        (86_399, "23 hours 59 minutes 59 seconds"),
        (86_400, "1 day"),
        (90_000, "1 day 1 hour"),
        (604_800, "7 days"),
        (MAX_SECONDS - 1, "89 days 23 hours 59 minutes 59 seconds"),
        (MAX_SECONDS, "90 days"),
    ],
)
def test_a_length_in_words(seconds: int, words: str) -> None:
    assert in_words(seconds) == words


@given(st.integers(MIN_SECONDS, MAX_SECONDS))
def test_every_length_that_the_settings_allow_is_exact_and_short(seconds: int) -> None:
    words = in_words(seconds).split()
    numbers = {unit.removesuffix("s"): int(number) for number, unit in zip(words[::2], words[1::2], strict=True)}
    assert sum(SECONDS[unit] * number for unit, number in numbers.items()) == seconds
    assert numbers.get("day", 0) <= 90
    assert numbers.get("hour", 0) < 24
    assert numbers.get("minute", 0) < 60
    assert len(f"Allow {in_words(seconds)}") <= 75  # the longest text of a button in Slack (docs.slack.dev, "Button")


@pytest.mark.parametrize(
    "lengths",
    [
        {"longest": MAX_SECONDS + 1},
        {"longest": MAX_SECONDS, "choices": [MAX_SECONDS + 1]},
        {"choices": [MIN_SECONDS - 1, 3_600]},
        {"choices": [0]},
        {"choices": [-3_600]},
    ],
)
def test_the_settings_offer_no_length_beyond_the_limits(lengths: dict[str, object]) -> None:
    with pytest.raises(SettingsError):
        Settings.parse({**MINIMAL, "requests": {"approvers": {"group:ml": ["*"]}, **lengths}})


def test_the_longest_lengths_are_offered_in_words_and_no_other_is_taken(asking: Harness) -> None:
    configure(asking, {**RULES, "durations": [MIN_SECONDS, MAX_SECONDS]})
    alice = browser_of(asking, "alice@example.com")
    body = alice.get("/requests").body
    assert ">15 minutes</option>" in body
    assert ">90 days</option>" in body
    for seconds in (MAX_SECONDS + 1, 2_025 * 365 * 86_400, 10**30):
        answer = post(alice, "/requests", notebook="bob-notebook", reason="r", seconds=seconds)
        assert answer.status == 400
