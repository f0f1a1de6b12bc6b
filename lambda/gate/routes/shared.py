"""What several routes do alike: finding the notebook that is meant, and showing somebody's notebooks."""

from dataclasses import asdict
from urllib.parse import unquote

from gate.container import Gate
from gate.errors.notebook import GroupsNotSentError, NotGrantedError
from gate.identity.caller import Caller
from gate.log import logger
from gate.notebook import Notebook
from gate.store.grants import Grant
from gate.web.request import Request
from gate.web.responses import Response, document, page


def notebook_in(request: Request) -> Notebook:
    """Return the notebook that is named in the path. Raises `InvalidNotebookNameError`."""
    # API Gateway leaves path parameters encoded. One decoding only: what is still encoded after it is no name.
    return Notebook.parse_segment(unquote(request.parameters["notebook"]))


def grant_of(gate: Gate, caller: Caller, notebook: Notebook) -> Grant:
    """Return the grant by which `caller` may open `notebook`.

    Raises what `not_granted` returns where there is none, and what else `Grants.find` raises.
    """
    try:
        return gate.grants.find(caller, notebook)
    except NotGrantedError:
        raise not_granted(gate, caller) from None


def not_granted(gate: Gate, caller: Caller) -> NotGrantedError:
    """Return the refusal of somebody without a grant, and log it when their groups could not be read.

    They may be refused for want of a group that they are in. The line has the reference that they see, and nothing of
    what the provider sent.
    """
    if caller.groups_problem:
        claim = gate.config.groups_claim
        logger.warning("the groups of a refused caller are unknown", claim=claim, problem=caller.groups_problem)
    return GroupsNotSentError() if caller.groups_problem == "overage" else NotGrantedError()


def their_notebooks(gate: Gate, request: Request, caller: Caller, grants: list[Grant]) -> Response:
    """Show `caller` the notebooks of `grants`: how they stand, and what can be done with each."""
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
        return document({"notebooks": notebooks})
    return page(
        "notebooks.html",
        base_path=config.base_path,
        rows=rows,
        name=caller.name,
        groups=caller.groups,
        groups_problem=caller.groups_problem,
        address=caller.address,
        base_url=config.base_url,
    )
