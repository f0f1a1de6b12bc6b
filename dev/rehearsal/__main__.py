"""`make rehearse`: deploy the stack to an AWS emulator, use it, update it, and destroy it."""

import argparse
import signal
import sys
import time
import traceback
from collections.abc import Callable
from typing import Any, NoReturn

from rehearsal.account import CommandFailedError
from rehearsal.breakages import BREAKAGES
from rehearsal.emulator import EmulatorError
from rehearsal.environment import Environment
from rehearsal.omitted import OMITTED
from rehearsal.sequence import STEPS
from rehearsal.steps import StepFailedError

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def main() -> None:
    """Run all steps until one fails or SIGINT, SIGTERM or SIGHUP arrives. Exits with 1 in either case."""
    parser = argparse.ArgumentParser(prog="python -m rehearsal", description=__doc__)
    parser.add_argument(
        "--break", dest="breakage", default="", choices=sorted(BREAKAGES), help="a fault to deploy on purpose"
    )
    asked = parser.parse_args()
    for each in SIGNALS:
        signal.signal(each, _interrupt)
    _say("MiniStack lacks the following. The rehearsal does this instead:")
    for omission in OMITTED:
        _say(f"  {omission.what}: {omission.instead}")
    begun = time.monotonic()
    try:
        with Environment(breakage=asked.breakage) as env:
            _say(f"MiniStack simulates AWS at {env.emulator.url}")
            done = all(_run(title, step, env) for title, step in STEPS)
    except EmulatorError as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit("\nInterrupted. Nothing is left behind.")
    seconds = time.monotonic() - begun
    if not done:
        sys.exit(f"The rehearsal failed after {seconds:.0f} s.")
    _say(f"The rehearsal passed in {seconds:.0f} s.")


def _run(title: str, step: Callable[[Environment], str], env: Environment) -> bool:
    begun = time.monotonic()
    try:
        result = step(env)
    except Exception as error:  # noqa: BLE001  browsers, AWS clients and commands each raise their own
        expected = isinstance(error, (StepFailedError, CommandFailedError, AssertionError))
        _say(f"✗ {title}\n{error if expected else traceback.format_exc()}")
        _say(f"\nThe end of the emulator's log:\n{env.emulator.log_tail()}")
        return False
    _say(f"✓ {title} ({time.monotonic() - begun:.1f} s): {result}")
    return True


def _interrupt(_number: int, _frame: Any) -> NoReturn:
    # A second Ctrl-C would leave processes behind.
    for each in SIGNALS:
        signal.signal(each, signal.SIG_IGN)
    raise KeyboardInterrupt


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
