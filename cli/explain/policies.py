"""What the launch role and the session policy say to the function, which makes a URL, and to whoever uses it."""

import ipaddress
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from cli.deployed import Deployed
from cli.explain.finding import Finding
from cli.explain.simulator import Simulator
from cli.explain.source import Source
from gate.identity.caller import Caller
from gate.identity.session_name import session_name
from gate.launch.launcher import policy_for
from gate.launch.policy import OPEN
from gate.launch.target import LaunchTarget
from gate.store.grants import Grant

_DIFFERS = "gate doctor compares the role with the settings; deploy again to put it right."


@dataclass(frozen=True)
class Way:
    """One caller's way into one notebook."""

    target: LaunchTarget
    caller: Caller
    grant: Grant

    @property
    def session_name(self) -> str:
        """The name of the role session, which policies may deny."""
        return session_name(self.caller.name)


class Policies:
    """Asks AWS's simulator about both. Every method raises `CommandError` when AWS does not answer."""

    def __init__(self, deployed: Deployed, simulator: Simulator) -> None:
        self._deployed = deployed
        self._simulator = simulator

    def role(self, way: Way) -> Finding:
        """Return whether the launch role lets the function create the URL."""
        for source in self._functions():
            if not self._simulator.role_allows(way.target, source, way.session_name):
                text = f"Its policy denies what the function would do from {source}"
                return Finding("launch role", False, text, "aws_denied", _DIFFERS)
        return Finding("launch role", True, f"{way.target.role_arn.rpartition('/')[2]} lets the function through")

    def session(self, way: Way) -> Finding:
        """Return whether the session policy does."""
        policy = policy_for(self._deployed.config, way.caller, way.grant, way.target)
        for source in self._functions():
            if not self._simulator.session_allows(policy, way.target, source, way.session_name):
                mend = "Look at vpc.egress, vpc.subnet_cidrs and vpc_endpoints in gate.toml."
                text = f"It denies what the function would do from {source}"
                return Finding("session policy", False, text, "aws_denied", mend)
        return Finding("session policy", True, f"{way.grant.notebook} alone, as {way.session_name}")

    def use(self, way: Way, used_from: Source) -> Finding:
        """Return whether both let somebody at `used_from` use the URL, and by which statement."""
        role = way.target.role_arn
        # A role in another account can't be looked at from here.
        if not way.target.external_id and not self._simulator.role_allows(way.target, used_from, way.session_name):
            text = f"{role.rpartition('/')[2]} denies {used_from}"
            return Finding("use", False, text, "aws_denied", self._how_the_role_lets_in(used_from))
        policy = json.loads(policy_for(self._deployed.config, way.caller, way.grant, way.target))
        opening = [statement for statement in policy["Statement"] if statement["Action"] == OPEN]
        for statement in opening:
            alone = json.dumps({**policy, "Statement": [statement]})
            if self._simulator.session_allows(alone, way.target, used_from, way.session_name):
                return Finding("use", True, f"{used_from} is allowed by {_condition(statement)}")
        allowed = ", or ".join(_condition(statement) for statement in opening) or "nobody"
        text = f"The session policy denies {used_from}; it allows {allowed}"
        return Finding("use", False, text, "aws_denied", self._how_the_pin_lets_in(used_from))

    def _functions(self) -> Iterator[Source]:
        """Yield where the function's own call comes from: by a public address, through a VPC endpoint, or either."""
        config = self._deployed.config
        for network in config.egress[:1]:
            yield Source(network.partition("/")[0])
        for subnet in config.subnet_cidrs[:1]:
            yield Source(str(ipaddress.ip_network(subnet)[4]), config.vpc_endpoints[0])

    def _how_the_role_lets_in(self, used_from: Source) -> str:
        settings = self._deployed.settings
        if used_from.endpoint in settings.vpc_endpoints or used_from.is_in(settings.networks):
            return _DIFFERS
        if used_from.endpoint in settings.private_endpoints:
            return (
                "That is the API's endpoint. Say by --used-from through which of `vpc_endpoints` they use the notebook."
            )
        setting = "vpc_endpoints" if used_from.endpoint else "networks"
        return f"Have them join the VPN, or add it to `{setting}` in gate.toml and deploy."

    def _how_the_pin_lets_in(self, used_from: Source) -> str:
        settings = self._deployed.settings
        if used_from.endpoint and not settings.private_endpoints:
            return (
                "A public API can't know their address in the VPC: have them use the notebook by a public address, "
                'make the API private (`private_endpoints`), or write pin = "networks" in gate.toml and deploy.'
            )
        again = "Have them open the bookmark again from there."
        if settings.private_endpoints and not used_from.endpoint:
            again = "Have them use the notebook through one of `vpc_endpoints`."
        if settings.private_endpoints:
            return f'{again} If they change addresses often, write pin = "networks" in gate.toml and deploy.'
        if settings.pin == "network":
            return (
                f"{again} If they change between these entries of `networks` often, join the two into one, or write "
                'pin = "networks" in gate.toml and deploy.'
            )
        return (
            f'{again} If they change addresses often, write pin = "network" (one entry of `networks`) or '
            'pin = "networks" (all of them) in gate.toml and deploy.'
        )


def _condition(statement: dict[str, Any]) -> str:
    tests = [test for tests in statement.get("Condition", {}).values() for test in tests.items()]
    return " and ".join(f"{key} in {', '.join(values)}" for key, values in tests) or "every address of the launch role"
