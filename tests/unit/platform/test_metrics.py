"""The metrics, as CloudWatch reads them. They contain no secrets."""

import json
import threading
from typing import Any

import pytest

from gate.platform.metrics import count, metrics
from testing.aws import TOKEN, refusal
from testing.environment import JSON
from testing.harness import Harness


@pytest.fixture
def counted(capsys: pytest.CaptureFixture[str]) -> Any:
    def read() -> tuple[dict[str, float], list[dict[str, Any]], str]:
        text = capsys.readouterr().out
        blobs = [json.loads(line) for line in text.splitlines() if '"_aws"' in line]
        sums: dict[str, float] = {}
        for blob in blobs:
            for metric in blob["_aws"]["CloudWatchMetrics"][0]["Metrics"]:
                sums[metric["Name"]] = sums.get(metric["Name"], 0) + sum(blob[metric["Name"]])
        return sums, blobs, text

    return read


def test_a_launch_is_counted(harness: Harness, counted: Any) -> None:
    harness.sign_in()
    counted()
    harness.browser.get("/open/alice-notebook")
    sums, (blob,), text = counted()
    assert (sums["Requests"], sums["Launches"]) == (1, 1)
    assert "Refusals" not in sums
    assert blob["_aws"]["CloudWatchMetrics"][0]["Namespace"] == "NotebookGate"
    assert TOKEN not in text
    assert next(iter(harness.browser.cookies.values())) not in text


def test_refusals_are_counted_in_total_and_by_reason(harness: Harness, counted: Any) -> None:
    harness.sign_in()
    counted()
    harness.browser.get("/open/bob-notebook", headers=JSON)
    sums, (blob,), _ = counted()
    assert sums["Refusals"] == 1
    assert blob["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [["service"], ["service", "reason"]]
    assert blob["reason"] == "not_granted"


def test_sign_ins_and_waits_are_not_refusals(harness: Harness, counted: Any) -> None:
    harness.browser.get("/open/alice-notebook", headers=JSON)
    harness.sign_in()
    harness.aws.notebooks["alice-notebook"] = "Pending"
    harness.browser.get("/open/alice-notebook")
    sums, *_ = counted()
    assert sums["Detours"] == 2
    assert "Refusals" not in sums


def test_failures_and_throttling_are_counted_separately(harness: Harness, counted: Any) -> None:
    harness.sign_in()
    counted()
    harness.aws.errors["create_presigned_notebook_instance_url"] = refusal("ThrottlingException")
    harness.browser.get("/open/alice-notebook")
    assert {"Detours": 1.0, "Throttles": 1.0}.items() <= counted()[0].items()
    harness.clock.now += 1  # the caller's turn in the queue
    harness.aws.errors["create_presigned_notebook_instance_url"] = ZeroDivisionError("secret text")
    harness.browser.get("/open/alice-notebook")
    sums, _, text = counted()
    assert sums["Failures"] == 1
    assert "secret text" not in text


def test_throttling_is_counted_only_in_the_thread_of_the_request(harness: Harness, counted: Any) -> None:
    harness.sign_in()
    counted()
    harness.aws.errors["describe_notebook_instance"] = refusal("ThrottlingException")
    assert harness.browser.get("/").status == 200
    assert counted()[0]["Throttles"] == 1
    # A thread that outlives its request.
    thread = threading.Thread(target=count, args=["Throttles"])
    thread.start()
    thread.join()
    assert not metrics.metric_set


def test_the_age_of_the_key_is_recorded_when_it_is_read(harness: Harness, counted: Any) -> None:
    harness.sign_in()
    _, blobs, _ = counted()
    days = (harness.clock.now - harness.aws.created.timestamp()) / 86_400
    assert [blob["SigningKeyAge"] for blob in blobs if "SigningKeyAge" in blob] == [[pytest.approx(days)]]
    harness.browser.get("/open")
    assert "SigningKeyAge" not in counted()[0]


def test_disabled_metrics_do_not_accumulate(harness: Harness, counted: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POWERTOOLS_METRICS_DISABLED", "true")
    harness.sign_in()
    for _ in range(120):
        assert harness.browser.get("/open/bob-notebook", headers=JSON).status == 403
    assert counted()[0] == {}
    monkeypatch.delenv("POWERTOOLS_METRICS_DISABLED")
    harness.browser.get("/open/bob-notebook", headers=JSON)
    assert counted()[0]["Refusals"] == 1
