"""Checks that a grant lets the caller open the notebook."""

import time
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any

from cli.deployed import Deployed
from cli.explain.question import Finding, Question
from cli.grant_schema.item import Item, has_ended, may_be_for
from cli.grant_schema.until import format_until
from cli.grants.row_fixes import fix_commands
from cli.grants.row_problems import row_errors
from cli.grants.table import GrantsTable
from gate.identity.groups import is_relevant
from gate.store.grants import Grants
from gate.store.table import Table
from gate.values.caller import Caller
from gate.values.errors.caller import SignInEndedError
from gate.values.errors.notebook import NotGrantedError
from gate.values.grant import Grant
from gate.values.notebook import Notebook
from gate.web.people import principal_of

MAX_GROUPS = 20
"""Groups that one line names."""


class GrantCheck:
    """Reads grants as the function does. Every method raises `CommandError` if AWS refuses the call."""

    def __init__(self, deployed: Deployed, *, clock: Callable[[], float] = time.time) -> None:
        self._deployed = deployed
        self._clock = clock

    @cached_property
    def _table(self) -> GrantsTable:
        return GrantsTable.of(self._deployed)

    def check(self, question: Question) -> Iterator[Finding]:
        """Check the grant, and say which grant or group is missing."""
        try:
            grant = self.find(question)
        except NotGrantedError as error:
            text, fix = self._explain_missing(question)
            yield Finding("grant", False, text, error.reason, fix)
            return
        except SignInEndedError as error:
            text = "Their sign-ins are ended, up to a moment that is in the future by this machine's clock"
            yield Finding("grant", False, text, error.reason, "Have them sign in again in a minute.")
            return
        given = "; ".join(f"{part.principal} {_effect(part, self._approvers(part))}" for part in grant.parts)
        together = f". Together: {_effect(grant)}" if grant.combined else ""
        yield Finding("grant", True, f"They may open it by {given}{together}")

    def find(self, question: Question) -> Grant:
        """Return the grant that the function would use. Raises `NotGrantedError` and `SignInEndedError`."""
        config = self._deployed.config
        table = Table(self._deployed.aws.client("dynamodb"), config.table, self._clock)
        grants = Grants(table, max_session=config.max_session, home=config.home, user_names=config.user_names)
        return grants.find(self.caller(question), question.notebook)

    def caller(self, question: Question) -> Caller:
        """Return the caller that the function would recognise."""
        groups = tuple(group for group in question.groups if is_relevant(group, self._deployed.config.groups))
        via: Any = {"iam": "iam", "slack": "ticket"}.get(question.principal.partition(":")[0], "session")
        return Caller(question.principal, groups, via, question.opened_from.address, self._clock())

    def _approvers(self, grant: Grant) -> str:
        """Return who allowed the access request that led to `grant`; empty for the grants of operators."""
        row = self._table.get((grant.principal, str(grant.notebook))) if grant.request_id else None
        return str((row or {}).get("granted_by", {}).get("S", ""))

    def _explain_missing(self, question: Question) -> tuple[str, str]:
        """Return why there is no grant, and how to fix that."""
        row = self._malformed_row(question)
        if row is not None:
            text = f"{row['principal']['S']} has a row for it that grants nothing: {'; '.join(row_errors(row))}"
            return text, fix_commands(row, self._deployed)
        fix = self._deployed.lines.gate("grants", "give", question.principal, str(question.notebook))
        if not question.groups and question.principal.startswith("user:"):
            fix += self._groups_note(question.notebook)
        return f"{question.principal} has no grant for it", fix

    def _malformed_row(self, question: Question) -> Item | None:
        """Return a row that would grant the notebook if it had no errors."""
        rows = (self._table.get((who, str(question.notebook))) for who in self.caller(question).principals)
        return next((row for row in rows if row is not None and row_errors(row)), None)

    def _groups_note(self, notebook: Notebook) -> str:
        """Return a note that names the groups with a grant for `notebook`; empty if there are none."""
        home = self._deployed.home
        rows = {key: row for key, row in self._table.all().items() if may_be_for(row, notebook, home)}
        groups = sorted(
            principal.removeprefix("group:")
            for (principal, _), row in rows.items()
            if principal.startswith("group:") and not row_errors(row) and not has_ended(row, self._clock())
        )
        if not groups:
            return ""
        more = f" and {len(groups) - MAX_GROUPS} more" if len(groups) > MAX_GROUPS else ""
        named = ", ".join(groups[:MAX_GROUPS]) + more
        return f" (these groups have a grant: {named}; if they are in one, add --group NAME to this command)"


def _effect(grant: Grant, approvers: str = "") -> str:
    """Return what a grant gives, in parentheses. `approvers`: who allowed its access request."""
    facts = [f"power {grant.power}", f"session {grant.session}", *([f"view {grant.view}"] if grant.view else [])]
    facts += [f"title {grant.title}"] if grant.title else []
    facts += [name for name in ("default", "owner") if getattr(grant, name)]
    facts += [f"until {format_until(grant.until)}"] if grant.until else []
    facts += [f"access request {grant.request_id}"] if grant.request_id else []
    facts += [f"allowed by {principal_of(approvers)}"] if approvers else []
    return f"({', '.join(facts)})"
