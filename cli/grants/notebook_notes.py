"""What grants name that AWS does not have, or does not have so. It keeps nobody from giving them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from cli.deployed import Deployed
from cli.errors import CommandError
from cli.grant_schema.spec import GrantSpec
from cli.grants.display import MAX_LINES
from cli.notebooks.granted import GrantProblem, check_all, granted_notebooks
from cli.output import Output
from gate.values.notebook import Notebook


@dataclass(frozen=True)
class NotebookNotes:
    """Notes about the notebooks of the grants that a command writes."""

    problems: list[GrantProblem] = field(default_factory=list)
    unchecked: list[str] = field(default_factory=list)
    """Why notebooks could not be checked, as sentences."""

    @classmethod
    def of(cls, deployed: Deployed, specs: Sequence[GrantSpec]) -> "NotebookNotes":
        """Check the notebooks of `specs`. A call that AWS refuses leads to a note."""
        if not specs:
            return cls()
        grants = [(spec.principal, Notebook.parse_granted(spec.notebook), spec.view) for spec in specs]
        try:
            checked = check_all(deployed, granted_notebooks(deployed, grants))
        except CommandError as error:
            return cls(unchecked=[f"The notebooks were not checked: {error}"])
        return cls(checked.problems, checked.unchecked)

    def show(self, out: Output) -> None:
        """Print a line for each note."""
        lines = [f"! {each.text}. {each.problem.fix}" for each in self.problems]
        for line in lines[:MAX_LINES]:
            out.print(line, style="yellow")
        if len(lines) > MAX_LINES:
            out.print(f"  and {len(lines) - MAX_LINES} more of these (plan --json shows all)", style="yellow")
        for sentence in self.unchecked:
            out.print(sentence, style="yellow")

    def to_dict(self) -> dict[str, Any]:
        """Return the notes as JSON writes them."""
        return {"notebooks": [each.to_dict() for each in self.problems], "unchecked": self.unchecked}
