"""What every update of the stack must leave alone: the launches meanwhile."""

import contextlib
from collections.abc import Iterable, Iterator

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
    sources: frozenset[str] = frozenset()
    """The addresses from which the function called meanwhile."""
    last: frozenset[str] = frozenset()
    """Those of a launch that began after all others had ended: a slow one may end after the alias has moved."""

    def require_move(self, sources: Iterable[str], *, to: str) -> None:
        """Raise `StepFailedError` unless the function called from `sources`, and at last from the address `to`."""
        require(self.sources == {*sources}, f"the function called from {sorted(self.sources)}")
        require(self.last == {to}, f"at last, the function called from {sorted(self.last)}")


@contextlib.contextmanager
def launching(env: Environment) -> Iterator[Report]:
    """Launch a notebook each 100 ms while the block runs. Raises `StepFailedError` if one of the launches failed."""
    report, browser, before = Report(), env.browser(), len(env.calls)
    browser.sign_in(f"{env.base_url}/", PERSON, PASSWORD)
    browsers = [env.browser() for _ in range(THREADS)]
    for each in browsers:
        each.cookies.update(browser.cookies)
    url = f"{env.base_url}/open/{NOTEBOOK}"
    launches = Launches(url, browsers)
    try:
        yield report
    finally:
        seconds = launches.end()
    require(launches.number > 0, "nobody opened a notebook")
    failed = launches.failures
    require(not failed, f"{len(failed)} of {launches.number} launches failed:\n" + "\n".join(failed[:SHOWN]))
    ended = len(env.calls)
    browser.get(url)
    report.sources = frozenset(each.source for each in env.calls[before:ended])
    report.last = frozenset(each.source for each in env.calls[ended:])
    report.text = f"{launches.number} launches in {seconds:.0f} s, the slowest {launches.slowest:.1f} s, none failed"
