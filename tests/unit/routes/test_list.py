"""The list of notebooks: its one primary button in each state, and the page that asks before a notebook stops."""

import re
from typing import Any

import pytest

from testing.aws import refusal
from testing.environment import JSON
from testing.harness import Harness

STOP = "/notebooks/alice-notebook/stop"


def _row(harness: Harness, power: str, state: str, **attributes: Any) -> str:
    """Return the row of the only notebook in the list."""
    harness.aws.table.clear()
    harness.aws.grant("user:alice@example.com", "alice-notebook", power=power, **attributes)
    harness.aws.notebooks["alice-notebook"] = state
    harness.browser.cookies.clear()
    harness.sign_in()
    (row,) = re.findall(r"<li .*?</li>", harness.browser.get("/").body, re.DOTALL)
    return row


def _acts(row: str) -> list[str]:
    """Return the names of what one can do in a row, the primary ones with an asterisk."""
    found = re.findall(r'<(?:a|button) ([^>]*aria-label="([^"]*)"[^>]*)>', row)
    return [name + ("*" if 'class="button"' in attributes else "") for attributes, name in found]


START, OPEN, STOPPING = "Start and open alice-notebook", "Open alice-notebook", "Stop alice-notebook"


@pytest.mark.parametrize(
    ("power", "state", "acts", "words"),
    [
        ("none", "InService", [f"{OPEN}*"], "<strong>Running</strong> since"),
        ("start-stop", "InService", [f"{OPEN}*", STOPPING], "<strong>Running</strong> since"),
        ("none", "Stopped", [], "Your platform team can start it."),
        ("start", "Stopped", [f"{START}*"], "<strong>Stopped</strong> since"),
        ("auto-start", "Stopped", [f"{START}*"], "<strong>Stopped</strong> since"),
        ("none", "Failed", [], "Your platform team can start it."),
        ("start-stop", "Failed", [f"{START}*"], "<strong>Failed</strong> since"),
        ("start-stop", "Pending", [OPEN], "<strong>Starting</strong> since"),
        ("start-stop", "Stopping", [OPEN], "<strong>Stopping</strong> since"),
        ("start-stop", "Updating", [OPEN], "<strong>Being updated</strong> since"),
        ("start-stop", "SomethingNew", [OPEN], "<strong>SomethingNew</strong> since"),
    ],
)
def test_a_row_has_at_most_one_primary_button(
    harness: Harness, power: str, state: str, acts: list[str], words: str
) -> None:
    row = _row(harness, power, state)
    assert _acts(row) == acts
    assert words in row
    assert ("can start it" in row) == ("can start it" in words)


def test_a_notebook_whose_state_is_unknown_can_be_opened_started_and_stopped(harness: Harness) -> None:
    harness.aws.errors["describe_notebook_instance"] = refusal("ThrottlingException")
    row = _row(harness, "start-stop", "InService")
    assert _acts(row) == [f"{OPEN}*", START, STOPPING]
    assert "data-unknown" in row


def test_a_deleted_notebook_offers_nothing(harness: Harness) -> None:
    _row(harness, "start-stop", "InService")
    del harness.aws.notebooks["alice-notebook"]
    body = harness.browser.get("/").body
    (row,) = re.findall(r"<li .*?</li>", body, re.DOTALL)
    assert "<strong>No longer exists.</strong> Ask your platform team for a new one." in row
    assert not re.search("<(a|button|form) ", row)
    assert "/open/alice-notebook" not in row
    listed = harness.browser.get("/", headers=JSON).json["notebooks"]
    assert [(each["status"], each["state"]) for each in listed] == [("missing", None)]


def test_a_space_that_was_deleted_no_longer_exists(harness: Harness) -> None:
    harness.configure(GATE_STUDIO_DOMAINS="d-abc")
    harness.aws.grant("user:alice@example.com", "studio:d-abc/alice/churn")
    harness.sign_in()
    assert "No longer exists" in harness.browser.get("/").body


def test_only_a_notebook_elsewhere_shows_its_account_and_region(harness: Harness) -> None:
    harness.configure(GATE_REMOTE_LOCATIONS="210987654321/eu-central-1", GATE_REMOTE_ROLE="r", GATE_EXTERNAL_ID="x")
    harness.aws.table.clear()
    for name, title in (("churn", ""), ("210987654321/eu-central-1/churn", ""), ("forecast", "Forecasts")):
        harness.aws.grant("user:alice@example.com", name, title=title)
        harness.aws.notebooks[name.rpartition("/")[2]] = "InService"
    harness.sign_in()
    body = harness.browser.get("/").body
    heads = re.findall(r"<h2>(.*?)</h2>\n(?:<p class=\"hint\">(.*?)</p>)?", body)
    assert heads == [("churn", "210987654321/eu-central-1"), ("churn", ""), ("Forecasts", "forecast")]
    names = re.findall(r'aria-label="(.*?)"', body)
    assert len(set(names)) == len(names) > 2


def test_the_list_says_which_rows_are_on_their_way_to_another_state(harness: Harness) -> None:
    row = _row(harness, "none", "Pending")
    assert 'data-poll-url="/prod/notebooks/alice-notebook" data-status="starting"' in row
    assert 'data-news="alice-notebook is starting"' in row
    assert "data-poll-url" not in _row(harness, "none", "InService")
    assert 'data-news="alice-notebook has failed"' in _row(harness, "none", "Failed")


def test_stopping_asks_first(harness: Harness) -> None:
    harness.sign_in()
    page = harness.browser.get(STOP)
    assert page.status == 200
    assert "<h1>Stop alice-notebook?</h1>" in page.body
    assert "Running kernels end" in page.body
    assert '<form method="post" action="/prod/notebooks/alice-notebook/stop">' in page.body
    assert '<a href="/prod/">Keep it running</a>' in page.body
    assert harness.aws.called("stop_notebook_instance") == []


@pytest.mark.parametrize("state", ["Stopped", "Stopping", "Pending", "Failed"])
def test_a_notebook_that_does_not_run_has_no_button_to_stop_it(harness: Harness, state: str) -> None:
    harness.sign_in()
    harness.aws.notebooks["alice-notebook"] = state
    page = harness.browser.get(STOP)
    assert "<h1>alice-notebook is not running</h1>" in page.body
    assert "<form" not in page.body.partition("<main>")[2]
    assert harness.browser.get(STOP, headers=JSON).json["state"] == state


def test_the_question_has_the_refusals_of_the_stop_itself(harness: Harness) -> None:
    harness.sign_in("bob@example.com")
    for path in ("/notebooks/bob-notebook/stop", STOP):
        asked, stopped = harness.browser.get(path, headers=JSON), harness.browser.post(path, headers=JSON)
        assert asked.status == stopped.status == 403
        assert asked.json["error"] == stopped.json["error"]
    harness.browser.cookies.clear()
    harness.sign_in()
    del harness.aws.notebooks["alice-notebook"]
    assert harness.browser.get(STOP, headers=JSON).json["error"] == "notebook_missing"


def test_a_sign_in_returns_to_the_question_and_stops_nothing(harness: Harness) -> None:
    refused = harness.browser.post(STOP)
    assert refused.status == 401
    assert "/login?next=%2Fnotebooks%2Falice-notebook%2Fstop" in refused.body
    assert harness.browser.path_of(harness.sign_in(path=STOP).location) == STOP
    assert harness.aws.called("stop_notebook_instance") == []


def test_a_request_of_the_list_in_the_background_leaves_the_message_for_the_person(harness: Harness) -> None:
    harness.sign_in()
    harness.aws.cutoff("user:alice@example.com", int(harness.clock.now) + 1)
    background = harness.browser.get("/", headers={"Sec-Fetch-Dest": "empty"})
    assert background.status == 401
    assert background.set_cookies == []
    assert "Your sign-in was ended" in harness.browser.get("/").body
    assert harness.browser.get("/").status == 302  # to the sign-in
