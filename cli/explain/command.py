"""The command `gate explain`."""

from typing import Annotated

import typer

from cli.arguments import CALLER_HELP, NOTEBOOK_HELP, notebook_argument, principal_argument
from cli.errors import EXIT_NEGATIVE, CommandError
from cli.explain.access_checks import AccessChecks
from cli.explain.question import ALLOWED, Finding, Question
from cli.explain.source import Source
from cli.output import AsJson, Output
from cli.user_names import notebook_of


def explain(
    context: typer.Context,
    who: Annotated[str, typer.Argument(help=CALLER_HELP)],
    notebook: Annotated[str, typer.Argument(help=NOTEBOOK_HELP)],
    source: Annotated[str, typer.Option("--from", help="The caller's address: ADDRESS, or ADDRESS@ENDPOINT.")] = "",
    opened_from: Annotated[
        str, typer.Option(help="The address at which they open the notebook, if it differs from --from.")
    ] = "",
    used_from: Annotated[
        str, typer.Option(help="The address at which they use the notebook, if it differs from --from.")
    ] = "",
    group: Annotated[list[str] | None, typer.Option(help="A group that they are in. Can be repeated.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show which check denies a caller a notebook, and how to fix it. Exits with 3 if one does.

    The caller comes from the address --from, or opens the notebook at one address and uses it at another.
    """
    opened = _source("--opened-from", opened_from) if opened_from else _source("--from", source)
    used = _source("--used-from", used_from) if used_from else _source("--from", source)
    out, caller, asked = Output(as_json=as_json), _caller(who), notebook_argument(notebook)
    found = notebook_of(context.obj.deployed, caller, asked)
    if found != asked:
        out.print(f"{asked} is {found} for {caller}.")
    question = Question(caller, group or [], found, opened, used)
    findings = list(AccessChecks(context.obj.deployed).run(question))
    failed = next((finding for finding in findings if not finding.passed), None)
    out.document({"outcome": failed.reason if failed else ALLOWED, "checks": [vars(finding) for finding in findings]})
    if not as_json:
        for finding in findings:
            _show(out, finding)
        if failed is None:
            out.print("Access is allowed.", style="bold green")
    if failed is not None:
        raise typer.Exit(EXIT_NEGATIVE)


def _show(out: Output, finding: Finding) -> None:
    mark, style = ("✓", "") if finding.passed else ("✗", "bold red")
    out.print(f"{mark} {finding.check}: {finding.text}", style=style)
    if finding.fix:
        out.print(f"  → {finding.fix}")


def _caller(who: str) -> str:
    principal = principal_argument(who)
    if principal.startswith("group:"):
        raise CommandError("A group is not a caller: name the caller, and their groups with --group")
    return principal


def _source(option: str, text: str) -> Source:
    if not text:
        raise CommandError("The caller's address is missing: add --from, or both --opened-from and --used-from")
    try:
        return Source.parse(text)
    except ValueError as error:
        raise CommandError(f"{option} {error}") from None
