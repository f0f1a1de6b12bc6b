"""The subcommands of `gate requests`."""

import json
import re
import time
from typing import Annotated, Any

import typer

from cli.aws import aws_errors
from cli.deployed import Deployed
from cli.errors import EXIT_NEGATIVE, CommandError
from cli.grant_schema.until import DAY, parse_until
from cli.output import AsJson, Output
from cli.requests.history import Criteria, all_requests, open_requests, store_of
from cli.revoke.remote_accounts import copy_commands
from gate.access_requests.access_request import AccessRequest
from gate.access_requests.participant import AUTOMATIC
from gate.access_requests.wording import outcome
from gate.platform.aliases import OPERATORS
from gate.values.principal import normal_principal
from gate.web.durations import date_time, in_words
from gate.web.people import principal_of

Id = Annotated[str, typer.Argument(help="The id of the request; gate requests list shows it.")]

_UNITS = {"m": 60, "h": 3_600, "d": 86_400}

app = typer.Typer(
    help="List, allow and deny access requests, and end the access that they led to.", no_args_is_help=True
)


@app.command("list")
def list_requests(
    context: typer.Context,
    everything: Annotated[bool, typer.Option("--all", help="Also requests that are decided or have ended.")] = False,
    since: Annotated[str | None, typer.Option(help="All requests from this day or moment (UTC) on.")] = None,
    until: Annotated[str | None, typer.Option(help="All requests up to this day or moment (UTC).")] = None,
    notebook: Annotated[str | None, typer.Option(help="All requests for a notebook; * stands for any text.")] = None,
    by: Annotated[str | None, typer.Option(help="All requests that this principal made, approved or decided.")] = None,
    as_json: AsJson = False,
) -> None:
    """List access requests, the oldest first: those that are open, or with any option, also those that are not.

    The table keeps them for requests.keep_days.
    """
    deployed, now, out = context.obj.deployed, time.time(), Output(as_json=as_json)
    _check_enabled(deployed)
    everything = everything or any((since, until, notebook, by))
    if everything:
        criteria = Criteria(
            since=_moment_of("--since", since, end=False) if since else Criteria.since,
            until=_moment_of("--until", until, end=True) if until else Criteria.until,
            notebook=notebook or Criteria.notebook,
            by=_principal(by) if by else Criteria.by,
        )
        with out.waiting("Reading the requests"):
            shown = all_requests(deployed, criteria)
    else:
        shown = open_requests(deployed)
    out.document({"requests": [_document(each, now) for each in shown]})
    if as_json:
        return
    if shown:
        columns = ["ID", "WHO", "NOTEBOOK", "FOR", "STATE", "ASKED", "WHY"]
        out.table(columns, [_row(each, now) for each in shown], prose=["STATE", "WHY"])
    else:
        out.print("No such access requests." if everything else "No open access requests.")


@app.command()
def allow(
    context: typer.Context,
    request: Id,
    length: Annotated[
        str | None, typer.Option("--for", help="How long access lasts, such as 8h; by default as asked.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Allow a request. Exits with 3 if it is decided already, or has ended."""
    deployed = context.obj.deployed
    _check_enabled(deployed)
    choices = deployed.settings.requests.choices
    seconds = _parse_length(length, choices) if length else _find(deployed, request).seconds
    _decide(deployed, Output(as_json=as_json), {"action": "allow", "request": request, "seconds": seconds})


@app.command()
def deny(
    context: typer.Context,
    request: Id,
    reason: Annotated[str, typer.Option(help="Why not, for the person who asked.")] = "",
    as_json: AsJson = False,
) -> None:
    """Deny a request. Exits with 3 if it is decided already, or has ended."""
    deployed = context.obj.deployed
    _check_enabled(deployed)
    _decide(deployed, Output(as_json=as_json), {"action": "deny", "request": request, "reason": reason})


@app.command()
def end(context: typer.Context, request: Id, as_json: AsJson = False) -> None:
    """End the access that a request led to, and cut off the notebook. Exits with 3 if it has ended, or work is left."""
    deployed, out = context.obj.deployed, Output(as_json=as_json)
    _check_enabled(deployed)
    account = _find(deployed, request).notebook.location.partition("/")[0]
    _decide(deployed, out, {"action": "end", "request": request})
    if account in ("", deployed.home.partition("/")[0]):
        out.print("What is open is closed within a minute. Other grants stay.")
        return
    # The function writes the deny to the gate's own launch role only.
    out.print(
        f"What is open stays open, because its launch role belongs to {account}. Run after a minute:", style="red"
    )
    for owner, command in copy_commands(deployed, [account]):
        out.print(f"  with credentials of {owner}: {command}")
    raise typer.Exit(EXIT_NEGATIVE)


def _decide(deployed: Deployed, out: Output, decision: dict[str, Any]) -> None:
    with aws_errors():
        arn = deployed.aws.client("sts").get_caller_identity()["Arn"]
        response = deployed.aws.client("lambda").invoke(
            FunctionName=deployed.output("RequestsFunctionName"),
            Qualifier=OPERATORS,
            Payload=json.dumps({"operator": {"arn": arn, **decision}}).encode(),
        )
        answer = json.loads(response["Payload"].read())
    if response.get("FunctionError"):
        raise CommandError("The requests function failed; its log says why")
    out.document(answer)
    if "error" in answer:
        out.print(answer["message"], style="yellow")
        raise typer.Exit(EXIT_NEGATIVE)
    request = answer["request"]
    out.print(f"{request['notebook']} for {request['requester']}: {request['outcome']}.", style="green")


def _parse_length(text: str, allowed: list[int]) -> int:
    """Return the length `text`, such as `90m`, `8h` or `2d`, in seconds.

    `allowed`: the lengths that the settings offer. Raises `CommandError` for any other.
    """
    match = re.fullmatch(r"(\d{1,6})([mhd])", text, re.ASCII)
    seconds = int(match[1]) * _UNITS[match[2]] if match else 0
    if seconds not in allowed:
        offered = ", ".join(in_words(each) for each in allowed)
        raise CommandError(
            f"--for {text} is not one of the lengths in requests.choices: {offered} (write 90m, 8h or 2d)"
        )
    return seconds


def _moment_of(option: str, text: str, *, end: bool) -> int:
    """Return the day or moment `text` in epoch seconds. `end`: whether a day stands for its end."""
    try:
        moment = parse_until(text)
    except ValueError as error:
        raise CommandError(f"{option}: {error}") from None
    is_day = len(text) == len("2026-12-31")
    return moment - DAY if is_day and not end else moment


def _principal(text: str) -> str:
    """Return the principal `text` as requests name it: people in normal form, operators by any ARN, and the rule."""
    if text == AUTOMATIC or text.startswith("iam:arn:"):
        return text
    normal = normal_principal(f"user:{text}" if "@" in text and ":" not in text else text)
    if normal is None:
        raise CommandError(
            f"--by {text} is not a principal; write user:<e-mail>, slack:<team>/<user>, iam:<ARN> or {AUTOMATIC}"
        )
    return normal


def _document(request: AccessRequest, now: float) -> dict[str, Any]:
    return {
        **request.audit_fields(),
        "asked_at": request.asked_at,
        "state": request.state(now),
        "decided_by": request.decided_by or None,
        "decided_at": request.decided_at or None,
    }


def _find(deployed: Deployed, request_id: str) -> AccessRequest:
    with aws_errors():
        found = store_of(deployed).find(request_id)
    if found is None:
        list_all = deployed.lines.gate("requests", "list", "--all")
        raise CommandError(f"There is no request {request_id}; {list_all} shows all of them")
    return found


def _check_enabled(deployed: Deployed) -> None:
    if not deployed.settings.requests.approvers:
        raise CommandError(
            f"Nobody can ask for access at {deployed.stack}: set requests.approvers in gate.toml, and deploy it"
        )


def _row(request: AccessRequest, now: float) -> list[str]:
    state = outcome(request, request.state(now), name=principal_of)
    if request.decision_reason:
        state += f": {request.decision_reason}"
    return [
        request.id,
        request.requester,
        str(request.notebook),
        in_words(request.seconds),
        state,
        date_time(request.asked_at),
        request.reason,
    ]
