"""A deployment without a VPC, and the moves into a VPC and out of it while people open notebooks."""

import json
import time
from typing import Any

from gate.launch.window import LONGEST
from rehearsal.browsers import ProxiedBrowser
from rehearsal.environment import PASSWORD, SHORT_SESSION, Environment
from rehearsal.hosts import AWS_ADDRESS, FUNCTION_ADDRESS, INSIDE, OUTSIDE
from rehearsal.steps import StepFailedError, browsing, deploying, operator_commands, require
from rehearsal.steps.loaded import launching

ATTEMPTS = 5
"""Launches, of which one must be used in its window. A busy machine can take longer than the window."""


def synthesise(env: Environment) -> str:
    """Synthesise the template of a deployment without a VPC."""
    _configure(env, without_vpc=True)
    return deploying.synthesise_again(env)


def use_elsewhere(env: Environment) -> str:
    """Use a URL from outside the networks, at once and after the window of its session."""
    require({each.source for each in env.calls} == {AWS_ADDRESS}, "the function calls from another address")
    alice, thief = env.browser(), env.browser(OUTSIDE)
    alice.sign_in(f"{env.base_url}/", "alice@example.com", PASSWORD)
    for _ in range(ATTEMPTS):
        alice.get(f"{env.base_url}/open/{browsing.NOTEBOOK}")
        made = env.sagemaker.urls.made[-1]
        opened, end = time.time(), made.creator.window_end
        require(end <= opened + LONGEST, f"the window ends {end - opened:.0f} s later")
        early = thief.get(made.url).status_code
        if early == 302:
            break
        require(time.time() >= end, f"in the window, from outside: {early}")
    else:
        raise StepFailedError("every window was over before the URL was used")
    time.sleep(max(0.0, end - time.time()))
    session = thief.get(made.url.partition("?")[0])
    found = {address: _status(env.browser(address), made.url) for address in (INSIDE, OUTSIDE)}
    require(found == {INSIDE: 302, OUTSIDE: 403}, f"after the window: {found}")
    require(session.status_code == 403, f"the session that was opened outside: {session.status_code}")
    return f"from outside, {early} in the window and 403 after {end - opened:.0f} s; from inside, 302"


def _status(browser: ProxiedBrowser, url: str) -> int:
    return int(browser.get(url).status_code)


def explain(env: Environment) -> str:
    """Run the commands that know this mode."""
    return f"{operator_commands.explain(env)}; {operator_commands.doctor(env)}"


def allow_address(env: Environment) -> str:
    """Let the launch role allow the address of the VPC, before the function is there."""
    return _move(env, {AWS_ADDRESS}, last=AWS_ADDRESS, without_vpc=True, additional_egress=[FUNCTION_ADDRESS])


def enter(env: Environment) -> str:
    """Move the function into a VPC, while the launch role still spares role sessions with a window."""
    return _move(env, {AWS_ADDRESS, FUNCTION_ADDRESS}, last=FUNCTION_ADDRESS, accept_none=True)


def close(env: Environment) -> str:
    """Let the launch role deny every address but those of the people and of the VPC."""
    report = _move(env, {FUNCTION_ADDRESS}, last=FUNCTION_ADDRESS)
    require("PrincipalTag" not in json.dumps(env.launch_policy), f"the launch role: {env.launch_policy}")
    return report


def allow_windows(env: Environment) -> str:
    """Let the launch role spare role sessions with a window, before there are any."""
    return _move(env, {FUNCTION_ADDRESS}, last=FUNCTION_ADDRESS, accept_none=True)


def leave(env: Environment) -> str:
    """Move the function out of the VPC, whose address the launch role still allows."""
    wanted = {AWS_ADDRESS, FUNCTION_ADDRESS}
    return _move(env, wanted, last=AWS_ADDRESS, without_vpc=True, additional_egress=[FUNCTION_ADDRESS])


def forget(env: Environment) -> str:
    """Let the launch role no longer allow the address of the VPC."""
    report = _move(env, {AWS_ADDRESS}, last=AWS_ADDRESS, without_vpc=True)
    require(FUNCTION_ADDRESS not in json.dumps(env.launch_policy), f"the launch role: {env.launch_policy}")
    return report


def _move(env: Environment, wanted: set[str], *, last: str, **settings: Any) -> str:
    _configure(env, **settings)
    deploying.synthesise_again(env)
    with launching(env) as launches:
        deploying.deploy(env)
    launches.require_move(wanted, to=last)
    browsing.run_cell(env.notebook_tab, "6 * 9", "54")
    return launches.text


def _configure(env: Environment, **settings: Any) -> None:
    deploying.configure(env, networks=[INSIDE], session=SHORT_SESSION, **settings)
