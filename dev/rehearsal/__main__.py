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
from rehearsal.steps import (
    StepFailedError,
    access_requests,
    browsing,
    canary,
    deploying,
    operating,
    operator_commands,
    queueing,
    removing,
    restoring,
    slack,
    studio,
    updating,
    upgrading,
    without_vpc,
)

FIRST_DEPLOYMENT = (
    ("cdk synth", deploying.synthesise),
    ("cdk bootstrap", deploying.bootstrap),
    ("cdk deploy", deploying.deploy),
    ("people and Slack's secret", operating.add_people),
)
"""The first steps of a rehearsal with a fault, which shows where a new deployment would show it."""

UPGRADE = (
    ("the previous release", upgrading.synthesise),
    ("cdk bootstrap", deploying.bootstrap),
    ("cdk deploy of the previous release", deploying.deploy),
    ("people and Slack's secret", operating.add_people),
    ("its use", upgrading.use),
    ("cdk synth", deploying.synthesise),
    ("cdk deploy", upgrading.upgrade),
    ("what was there before", upgrading.still_works),
)
"""The first steps of every other rehearsal."""

STEPS = (
    ("the API answers", deploying.answer),
    ("the function's log", deploying.log),
    ("the canary", canary.run),
    ("gate grants", operating.grant),
    ("a signed request", operating.signed_request),
    ("a bookmark in a browser", browsing.open_bookmark),
    ("the same from outside", browsing.use_from_outside),
    ("groups, stop and start", browsing.portal),
    ("a space in Studio", studio.open_space),
    ("its URL from outside", studio.use_from_outside),
    ("asking for access", access_requests.ask_and_allow),
    ("withdrawing, and more time", access_requests.withdraw_and_extend),
    ("ending access", access_requests.end),
    ("gate requests", access_requests.deny_as_operator),
    ("sign out everywhere", browsing.sign_out),
    ("/notebook in Slack", slack.command),
    ("/notebook ask in Slack", access_requests.in_slack),
    ("a ticket, once and twice", slack.ticket),
    ("a throttled minute", queueing.throttled),
    ("gate explain", operator_commands.explain),
    ("gate doctor", operator_commands.doctor),
    ("gate rotate-key", operator_commands.rotate),
    ("cdk deploy with another network", updating.add_network),
    ("notebooks meanwhile", updating.still_open),
    ("cdk deploy with another egress address", updating.move),
    ("cdk deploy with other code", updating.change_code),
    ("a cdk deploy that fails", updating.roll_back),
    ("gate revoke", operator_commands.revoke),
    ("gate revoke, a space", studio.revoke),
    ("permissions", removing.permissions),
    ("a restored table", restoring.restore),
    ("the policy for operators", removing.operators),
    ("cdk destroy", removing.destroy),
)
"""The steps after the deployment, each with its title.

A step raises `StepFailedError`, `CommandFailedError`, or what an AWS client or a browser raises.
"""

WITHOUT_VPC = (
    ("cdk synth without a VPC", without_vpc.synthesise),
    *FIRST_DEPLOYMENT[1:],
    ("the API answers", deploying.answer),
    ("the canary", canary.run),
    ("gate grants", operating.grant),
    ("a signed request", operating.signed_request),
    ("a bookmark in a browser", browsing.open_bookmark),
    ("its URL elsewhere, in the window and after it", without_vpc.use_elsewhere),
    ("gate explain and gate doctor", without_vpc.explain),
    ("the launch role with the VPC's address", without_vpc.allow_address),
    ("into a VPC", without_vpc.enter),
    ("the launch role without windows", without_vpc.close),
    ("the launch role with windows", without_vpc.allow_windows),
    ("out of the VPC", without_vpc.leave),
    ("the launch role without the VPC's address", without_vpc.forget),
)
"""The steps of the rehearsal without a VPC."""

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def main() -> None:
    """Run all steps until one fails or SIGINT, SIGTERM or SIGHUP arrives. Exits with 1 in either case."""
    parser = argparse.ArgumentParser(prog="python -m rehearsal", description=__doc__)
    parser.add_argument(
        "--break", dest="breakage", default="", choices=sorted(BREAKAGES), help="a fault to deploy on purpose"
    )
    parser.add_argument("--without-vpc", action="store_true", help="the short rehearsal of a deployment without a VPC")
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
            first = FIRST_DEPLOYMENT if asked.breakage else UPGRADE
            steps = WITHOUT_VPC if asked.without_vpc else (*first, *STEPS)
            done = all(_run(title, step, env) for title, step in steps)
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
