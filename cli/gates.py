"""The gates that a caller passes on the way into a notebook, one by one, each asked as the function asks it."""

import ipaddress
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from cli.deployed import Deployed
from cli.grant_entry import Item, day_of
from cli.grant_rows import faults
from cli.grant_rows import mend as mend_of
from cli.grants_table import GrantsTable
from cli.simulate import Simulator
from gate.errors import GateError, NotebookBusyError, NotebookMissingError, NotGrantedError
from gate.grants import Grant, Grants
from gate.identity.caller import Caller
from gate.identity.id_token import matters
from gate.launch.launcher import NOT_READY, policy_for
from gate.launch.names import session_name
from gate.launch.place import Target, target_of
from gate.notebook import Notebook

ALLOWED = "allowed"


@dataclass(frozen=True)
class Finding:
    """What one gate says."""

    gate: str
    passed: bool
    text: str
    reason: str = ALLOWED
    """The code that the function would log and answer with."""
    mend: str = ""


@dataclass(frozen=True)
class Question:
    """Who wants to go where, from where."""

    principal: str
    groups: Sequence[str]
    notebook: Notebook
    source: str
    """An address, or a VPC endpoint's id."""


class Explanation:
    """Walks the gates up to the first that stops."""

    def __init__(self, deployed: Deployed, *, clock: Callable[[], float] = time.time) -> None:
        self._deployed = deployed
        self._clock = clock
        self._simulator = Simulator(deployed)

    def walk(self, question: Question) -> Iterator[Finding]:
        """Yield what each gate says; the last one is the one that stops, if any does. Raises `CommandError`."""
        for gate in (self._network, self._identity, self._grant, self._roles, self._state):
            for finding in gate(question):
                yield finding
                if not finding.passed:
                    return

    def _network(self, question: Question) -> Iterator[Finding]:
        settings = self._deployed.settings
        listed = settings.private_endpoints or settings.networks
        inside = _is_inside(question.source, listed)
        told = f"{question.source} is {'' if inside else 'not '}in {', '.join(listed)}"
        mend = "Have them join the VPN, or add the network to `networks` in gate.toml and deploy."
        yield Finding("network", True, told) if inside else Finding("network", False, told, "outside_networks", mend)

    def _identity(self, question: Question) -> Iterator[Finding]:
        who = question.principal
        kind, _, name = who.partition(":")
        settings, config = self._deployed.settings, self._deployed.config
        idle = [group for group in question.groups if not matters(group, config.groups)]
        if idle:
            mend = "Add a pattern for them to identity.groups in gate.toml and deploy."
            yield Finding("identity", True, f"{', '.join(idle)}: no pattern of identity.groups has them", mend=mend)
        if kind == "slack" and name.partition("/")[0] not in settings.slack.teams:
            mend = "Add the workspace to slack.teams in gate.toml and deploy."
            yield Finding("identity", False, f"{name.partition('/')[0]} is no workspace of ours", "slack_team", mend)
            return
        home = self._deployed.config.launch_role_arn.split(":")[4]
        if kind == "iam" and name.split(":")[4] not in (home, *settings.identity.iam_accounts):
            mend = "Add the account to identity.iam_accounts in gate.toml and deploy."
            yield Finding(
                "identity", False, f"Callers of {name.split(':')[4]} are turned away", "outside_networks", mend
            )
            return
        groups = f", in {', '.join(question.groups)}" if question.groups else ""
        yield Finding("identity", True, f"{who}{groups} (that they can sign in is the identity provider's to say)")

    def _grant(self, question: Question) -> Iterator[Finding]:
        try:
            grant = self._find(question)
        except NotGrantedError as error:
            row = self._wrong_row(question)
            if row is not None:
                told = f"{row['principal']['S']} has a row for it that grants nothing: {'; '.join(faults(row))}"
                yield Finding("grant", False, told, error.reason, mend_of(row, self._deployed.table))
                return
            mend = f"gate grants give {question.principal} {question.notebook}"
            if not question.groups and question.principal.startswith("user:"):
                mend += " (if they have it by a group, add --group NAME to this command)"
            yield Finding("grant", False, f"{question.principal} has no grant for it", error.reason, mend)
            return
        until = f", until {day_of(grant.until)}" if grant.until else ""
        yield Finding("grant", True, f"{grant.principal} may open it (power {grant.power}{until})")

    def _roles(self, question: Question) -> Iterator[Finding]:
        caller, grant = self._caller(question), self._find(question)
        try:
            target = target_of(self._deployed.config, question.notebook)
        except GateError as error:
            mend = "Add it to elsewhere.places in gate.toml, deploy, and deploy the launch role there."
            yield Finding("launch role", False, f"{question.notebook.place} is not set up", error.reason, mend)
            return
        if target.external_id:
            yield Finding(
                "launch role", True, f"{target.role_arn} is in another account, and can't be looked at from here"
            )
        else:
            yield self._role(target, question)
        yield self._session(target, caller, grant, question)

    def _role(self, target: Target, question: Question) -> Finding:
        name = session_name(self._caller(question).name)
        for source in (*self._egress(), question.source):
            if not self._simulator.role_allows(target, source, name):
                who = "the function" if source != question.source else "they"
                return Finding(
                    "launch role",
                    False,
                    f"Its policy denies what {who} would do from {source}",
                    "aws_denied",
                    "gate doctor compares the role with the settings; deploy again to put it right.",
                )
        return Finding("launch role", True, f"{target.role_arn.rpartition('/')[2]} lets the function and them through")

    def _session(self, target: Target, caller: Caller, grant: Grant, question: Question) -> Finding:
        policy = policy_for(self._deployed.config, caller, grant, target)
        name = session_name(caller.name)
        for source in (*self._egress(), question.source):
            if not self._simulator.session_allows(policy, target, source, name):
                mend = "Look at pin, vpc_endpoints and vpc.egress in gate.toml."
                return Finding("session policy", False, f"It denies {source}", "aws_denied", mend)
        return Finding("session policy", True, f"{question.notebook} alone, as {name}")

    def _state(self, question: Question) -> Iterator[Finding]:
        target = target_of(self._deployed.config, question.notebook)
        if target.external_id:
            yield Finding("notebook", True, "Its state can't be looked at from this account")
            return
        instance = self._simulator.describe(target, question.notebook)
        if instance is None:
            mend = "Take the grant away, or create the notebook instance again under that name."
            yield Finding("notebook", False, "There is no such notebook instance", NotebookMissingError.reason, mend)
        elif instance != "InService":
            error = NOT_READY.get(instance, NotebookBusyError)
            mend = "Start it, or give `--power start` with the grant so that they can."
            yield Finding("notebook", False, f"It is {instance}", error.reason, mend)
        else:
            yield Finding("notebook", True, "It is InService")

    def _find(self, question: Question) -> Grant:
        config = self._deployed.config
        dynamodb = self._deployed.aws.client("dynamodb")
        grants = Grants(dynamodb, table=config.table, max_session=config.max_session, clock=self._clock)
        return grants.find(self._caller(question).principals, question.notebook)

    def _wrong_row(self, question: Question) -> Item | None:
        """Return a row that would let them in if it could be read. Raises `CommandError`."""
        table = GrantsTable(self._deployed.aws.client("dynamodb"), self._deployed.table)
        rows = (table.one((who, str(question.notebook))) for who in self._caller(question).principals)
        return next((row for row in rows if row is not None and faults(row)), None)

    def _caller(self, question: Question) -> Caller:
        groups = tuple(group for group in question.groups if matters(group, self._deployed.config.groups))
        via: Any = {"iam": "iam", "slack": "ticket"}.get(question.principal.partition(":")[0], "session")
        return Caller(question.principal, groups, via, question.source)

    def _egress(self) -> list[str]:
        return [network.partition("/")[0] for network in self._deployed.config.egress[:1]]


def _is_inside(source: str, listed: Sequence[str]) -> bool:
    if source in listed:
        return True
    try:
        address = ipaddress.ip_address(source)
        return any(address in ipaddress.ip_network(network) for network in listed)
    except ValueError:
        return False
