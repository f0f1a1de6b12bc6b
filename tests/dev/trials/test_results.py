"""The stored results are complete, and docs/trials.md shows them. The command of each trial writes both."""

from pathlib import Path

from bench.tables import filled
from trials import faults_report, fuzz_report, rush_report
from trials.endpoints import ENDPOINTS
from trials.faults import DEPENDENCIES
from trials.results import GUIDE, load

FUZZ_TESTS = Path(__file__).parents[2] / "fuzz"


def test_the_guide_shows_the_stored_results() -> None:
    faults = faults_report.tables(faults_report.stored())
    text = GUIDE.read_text(encoding="utf-8")
    assert filled(text, {**faults, **rush_report.tables(load("rush")), **fuzz_report.tables(load("fuzz"))}) == text


def test_every_dependency_failed_at_every_endpoint_without_a_violation() -> None:
    results = faults_report.stored()
    assert {(each.endpoint, each.dependency) for each in results} == {
        (endpoint.name, name) for endpoint in ENDPOINTS for name in DEPENDENCIES
    }
    assert [each for each in results if each.violations] == []


def test_every_rush_passed() -> None:
    results = load("rush")
    assert [each["scenario"] for each in results] == list(rush_report.SCENARIOS)
    assert all(rush_report.passed(each) for each in results)


def test_every_kind_of_hostile_input_is_the_docstring_of_a_test() -> None:
    source = "".join(path.read_text(encoding="utf-8") for path in FUZZ_TESTS.glob("test_*.py"))
    results = load("fuzz")
    assert [each["name"] for each in results if f'    """{each["name"]}.' not in source] == []
    assert sum(each["cases"] for each in results) >= fuzz_report.MIN_CASES
