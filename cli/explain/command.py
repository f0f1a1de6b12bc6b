"""`gate explain`: why somebody gets into a notebook, or why not."""

from typing import Annotated

import typer

from cli.errors import EXIT_NEGATIVE, CommandError
from cli.explain.access_checks import Explanation, Question
from cli.explain.finding import ALLOWED, Finding
from cli.explain.source import Source
from cli.output import AsJson, Output
from gate.errors.notebook import InvalidNotebookNameError
from gate.notebook import Notebook
from grant_schema.principal import parse_principal


def explain(
    context: typer.Context,
    who: Annotated[str, typer.Argument(help="alice@example.com, iam:ARN or slack:TEAM/USER.")],
    notebook: Annotated[str, typer.Argument(help="NAME, or ACCOUNT/REGION/NAME for one in another account or region.")],
    source: Annotated[
        str, typer.Option("--from", help="The address that they come from: ADDRESS, or ADDRESS@ENDPOINT.")
    ] = "",
    opened_from: Annotated[str, typer.Option(help="Where they open the notebook, if they use it elsewhere.")] = "",
    used_from: Annotated[str, typer.Option(help="Where they use the notebook, if they open it elsewhere.")] = "",
    group: Annotated[
        list[str] | None, typer.Option(help="A group that they are in; several times for several.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say which gate stops somebody on the way into a notebook, and what would mend it. Ends with 3 when one does."""
    opened = _source("--opened-from", opened_from) if opened_from else _source("--from", source)
    used = _source("--used-from", used_from) if used_from else _source("--from", source)
    question = _question(who, group or [], notebook, opened, used)
    out = Output(as_json=as_json)
    findings = list(Explanation(context.obj.deployed).walk(question))
    stopped = next((finding for finding in findings if not finding.passed), None)
    out.document({"outcome": stopped.reason if stopped else ALLOWED, "gates": [vars(finding) for finding in findings]})
    if not as_json:
        for finding in findings:
            _say(out, finding)
        if stopped is None:
            out.say("They get in.", style="bold green")
    if stopped is not None:
        raise typer.Exit(EXIT_NEGATIVE)


def _say(out: Output, finding: Finding) -> None:
    out.say(
        f"{'✓' if finding.passed else '✗'} {finding.gate}: {finding.text}", style="" if finding.passed else "bold red"
    )
    if finding.mend:
        out.say(f"  → {finding.mend}")


def _question(who: str, groups: list[str], notebook: str, opened_from: Source, used_from: Source) -> Question:
    try:
        subject = parse_principal(who)
    except ValueError as error:
        raise CommandError(str(error)) from None
    if subject.startswith("group:"):
        raise CommandError("A group goes nowhere by itself: say who, and --group for what they are in")
    try:
        named = Notebook.parse(notebook)
    except InvalidNotebookNameError:
        raise CommandError(f"{notebook!r} is not a valid notebook name; write name, or account/region/name") from None
    return Question(subject, groups, named, opened_from, used_from)


def _source(option: str, text: str) -> Source:
    if not text:
        raise CommandError("Say where they come from: --from, or both --opened-from and --used-from")
    try:
        return Source.parse(text)
    except ValueError as error:
        raise CommandError(f"{option} {error}") from None
