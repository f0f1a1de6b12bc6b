"""`make rush`: simulates several scenarios and writes the table of docs/trials.md."""

from collections.abc import Mapping
from typing import Any

from bench.tables import table_of
from trials.results import CONSOLE, Rows, run_all, store
from trials.rush import Scenario, Simulation

MAX_RATIO = 1.3
"""The longest that a rush may take, as a multiple of the time that SageMaker's limit alone requires."""

SCENARIOS = {
    "2,000 users in a minute": Scenario(),
    "the same, with a script that sends 20 requests a second": Scenario(script_rate=20),
    "the same, and one user in five closes the page": Scenario(abandon_rate=0.2),
    "2,000 users, 20 URLs a second": Scenario(urls_per_second=20),
    "1,000 users, 2 URLs a second": Scenario(users=1000, urls_per_second=2),
    "2,000 users in a minute, half of them open spaces in Studio": Scenario(studio_rate=0.5),
    "20,000 users in a minute, 5 URLs a second": Scenario(users=20_000),
}


def run() -> int:
    """Simulate all scenarios, write the results, and return how many failed."""
    # The longest one first.
    figures = [*run_all(simulate, [*reversed(SCENARIOS.values())])]
    results = [{"scenario": name, **each} for name, each in zip(SCENARIOS, reversed(figures), strict=True)]
    store("rush", results, tables(results))
    for each in results:
        CONSOLE.print(
            f"{each['scenario']}: {each['ratio']:.2f} times the least possible time, {each['error_pages']} error pages"
        )
    return sum(not passed(each) for each in results)


def simulate(scenario: Scenario) -> dict[str, Any]:
    """Simulate one scenario and return its figures."""
    result = Simulation(scenario).run()
    urls = len(result.launches) + result.script_launches
    # SageMaker allows a burst of one second's URLs, then the rate. Nobody can get in before they arrive.
    minimum = max((urls - scenario.urls_per_second) / scenario.urls_per_second, scenario.arrival_window)
    delays = [*result.delays.values()]
    return {
        "launches": len(result.launches),
        "abandoned": len(result.abandoned),
        "seconds": round(result.seconds, 1),
        "minimum_seconds": round(minimum, 1),
        "ratio": round(result.seconds / minimum, 3),
        "delay_p50": round(delays[len(delays) // 2], 1),
        "delay_p99": round(delays[int(len(delays) * 0.99)], 1),
        "delay_max": round(delays[-1], 1),
        "requests_per_user": round(result.requests / scenario.users, 1),
        "error_pages": result.error_pages,
        "throttled_pages": result.throttled_pages,
        "script_launches": result.script_launches,
    }


def passed(figures: Mapping[str, Any]) -> bool:
    """Return whether the rush took no longer than allowed and nobody saw an error page."""
    return bool(figures["ratio"] <= MAX_RATIO and figures["error_pages"] == 0)


def tables(results: Rows) -> dict[str, str]:
    """Return the table of the guide by name."""
    columns = {
        "": "{scenario}",
        "launches": "{launches:,}{script}",
        "took": "{seconds:,.0f} s",
        "least possible time": "{minimum_seconds:,.0f} s",
        "ratio": "**{ratio:.2f}**",
        "delay against the order of arrival: median, 99 %, longest": (
            "{delay_p50:.0f} s, {delay_p99:.0f} s, {delay_max:.0f} s"
        ),
        "requests a user": "{requests_per_user}",
        "error pages": "{error_pages}",
    }
    scripts = [f", and {each['script_launches']} by the script" if each["script_launches"] else "" for each in results]
    rows = ({**each, "script": script} for each, script in zip(results, scripts, strict=True))
    return {"rush": table_of(columns, rows)}
