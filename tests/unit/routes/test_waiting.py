"""Opening a notebook that is not in service, the list of notebooks, and cached credentials."""

import json
import re
import threading
from collections.abc import Iterable
from concurrent import futures
from typing import Any

import pytest

from gate.launch.statuses import DESCRIBE_TIMEOUT
from testing.aws import CHANGED, refusal
from testing.environment import JSON
from testing.harness import Harness
from testing.log_lines import Lines

OPEN = "/open/alice-notebook"


@pytest.mark.parametrize(
    ("state", "status", "reason", "retry"),
    [
        ("Stopped", 409, "notebook_stopped", "60"),
        ("Pending", 202, "notebook_starting", "15"),
        ("Stopping", 409, "notebook_stopping", "15"),
        ("Failed", 409, "notebook_failed", "60"),
        ("Deleting", 409, "notebook_busy", "60"),
        ("SomethingNew", 409, "notebook_busy", "60"),
    ],
)
def test_json_clients_get_the_state_and_when_to_retry(
    harness: Harness, state: str, status: int, reason: str, retry: str
) -> None:
    harness.sign_in()
    harness.aws.notebooks["alice-notebook"] = state
    answer = harness.browser.get(OPEN, headers=JSON)
    assert (answer.status, answer.json["error"], answer.json["state"]) == (status, reason, state)
    assert answer.headers.get("retry-after") == retry
    page = harness.browser.get(OPEN)
    assert (page.status, page.headers.get("retry-after")) == (status, retry)
    assert f'data-state="{state}"' in page.body
    # Without JavaScript, the page reloads: another person may have started the notebook.
    assert f'<noscript><meta http-equiv="refresh" content="{retry}"></noscript>' in page.body


def test_the_progress_bar_shows_the_elapsed_time(harness: Harness) -> None:
    harness.sign_in()
    harness.aws.notebooks["alice-notebook"] = "Pending"
    elapsed = int(harness.clock.now - CHANGED.timestamp())
    body = harness.browser.get(OPEN).body
    assert f'<progress max="180" value="{elapsed}"' in body
    assert "usually takes about 3 minutes" in body


@pytest.mark.parametrize(("power", "button"), [("none", False), ("start", True), ("start-stop", True)])
@pytest.mark.parametrize("state", ["Stopped", "Failed", "Pending"])
def test_the_start_button_depends_on_power_and_state(harness: Harness, power: str, button: bool, state: str) -> None:
    harness.aws.table.clear()
    harness.aws.grant("user:alice@example.com", "alice-notebook", power=power)
    harness.sign_in()
    harness.aws.notebooks["alice-notebook"] = state
    assert ("/notebooks/alice-notebook/start" in harness.browser.get(OPEN).body) == (button and state != "Pending")


def test_a_get_starts_nothing_unless_the_grant_says_so(harness: Harness) -> None:
    harness.sign_in()
    harness.aws.notebooks["alice-notebook"] = "Stopped"
    for path in (OPEN, "/open", "/", "/notebooks/alice-notebook"):
        harness.browser.get(path)
    assert harness.aws.called("start_notebook_instance") == []


@pytest.mark.parametrize(
    ("headers", "starts"),
    [
        ({}, True),
        (JSON, True),
        ({"Sec-Fetch-Dest": "document"}, True),
        ({"Sec-Purpose": "prefetch"}, False),
        ({"Sec-Purpose": "prefetch;prerender"}, False),
        ({"Purpose": "prefetch"}, False),
        ({"X-Purpose": "preview"}, False),
        ({"X-Moz": "prefetch"}, False),
        ({"Sec-Fetch-Dest": "image"}, False),
        ({"Sec-Fetch-Dest": "iframe"}, False),
    ],
)
def test_auto_start_works_for_people_and_not_for_previews(
    harness: Harness, headers: dict[str, str], starts: bool
) -> None:
    harness.aws.table.clear()
    harness.aws.grant("user:alice@example.com", "alice-notebook", power="auto-start")
    harness.sign_in()
    harness.aws.notebooks["alice-notebook"] = "Stopped"
    answer = harness.browser.get(OPEN, headers=headers)
    assert bool(harness.aws.called("start_notebook_instance")) is starts
    assert answer.status == (202 if starts else 409)


def test_starting_redirects_to_the_waiting_page_and_never_to_another_site(harness: Harness) -> None:
    harness.sign_in()
    harness.aws.notebooks["alice-notebook"] = "Stopped"
    begun = harness.browser.post("/notebooks/alice-notebook/start")
    assert begun.location.endswith("/open/alice-notebook")
    harness.aws.notebooks["alice-notebook"] = "InService"  # another person started it
    assert harness.browser.post("/notebooks/alice-notebook/start").location == f"{harness.browser.base_url}/"


def test_the_list_shows_the_details_of_each_notebook(harness: Harness) -> None:
    harness.aws.table.clear()
    until = int(harness.clock.now) + 86_400
    harness.aws.grant("user:alice@example.com", "alice-notebook", power="start-stop", until=until)
    harness.aws.grant("user:alice@example.com", "bob-notebook", power="start")
    harness.aws.grant("user:alice@example.com", "gone-notebook")
    harness.aws.notebooks["bob-notebook"] = "Stopped"
    harness.sign_in()
    items = re.findall(r"<li [^>]*>(.*?)</li>", harness.browser.get("/").body, re.DOTALL)
    running, stopped, gone = items
    assert '<strong>Running</strong> since <time datetime="2026-11-23T08:00:00Z">2026-11-23 08:00 UTC</time>' in running
    assert re.search("yours until <time datetime=.* data-end>20", running)
    assert "/alice-notebook/stop" in running
    assert "/alice-notebook/start" not in running
    assert "<strong>Stopped</strong>" in stopped
    assert "/bob-notebook/start" in stopped
    assert "/bob-notebook/stop" not in stopped
    assert "No longer exists" in gone
    assert [item.count("<a ") + item.count("<form ") for item in items] == [2, 1, 0]

    listed = harness.browser.get("/", headers=JSON).json["notebooks"]
    assert [each["state"] for each in listed] == ["InService", "Stopped", None]
    assert [each["status"] for each in listed] == ["running", "stopped", "missing"]
    assert [each["until"] for each in listed] == [until, None, None]


@pytest.mark.parametrize("operation", ["describe_notebook_instance", "assume_role"])
def test_the_list_works_if_a_state_is_unknown(harness: Harness, operation: str) -> None:
    harness.sign_in()
    harness.aws.errors[operation] = refusal("ThrottlingException")
    page = harness.browser.get("/")
    assert page.status == 200
    assert "is unknown" in page.body


def test_notebooks_are_described_in_parallel_and_with_a_time_limit(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    timeouts: list[float] = []
    in_parallel, end = threading.Barrier(8), threading.Event()

    def wait_for_eight(described: Iterable[futures.Future[Any]], timeout: float) -> None:
        timeouts.append(timeout)
        futures.wait(list(described)[:8], timeout=60)

    def describe(arguments: dict[str, Any]) -> None:
        if int(arguments["NotebookInstanceName"].removeprefix("n")) < 8:
            in_parallel.wait(60)
        else:
            end.wait(60)

    monkeypatch.setattr("gate.launch.statuses.wait", wait_for_eight)
    harness.aws.table.clear()
    for number in range(16):
        harness.aws.notebooks[f"n{number:02}"] = "InService"
        harness.aws.grant("user:alice@example.com", f"n{number:02}")
    harness.sign_in()
    harness.aws.before["describe_notebook_instance"] = describe
    body = harness.browser.get("/").body
    end.set()
    assert body.count("<strong>Running</strong>") == 8
    assert body.count("is unknown right now") == 8
    assert 0 < timeouts[0] <= DESCRIBE_TIMEOUT


def test_a_warm_launch_makes_two_calls_and_does_not_describe_the_notebook(harness: Harness) -> None:
    harness.sign_in()
    harness.browser.get(OPEN)
    harness.aws.calls.clear()
    for path in (OPEN, f"{OPEN}?view=classic", "/open"):
        assert harness.browser.get(path).status == 302
    get, query, url = "batch_get_item", "execute_statement", "create_presigned_notebook_instance_url"
    assert [name for name, _ in harness.aws.calls] == [get, url, get, url, query, url]


def test_credentials_are_cached_by_caller_address_and_notebook_until_they_expire(harness: Harness) -> None:
    def assumed() -> int:
        harness.aws.calls.clear()
        assert harness.browser.get(OPEN).status == 302
        return len(harness.aws.called("assume_role"))

    harness.sign_in()
    assert [assumed(), assumed()] == [1, 0]
    harness.browser.address = "203.0.113.8"
    assert [assumed(), assumed()] == [1, 0]
    harness.clock.now += 3001
    assert [assumed(), assumed()] == [1, 0]
    harness.aws.table.clear()
    harness.aws.grant("user:alice@example.com", "alice-notebook", power="none")  # less than before
    assert [assumed(), assumed()] == [1, 0]


def test_a_throttled_page_retries_automatically_with_jitter(harness: Harness) -> None:
    harness.sign_in()
    harness.aws.errors["batch_get_item"] = refusal("ThrottlingException")
    delays = {int(harness.browser.get(OPEN).headers["refresh"]) for _ in range(40)}
    assert delays <= set(range(5, 11))
    assert len(delays) > 2
    assert "refresh" not in harness.browser.get(OPEN, headers=JSON).headers


@pytest.mark.parametrize(
    ("text", "failure", "words"),
    [
        ("InsufficientInstanceCapacity: no ml.p4d.24xlarge in eu-west-1a <b>", "capacity", "AWS has no free machine"),
        (
            "ResourceLimitExceeded: the service limit is 2 Instances",
            "quota",
            "quota for this instance type",
        ),
        ("Lifecycle configuration OnStart failed with code 1", "lifecycle", "Its start script failed"),
        ("Unknown", "other", "SageMaker could not start it"),
        ("", "other", "SageMaker could not start it"),
    ],
)
def test_a_failed_notebook_says_why(harness: Harness, lines: Lines, text: str, failure: str, words: str) -> None:
    harness.aws.notebooks["alice-notebook"], harness.aws.notebooks.failure_reason = "Failed", text
    harness.sign_in()
    page = harness.browser.get("/open/alice-notebook")
    assert words in page.body.replace("&#39;", "'")
    assert "<b>" not in page.body
    answer = harness.browser.get("/open/alice-notebook", headers={"Accept": "application/json"}).json
    assert answer["failure"] == failure
    # Operators see the whole text.
    assert any('"failure_reason"' in line and json.dumps(text)[1:-1] in line for line in lines.texts)
