"""Asks an operator before a change."""

import typer

from cli.errors import CommandError


def confirm(question: str) -> None:
    """Ask on standard error. Raises `CommandError` unless the answer is yes, also if nobody can answer."""
    try:
        agreed = typer.confirm(question, err=True)
    except typer.Abort:
        typer.echo(err=True)
        raise CommandError("Nothing was changed. In a script, add --yes") from None
    if not agreed:
        raise CommandError("Nothing was changed")
