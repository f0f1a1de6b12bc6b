"""The report of `gate revoke`: what was done, what is left to do, and how to undo it."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from cli.command_lines import CommandLines
from cli.grant_schema.item import Item, plain_values
from cli.grants.row_fixes import give_command
from cli.output import Output
from gate.values.revocation import DENY_LIFETIME


@dataclass(frozen=True)
class RemainingStep:
    """Something that the operator has to do."""

    problem: str
    commands: Sequence[tuple[str, str]]
    """The commands to run, each with the account whose credentials it needs (empty: the operator's own)."""

    def to_dict(self) -> dict[str, Any]:
        """Return the step as JSON writes it."""
        return {
            "problem": self.problem,
            "commands": [{"account": account or None, "command": command} for account, command in self.commands],
        }


@dataclass
class Report:
    """One revocation, filled in step by step."""

    who: str
    """The principal that was named; empty for everybody."""
    lines: CommandLines
    """Makes the command lines that it names."""
    known: bool = True
    """Whether the table had anything of them."""
    principals: list[str] = field(default_factory=list)
    """All principals of the person, beginning with `who`."""
    taken: list[Item] = field(default_factory=list)
    """The grants that were removed."""
    not_taken: list[str] = field(default_factory=list)
    """Notebooks whose grants another operator keeps giving."""
    signed_out_before: int = 0
    """Epoch seconds. Sign-ins from before are ended."""
    cut_before: int | None = None
    """Epoch seconds. Role sessions from before are denied; None if the deny failed."""
    not_cut_in: list[str] = field(default_factory=list)
    """Other accounts, whose launch roles this command cannot change."""
    remaining: list[RemainingStep] = field(default_factory=list)

    @property
    def undo(self) -> list[str]:
        """The commands that restore the grants."""
        return [give_command(item, self.lines) for item in self.taken]

    @property
    def deny_ends(self) -> int | None:
        """When the deny expires, in epoch seconds."""
        return self.cut_before + DENY_LIFETIME if self.cut_before is not None else None

    def to_dict(self) -> dict[str, Any]:
        """Return the report as JSON writes it."""
        return {
            "who": self.who or None,
            "known": self.known,
            "principals": self.principals,
            "taken": [plain_values(item) for item in self.taken],
            "not_taken": self.not_taken,
            "signed_out_before": self.signed_out_before,
            "cut_before": self.cut_before,
            "deny_ends": self.deny_ends,
            "undo": self.undo,
            "not_cut_in": self.not_cut_in,
            "left_to_do": [step.to_dict() for step in self.remaining],
        }

    def show(self, out: Output) -> None:
        """Print the report."""
        self._show_done(out)
        for step in self.remaining:
            out.print(f"{step.problem}:", style="red")
            for account, command in step.commands:
                out.print(f"  {f'with credentials of {account}: ' if account else ''}{command}")
        if self.taken:
            out.print("To undo it, wait a minute and run:")
            for line in self.undo:
                out.print(f"  {line}")

    def _show_done(self, out: Output) -> None:
        if self.who:
            have = "has" if len(self.principals) == 1 else "have"
            left = "no grants any more" if not self.not_taken else "fewer grants"
            out.print(f"{' and '.join(self.principals)} {have} {left}: {len(self.taken)} removed.", style="green")
        whose = "Their" if self.who else "All"
        since = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(self.signed_out_before))
        out.print(f"{whose} sign-ins, links and places in queues from before {since} are invalid.", style="green")
        if self.cut_before is not None:
            out.print(
                f"{whose} open notebooks are cut off: AWS denies every further request, usually within seconds.",
                style="green",
            )
        if self.who.startswith("user:"):
            out.print(
                "If they sign in again, they have the groups that your identity provider names then, and the grants "
                "of those groups."
            )
        if self.deny_ends is not None:
            end = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(self.deny_ends))
            out.print(f"The deny stays on the launch role until {end}; the next revoke after that removes it.")
