"""Checks the launch role's policies and the session policy, for the function and for the user of the URL."""

import ipaddress
import json
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from cli.deployed import Deployed
from cli.explain.question import Finding
from cli.explain.simulator import Simulator
from cli.explain.source import Source
from gate.launch.launcher import policy_for
from gate.launch.policy import statements_for
from gate.launch.target import LaunchTarget
from gate.launch.window import MAX_SECONDS
from gate.values.caller import Caller
from gate.values.grant import Grant
from gate.values.session_name import session_name

ANYWHERE = Source("192.0.2.1")
"""Stands for the function without a VPC, whose address AWS chooses. Nobody has this address (RFC 5737)."""


@dataclass(frozen=True)
class Launch:
    """A launch of one notebook by one caller."""

    target: LaunchTarget
    caller: Caller
    grant: Grant

    @property
    def session_name(self) -> str:
        """The name of the role session, which policies can deny."""
        return session_name(self.caller.name)


class PolicyChecks:
    """Asks IAM's policy simulator. Every method raises `CommandError` if AWS refuses the call."""

    def __init__(self, deployed: Deployed, simulator: Simulator) -> None:
        self._deployed = deployed
        self._simulator = simulator

    def check_role(self, launch: Launch) -> Finding:
        """Check that the launch role lets the function create the URL."""
        for source in self._function_sources():
            if not self._simulator.role_allows(launch.target, source, launch.session_name):
                text = f"Its policy denies the function's request from {source}"
                return Finding("launch role", False, text, "aws_denied", self._role_differs)
        name = launch.target.role.arn.rpartition("/")[2]
        return Finding("launch role", True, f"{name} allows the function's request")

    def check_session_policy(self, launch: Launch) -> Finding:
        """Check that the session policy lets the function create the URL."""
        config = self._deployed.config
        window_end = math.ceil(time.time() + MAX_SECONDS) if config.without_vpc else None
        policy = policy_for(config, launch.caller, launch.grant, launch.target, window_end)
        for source in self._function_sources():
            if not self._simulator.session_allows(policy, launch.target, source, launch.session_name):
                fix = "Look at vpc.egress, vpc.subnet_cidrs and vpc_endpoints in gate.toml."
                text = f"It denies the function's request from {source}"
                return Finding("session policy", False, text, "aws_denied", fix)
        text = f"It allows {launch.grant.notebook} only, as {launch.session_name}"
        if config.without_vpc:
            text += ", and for some seconds from every address, since the function has no VPC"
        return Finding("session policy", True, text)

    def check_use(self, launch: Launch, used_from: Source) -> Finding:
        """Check that both let a user at `used_from` use the URL, and name the statement that does."""
        # A role in another account can't be read from here.
        if not launch.target.role.external_id and not self._simulator.role_allows(
            launch.target, used_from, launch.session_name
        ):
            text = f"{launch.target.role.arn.rpartition('/')[2]} denies {used_from}"
            return Finding("use", False, text, "aws_denied", self._fix_for_role(used_from))
        policy = policy_for(self._deployed.config, launch.caller, launch.grant, launch.target)
        statements = statements_for(policy, launch.target.kind.open_action)
        for statement in statements:
            alone = json.dumps({**json.loads(policy), "Statement": [statement]})
            if self._simulator.session_allows(alone, launch.target, used_from, launch.session_name):
                return Finding("use", True, f"{used_from} is allowed by {_condition(statement)}")
        allowed = ", or ".join(_condition(statement) for statement in statements) or "no address"
        text = f"The session policy denies {used_from}; it allows {allowed}"
        # Without a VPC, the launch role spares the session, and its policy alone denies other networks.
        outside = self._deployed.config.without_vpc and not used_from.is_in(self._deployed.settings.networks)
        fix = self._fix_for_role(used_from) if outside else self._fix_for_pin(used_from)
        return Finding("use", False, text, "aws_denied", fix)

    @property
    def _role_differs(self) -> str:
        doctor = self._deployed.lines.gate("doctor")
        return f"{doctor} compares the role with the settings; deploy again to restore it."

    def _function_sources(self) -> Iterator[Source]:
        """Yield the sources of the function's requests: a public address, a VPC endpoint, or both."""
        config = self._deployed.config
        if config.without_vpc:
            yield ANYWHERE
        for network in config.egress[:1]:
            yield Source(network.partition("/")[0])
        for subnet in config.subnet_cidrs[:1]:
            yield Source(str(ipaddress.ip_network(subnet)[4]), config.vpc_endpoints[0])

    def _fix_for_role(self, used_from: Source) -> str:
        settings = self._deployed.settings
        if used_from.endpoint in settings.vpc_endpoints or used_from.is_in(settings.networks):
            return self._role_differs
        if used_from.endpoint in settings.private_endpoints:
            return (
                "That is the API's endpoint. Name with --used-from the one of `vpc_endpoints` through which they use "
                "the notebook."
            )
        setting = "vpc_endpoints" if used_from.endpoint else "networks"
        return f"Have them join the VPN, or add it to `{setting}` in gate.toml and deploy."

    def _fix_for_pin(self, used_from: Source) -> str:
        settings = self._deployed.settings
        if used_from.endpoint and not settings.private_endpoints:
            return (
                "A public API does not see their address in the VPC: have them use the notebook from a public address, "
                'make the API private (`private_endpoints`), or write pin = "networks" in gate.toml and deploy.'
            )
        retry = "Have them open the bookmark again from there."
        if settings.private_endpoints and not used_from.endpoint:
            retry = "Have them use the notebook through one of `vpc_endpoints`."
        if settings.private_endpoints:
            return f'{retry} If they change addresses often, write pin = "networks" in gate.toml and deploy.'
        if settings.pin == "network":
            return (
                f"{retry} If they often change between these entries of `networks`, join the two into one, or write "
                'pin = "networks" in gate.toml and deploy.'
            )
        return (
            f'{retry} If they change addresses often, write pin = "network" (one entry of `networks`) or '
            'pin = "networks" (all of them) in gate.toml and deploy.'
        )


def _condition(statement: dict[str, Any]) -> str:
    tests = [test for tests in statement.get("Condition", {}).values() for test in tests.items()]
    return " and ".join(f"{key} in {', '.join(values)}" for key, values in tests) or "every address of the launch role"
