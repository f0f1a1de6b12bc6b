"""What `gate revoke` did, what is left to do, and how to undo it: told to people, or as JSON."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from cli.grants.row_problems import give_command
from cli.output import Output
from cli.revoke.revocations import LONGEST
from grant_schema.item import Item, plain


@dataclass(frozen=True)
class Left:
    """Something that is left to do."""

    problem: str
    commands: Sequence[tuple[str, str]]
    """What to type, each with the account whose credentials it needs (empty: the operator's own)."""

    def plain(self) -> dict[str, Any]:
        """Return it as JSON writes it."""
        return {
            "problem": self.problem,
            "commands": [{"account": account or None, "command": command} for account, command in self.commands],
        }


@dataclass
class Report:
    """One revocation, filled in step by step."""

    who: str
    """Empty: everybody."""
    principals: list[str] = field(default_factory=list)
    """All of the person's principals; `who` comes first."""
    taken: list[Item] = field(default_factory=list)
    not_taken: list[str] = field(default_factory=list)
    """Notebooks whose grants somebody else gave again meanwhile."""
    signed_out_before: int = 0
    cut_before: int | None = None
    """Epoch seconds, both; None where nothing could be cut."""
    not_cut_in: list[str] = field(default_factory=list)
    left: list[Left] = field(default_factory=list)

    @property
    def undo(self) -> list[str]:
        """The commands that give the grants back."""
        return [give_command(item) for item in self.taken]

    @property
    def deny_ends(self) -> int | None:
        """When the deny is of no use any more, in epoch seconds."""
        return self.cut_before + LONGEST if self.cut_before is not None else None

    def plain(self) -> dict[str, Any]:
        """Return the report as JSON writes it."""
        return {
            "who": self.who or None,
            "principals": self.principals,
            "taken": [plain(item) for item in self.taken],
            "not_taken": self.not_taken,
            "signed_out_before": self.signed_out_before,
            "cut_before": self.cut_before,
            "deny_ends": self.deny_ends,
            "undo": self.undo,
            "not_cut_in": self.not_cut_in,
            "left_to_do": [each.plain() for each in self.left],
        }

    def tell(self, out: Output) -> None:
        """Say it in sentences."""
        self._tell_what_is_done(out)
        for each in self.left:
            out.say(f"{each.problem}:", style="red")
            for account, command in each.commands:
                out.say(f"  {f'with credentials of {account}: ' if account else ''}{command}")
        if self.taken:
            out.say("To undo it, wait a minute and type:")
            for line in self.undo:
                out.say(f"  {line}")

    def _tell_what_is_done(self, out: Output) -> None:
        since = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(self.signed_out_before))
        if self.who:
            have = "has" if len(self.principals) == 1 else "have"
            taken = "no grants any more" if not self.not_taken else "fewer grants"
            out.say(f"{' and '.join(self.principals)} {have} {taken}: {len(self.taken)} taken.", style="green")
        whose = "Their" if self.who else "All"
        out.say(f"{whose} sign-ins, links and waits from before {since} count for nothing.", style="green")
        if self.cut_before is not None:
            out.say(
                f"{whose} open notebooks are cut: AWS refuses every further request, usually within seconds.",
                style="green",
            )
        if self.who.startswith("user:"):
            out.say(
                "When they sign in again, they have the groups that your identity provider names then, "
                "and what is granted to these."
            )
        if self.deny_ends is not None:
            over = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(self.deny_ends))
            out.say(f"The deny is on the launch role until {over}; the next revoke after that takes it off.")
