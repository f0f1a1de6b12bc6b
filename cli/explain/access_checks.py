"""The gates that a caller passes on the way into a notebook, one by one, each asked as the function asks it."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from cli.deployed import Deployed
from cli.errors import CommandError
from cli.explain.finding import Finding
from cli.explain.policies import Policies, Way
from cli.explain.simulator import Simulator
from cli.explain.source import FORMS, Source
from cli.grants.row_problems import faults
from cli.grants.row_problems import mend as mend_of
from cli.grants.table import GrantsTable
from gate.errors.caller import SignInEndedError
from gate.errors.notebook import LocationUnknownError, NotebookMissingError, NotGrantedError, not_ready_error
from gate.identity.caller import Caller
from gate.identity.groups import is_relevant
from gate.launch.target import launch_target_of
from gate.notebook import Notebook
from gate.store.grants import Grant, Grants
from grant_schema.item import Item, has_ended
from grant_schema.until import format_until

MAX_GROUPS = 20
"""Groups that are named in one line."""


@dataclass(frozen=True)
class Question:
    """Who wants to go where, from where."""

    principal: str
    groups: Sequence[str]
    notebook: Notebook
    opened_from: Source
    """Where they click the bookmark."""
    used_from: Source
    """Where the notebook sees them; mostly the same."""


class Explanation:
    """Walks the gates up to the first that stops."""

    def __init__(self, deployed: Deployed, *, clock: Callable[[], float] = time.time) -> None:
        self._deployed = deployed
        self._clock = clock
        self._simulator = Simulator(deployed)
        self._policies = Policies(deployed, self._simulator)

    def walk(self, question: Question) -> Iterator[Finding]:
        """Yield what each gate says; the last one is the one that stops, if any does. Raises `CommandError`."""
        for gate in (self._network, self._identity, self._grant, self._roles, self._state, self._use):
            for finding in gate(question):
                yield finding
                if not finding.passed:
                    return

    def _network(self, question: Question) -> Iterator[Finding]:
        settings = self._deployed.settings
        listed = settings.private_endpoints or settings.networks
        source = question.opened_from
        inside = source.endpoint in listed if settings.private_endpoints else source.is_in(listed)
        told = f"{source} is {'' if inside else 'not '}in {', '.join(listed)}"
        setting = "endpoint to `private_endpoints`" if settings.private_endpoints else "network to `networks`"
        mend = f"Have them join the VPN, or add the {setting} in gate.toml and deploy."
        yield Finding("network", True, told) if inside else Finding("network", False, told, "outside_networks", mend)

    def _identity(self, question: Question) -> Iterator[Finding]:
        who = question.principal
        kind, _, name = who.partition(":")
        settings, config = self._deployed.settings, self._deployed.config
        idle = [group for group in question.groups if not is_relevant(group, config.groups)]
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
                mend += self._by_group(question.notebook)
            yield Finding("grant", False, f"{question.principal} has no grant for it", error.reason, mend)
            return
        except SignInEndedError as error:
            mend = "Have them sign in again in a minute: sign-ins are ended up to a moment that is still to come."
            yield Finding("grant", False, "What they sign in to now counts for nothing yet", error.reason, mend)
            return
        until = f", until {format_until(grant.until)}" if grant.until else ""
        yield Finding("grant", True, f"{grant.principal} may open it (power {grant.power}{until})")

    def _roles(self, question: Question) -> Iterator[Finding]:
        try:
            way = self._way(question)
        except LocationUnknownError as error:
            mend = "Add it to remote.locations in gate.toml, deploy, and deploy the launch role there."
            yield Finding("launch role", False, f"{question.notebook.location} is not set up", error.reason, mend)
            return
        if way.target.external_id:
            yield Finding(
                "launch role", True, f"{way.target.role_arn} is in another account, and can't be looked at from here"
            )
        else:
            yield self._policies.role(way)
        yield self._policies.session(way)

    def _state(self, question: Question) -> Iterator[Finding]:
        target = launch_target_of(self._deployed.config, question.notebook)
        if target.external_id:
            yield Finding("notebook", True, "Its state can't be looked at from this account")
            return
        instance = self._simulator.describe(target, question.notebook)
        if instance is None:
            mend = "Take the grant away, or create the notebook instance again under that name."
            yield Finding("notebook", False, "There is no such notebook instance", NotebookMissingError.reason, mend)
        elif instance != "InService":
            error = not_ready_error(instance)
            mend = "Start it, or give `--power start` with the grant so that they can."
            yield Finding("notebook", False, f"It is {instance}", error.reason, mend)
        else:
            yield Finding("notebook", True, "It is InService")

    def _use(self, question: Question) -> Iterator[Finding]:
        yield self._policies.use(self._way(question), question.used_from)

    def _way(self, question: Question) -> Way:
        target = launch_target_of(self._deployed.config, question.notebook)
        if self._deployed.config.pin != "networks":
            for source in (question.opened_from, question.used_from):
                if not source.address:
                    raise CommandError(f"Many share {source}, and the address decides; write it, too: {FORMS}")
        return Way(target, self._caller(question), self._find(question))

    def _find(self, question: Question) -> Grant:
        config = self._deployed.config
        dynamodb = self._deployed.aws.client("dynamodb")
        grants = Grants(dynamodb, table=config.table, max_session=config.max_session, clock=self._clock)
        return grants.find(self._caller(question), question.notebook)

    def _wrong_row(self, question: Question) -> Item | None:
        """Return a row that would let them in if it could be read. Raises `CommandError`."""
        table = GrantsTable(self._deployed.aws.client("dynamodb"), self._deployed.table)
        rows = (table.one((who, str(question.notebook))) for who in self._caller(question).principals)
        return next((row for row in rows if row is not None and faults(row)), None)

    def _by_group(self, notebook: Notebook) -> str:
        """Say which groups have a grant for `notebook`; empty where none has. Raises `CommandError`."""
        rows = GrantsTable(self._deployed.aws.client("dynamodb"), self._deployed.table).all()
        wanted = {key: row for key, row in rows.items() if key[0].startswith("group:") and key[1] == str(notebook)}
        groups = sorted(
            key[0].removeprefix("group:")
            for key, row in wanted.items()
            if not faults(row) and not has_ended(row, self._clock())
        )
        if not groups:
            return ""
        told = ", ".join(groups[:MAX_GROUPS]) + (f" and {len(groups) - MAX_GROUPS} more" * (len(groups) > MAX_GROUPS))
        return f" (these groups have one: {told}; if they are in one, add --group NAME to this command)"

    def _caller(self, question: Question) -> Caller:
        groups = tuple(group for group in question.groups if is_relevant(group, self._deployed.config.groups))
        via: Any = {"iam": "iam", "slack": "ticket"}.get(question.principal.partition(":")[0], "session")
        return Caller(question.principal, groups, via, question.opened_from.address, self._clock())
