"""The results are complete, the documents show them, and targets and costs are computed as they say."""

import json
import re
from pathlib import Path

import pytest

from bench import cost, report
from bench.__main__ import COLD, ROUND_TRIPS
from bench.aws import LISTED
from bench.contestants import PROFILE
from bench.measure import DIGITS
from bench.report import Ratio
from bench.tables import filled

ROOT = Path(__file__).parents[3]
RESULTS = json.loads((ROOT / "dev" / "bench" / "results.json").read_text())
PRICE = 13.3334e-6
"""Dollars for a GB-second."""


def test_the_results_are_complete() -> None:
    assert {int(each) for each in RESULTS["round_trips"]} == set(ROUND_TRIPS)
    for milliseconds, found in RESULTS["round_trips"].items():
        names = ROUND_TRIPS[int(milliseconds)] or ("floor", "bare", "plain", "plain-pyc", "gate", PROFILE)
        assert tuple(found) == names
        cold = set() if int(milliseconds) in COLD else {"init_ms", "first_response_ms"}
        assert all(measured.keys() == DIGITS.keys() - cold for measured in found.values())
    found = RESULTS["round_trips"]["1"]
    assert found["gate"]["aws_calls"] == 2
    assert found["plain"]["aws_calls"] == found["bare"]["aws_calls"] == 3
    assert (RESULTS["list"]["first_aws_calls"], RESULTS["list"]["aws_calls"]) == (LISTED + 3, LISTED + 1)
    operations = [[operation for operation, *_ in calls] for calls in RESULTS["calls"].values()]
    assert set(operations[0]) == set(report.CALLS)
    assert operations[1] == ["BatchGetItem", "CreatePresignedNotebookInstanceUrl"]


def test_the_documents_show_the_stored_results() -> None:
    guide = (ROOT / "docs" / "speed.md").read_text()
    assert filled(guide, report.tables(RESULTS)) == guide, "make bench, or bench.report.write"
    missed = re.findall(r"^\| (.*?) \|.*\*\*not met\*\*", guide, re.MULTILINE)
    assert missed == [each.name for each in report.ratios(RESULTS) if each.verdict == "not met"]


@pytest.mark.parametrize(
    ("measured", "at_least", "verdict"),
    [(2.0, False, "met"), (2.1, False, "not met"), (2.0, True, "met"), (1.9, True, "not met")],
)
def test_a_target_is_a_limit_in_one_direction(measured: float, at_least: bool, verdict: str) -> None:
    assert Ratio("", measured, 2.0, at_least=at_least).verdict == verdict


def test_ratios_compare_the_gate_with_the_named_contestant() -> None:
    figures = dict.fromkeys(DIGITS, 1.0)
    main = {name: dict(figures) for name in ("floor", "bare", "plain", "plain-pyc", "gate", PROFILE)}
    main["plain"] |= {"first_response_ms": 4.0, "peak_mb": 2.0}
    main["plain-pyc"] |= {"snapshot_cpu_ms": 20.0, "snapshot_ms": 5.0, "first_response_ms": 2.0}
    main["gate"] |= {"handshake_overlap": 2.5, "bundle_mb": 11.0}
    slow = {"snapshot_ms": 65.0, "snapshot_cpu_ms": 14.5, "warm_ms": 23.0, "warm_cpu_ms": 2.9}
    results = {
        "round_trips": {"1": main, "0": {}, "10": {"gate": slow}},
        "grants": {"1000": {"warm_cpu_ms": 1.0}, "1000000": {"warm_cpu_ms": 1.05}},
    }
    measured = [round(each.measured, 3) for each in report.ratios(results)]
    of_memory = [round((50.5 + 14.5 * 1769 / 512) / 50, 3), round((20.1 + 2.9 * 1769 / 512) / 20, 3)]
    assert measured == [1.3, of_memory[0], 1.15, of_memory[1], 0.05, 0.2, 0.25, 0.5, 2.5, 1.05, 0.5, 11.0]


def test_less_memory_means_a_slower_processor() -> None:
    # 10 ms of waiting, and 3 ms of work at a seventh of a processor.
    assert cost.answer_ms(13.0, 3.0, 256) == pytest.approx(10 + 3 * 1769 / 256)
    assert cost.answer_ms(13.0, 3.0, 1769) == 13.0
    assert cost.answer_ms(13.0, 3.0, 3000) == 13.0
    # Threads may use more CPU than time passes.
    assert cost.answer_ms(2.0, 3.0, 1769) == 3.0


def test_the_cost_of_a_million_launches() -> None:
    figures = {
        "warm_ms": 13.0,
        "warm_cpu_ms": 3.0,
        "init_ms": 100.0,
        "first_response_ms": 150.0,
        "snapshot_cpu_ms": 30.0,
    }
    # The INIT phase has a full processor. The first answer has 20 ms of waiting.
    milliseconds = 0.9 * (10 + 3 * 1769 / 256) + 0.1 * (100 + 20 + 30 * 1769 / 256)
    assert cost.cost_of_a_million(figures, 256) == pytest.approx(0.2 + 1e6 * milliseconds / 1000 * 0.25 * PRICE)


def test_first_launches_pay_for_the_restore() -> None:
    figures = {"snapshot_ms": 50.0, "snapshot_cpu_ms": 30.0}
    seconds = (20 + 30 * 1769 / 512) / 1000
    expected = 1000 * (0.2e-6 + 0.5 * (seconds * PRICE + 0.0001397998))
    assert cost.cost_of_a_thousand_first_launches(figures, 512) == pytest.approx(expected)
    assert cost.snapshot_cost_of_a_month(1024) == pytest.approx(3.9, rel=0.001)
