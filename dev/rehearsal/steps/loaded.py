"""What every update of the stack must leave alone: the launches meanwhile."""

import contextlib
from collections.abc import Iterator

from rehearsal.environment import PASSWORD, Environment
from rehearsal.launches import Launches
from rehearsal.steps import require

PERSON, NOTEBOOK = "carol@example.com", "shared-notebook"
THREADS = 4
SHOWN = 5
"""How many failures are printed."""


class Report:
    """What the launches of a block came to, available after the block."""

    text = ""


@contextlib.contextmanager
def launching(env: Environment) -> Iterator[Report]:
    """Launch a notebook each 100 ms while the block runs. Raises `StepFailedError` if one of the launches failed."""
    report, browser = Report(), env.browser()
    browser.sign_in(f"{env.base_url}/", PERSON, PASSWORD)
    browsers = [env.browser() for _ in range(THREADS)]
    for each in browsers:
        each.cookies.update(browser.cookies)
    launches = Launches(f"{env.base_url}/open/{NOTEBOOK}", browsers)
    try:
        yield report
    finally:
        seconds = launches.end()
    require(launches.number > 0, "nobody opened a notebook")
    failed = launches.failures
    require(not failed, f"{len(failed)} of {launches.number} launches failed:\n" + "\n".join(failed[:SHOWN]))
    report.text = f"{launches.number} launches in {seconds:.0f} s, the slowest {launches.slowest:.1f} s, none failed"
