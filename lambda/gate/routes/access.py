"""What several routes have in common: the checks before a notebook is used, and the page of notebooks."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from urllib.parse import unquote

from gate.container import Gate
from gate.platform.audit import Decision, decision
from gate.platform.log import logger
from gate.values.caller import Caller
from gate.values.errors.notebook import GroupsNotSentError, NotGrantedError
from gate.values.grant import Grant
from gate.values.notebook import Notebook
from gate.web.request import Request
from gate.web.responses import Response, json_response, page

Identify = Callable[[Gate, Request, Notebook], Caller]
"""Returns the caller of a request for a notebook. Raises a `GateError` if the caller is unknown."""


@dataclass(frozen=True)
class Access:
    """A caller's access to the notebook that a request names."""

    caller: Caller
    grant: Grant
    decision: Decision


@contextmanager
def notebook_access(gate: Gate, request: Request, action: str, identify: Identify) -> Iterator[Access]:
    """Check the access that `request` needs, and log the decision on `action` at the end of the block.

    Raises the errors of `notebook_in`, `identify` and `grant_of`.
    """
    notebook = notebook_in(gate, request)
    with decision(request, action) as record:
        record.notebook = notebook
        record.caller = caller = identify(gate, request, notebook)
        yield Access(caller, grant_of(gate, caller, notebook), record)


def caller_of(gate: Gate, request: Request, notebook: Notebook) -> Caller:
    """Identify the caller by bearer token or cookie."""
    return gate.callers.of(request, notebook)


def notebook_in(gate: Gate, request: Request) -> Notebook:
    """Return the notebook that the path names. Raises `InvalidNotebookNameError`."""
    # API Gateway does not decode path parameters. They are decoded once: a name that is still encoded is invalid.
    return Notebook.parse_segment(unquote(request.parameters["notebook"])).relative_to(gate.config.home)


def grant_of(gate: Gate, caller: Caller, notebook: Notebook) -> Grant:
    """Return the grant by which `caller` may open `notebook`.

    Raises the error of `not_granted` if there is none, and the other errors of `Grants.find`.
    """
    try:
        return gate.grants.find(caller, notebook)
    except NotGrantedError:
        raise not_granted(gate, caller, notebook) from None


def not_granted(gate: Gate, caller: Caller, notebook: Notebook | None = None) -> NotGrantedError:
    """Return the error for a caller without a grant for `notebook`, or for any notebook if it is None.

    It also logs if the caller's groups could not be read, because one of them may have a grant. The line has nothing
    of what the provider sent.
    """
    if caller.groups_problem:
        claim = gate.config.groups_claim
        logger.warning("the groups of a refused caller are unknown", claim=claim, problem=caller.groups_problem)
    error = GroupsNotSentError if caller.groups_problem == "overage" else NotGrantedError
    return error(ask_path(gate, notebook))


def ask_path(gate: Gate, notebook: Notebook | None = None) -> str:
    """Return the path of the page where callers ask for access to `notebook`, or an empty string if they cannot ask."""
    if not gate.config.requests_function_arn:
        return ""
    return f"/requests?notebook={notebook.segment}" if notebook else "/requests"


def notebooks_response(gate: Gate, request: Request, caller: Caller, grants: list[Grant]) -> Response:
    """Return the list of the notebooks of `grants` with their states, as a page or as JSON."""
    config = gate.config
    rows = gate.launcher.describe_all(caller, grants)
    if request.wants_json:
        notebooks = [
            {
                "notebook": str(row.grant.notebook),
                "open": f"{config.base_url}/open/{row.grant.notebook.segment}",
                "default": row.grant.default,
                "power": row.grant.power,
                "until": row.grant.until,
                **(asdict(row.instance) if row.instance else {"state": None}),
            }
            for row in rows
        ]
        return json_response({"notebooks": notebooks})
    return page(
        "notebooks.html",
        base_path=config.base_path,
        rows=rows,
        name=caller.name,
        groups=caller.groups,
        groups_problem=caller.groups_problem,
        address=caller.address,
        base_url=config.base_url,
        ask_path=ask_path(gate),
    )
