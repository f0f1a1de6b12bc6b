"""The command `gate doctor`."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from cli.deployed import Deployed
from cli.doctor.check import Check, worst
from cli.doctor.claim_checks import check_sign_in
from cli.doctor.deployment_checks import check_deployment
from cli.doctor.live_checks import LiveChecks
from cli.doctor.sign_in import wait_for_sign_in
from cli.errors import EXIT_NEGATIVE, CommandError
from cli.output import AsJson, Output

MARKS = {"ok": ("✓", "green"), "warning": ("!", "yellow"), "error": ("✗", "bold red")}


def doctor(
    context: typer.Context,
    settings: Annotated[Path, typer.Option(help="The settings file to compare with the deployed settings.")] = Path(
        "gate.toml"
    ),
    live: Annotated[
        bool, typer.Option("--live", help="Also test the assumptions about AWS, with a notebook instance.")
    ] = False,
    notebook: Annotated[str | None, typer.Option(help="For --live: a notebook instance that is in service.")] = None,
    stopped: Annotated[str | None, typer.Option(help="For --live: a notebook instance that is stopped.")] = None,
    wait: Annotated[
        bool, typer.Option("--wait", help="For --live: also test that an open notebook outlives an hour.")
    ] = False,
    sign_in: Annotated[
        bool, typer.Option("--sign-in", help="Also sign in, in your browser, and show each claim with its source.")
    ] = False,
    no_browser: Annotated[
        bool, typer.Option("--no-browser", help="For --sign-in: print the URL without opening a browser.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Check a deployment. Exits with 3 if a check finds an error.

    It also checks the notebooks of the grants, and the execution roles of Studio. Without --live, it changes nothing.
    """
    out, found = Output(as_json=as_json), []
    if live and not notebook:
        raise CommandError("--live needs a notebook instance: add --notebook NAME")

    def show(checks: Iterable[Check]) -> None:
        for check in checks:
            found.append(check)
            if not as_json:
                _show(out, check)

    deployed: Deployed = context.obj.deployed
    # `make run` does not use the settings file.
    show(check_deployment(deployed, settings_file=None if context.obj.local else settings))
    if live and notebook:
        show(LiveChecks(deployed, notebook, stopped, wait).run())
    report = wait_for_sign_in(deployed, out, browser=not no_browser) if sign_in else None
    if sign_in:
        show(check_sign_in(deployed.config, report))
    claims = report.claims if report else ()
    in_json = {"claims": [vars(claim) for claim in claims]} if sign_in else {}
    out.document({"worst": worst(found), "checks": [vars(check) for check in found], **in_json})
    if claims and not as_json:
        out.table(("CLAIM", "TYPE", "SOURCE"), [(claim.name, claim.type, claim.source) for claim in claims])
    if worst(found) == "error":
        raise typer.Exit(EXIT_NEGATIVE)


def _show(out: Output, check: Check) -> None:
    mark, style = MARKS[check.level]
    out.print(f"{mark} {check.name}: {check.text}", style=style)
    if check.fix:
        out.print(f"  → {check.fix}")
