"""`gate doctor`: whether a deployment is well, one line each, with what would mend it."""

from itertools import chain
from pathlib import Path
from typing import Annotated

import typer

from cli.doctor.checks import Check, Doctor, worst
from cli.doctor.live import Live
from cli.doctor.sign_in import SignIn
from cli.errors import EXIT_NEGATIVE, CommandError
from cli.output import AsJson, Output

MARKS = {"ok": ("✓", "green"), "look": ("!", "yellow"), "bad": ("✗", "bold red")}


def doctor(
    context: typer.Context,
    settings: Annotated[Path, typer.Option(help="The settings that should be deployed.")] = Path("gate.toml"),
    live: Annotated[bool, typer.Option("--live", help="Also try what can only be believed without AWS.")] = False,
    notebook: Annotated[str | None, typer.Option(help="For --live: an instance that is in service.")] = None,
    stopped: Annotated[str | None, typer.Option(help="For --live: one that is stopped.")] = None,
    wait: Annotated[bool, typer.Option("--wait", help="For --live: see that it outlives an hour.")] = False,
    sign_in: Annotated[
        bool, typer.Option("--sign-in", help="Also sign in, in your browser, and show which claims came from where.")
    ] = False,
    no_browser: Annotated[
        bool, typer.Option("--no-browser", help="For --sign-in: open no browser, only print the address.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Check a deployment. Ends with 3 when something has to be mended."""
    out, found = Output(as_json=as_json), []
    if live and not notebook:
        raise CommandError("--live tries things on a notebook instance: say which with --notebook NAME")
    # `make run` brings settings of its own.
    file = None if context.obj.local else settings
    looks = Doctor(context.obj.deployed, settings=file).look()
    if live and notebook:
        looks = chain(looks, Live(context.obj.deployed, notebook, stopped, wait).look())
    trial = SignIn(context.obj.deployed, out, browser=not no_browser) if sign_in else None
    if trial:
        looks = chain(looks, trial.look())
    for check in looks:
        found.append(check)
        if not as_json:
            _say(out, check)
    claims = {"claims": [vars(claim) for claim in trial.claims]} if trial else {}
    out.document({"worst": worst(found), "checks": [vars(check) for check in found], **claims})
    if trial and trial.claims and not as_json:
        out.table(("CLAIM", "TYPE", "FROM"), [(claim.name, claim.type, claim.source) for claim in trial.claims])
    if worst(found) == "bad":
        raise typer.Exit(EXIT_NEGATIVE)


def _say(out: Output, check: Check) -> None:
    mark, style = MARKS[check.level]
    out.say(f"{mark} {check.name}: {check.text}", style=style)
    if check.mend:
        out.say(f"  → {check.mend}")
