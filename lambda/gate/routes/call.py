"""One call of an endpoint: the request, and what is found out about it on the way."""

from contextlib import AbstractContextManager, nullcontext
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import unquote

from gate.container import Gate
from gate.platform.audit import AuditRecord
from gate.platform.log import logger
from gate.values.caller import Caller
from gate.values.errors.notebook import GroupsNotSentError, NotGrantedError
from gate.values.errors.upstream import UpstreamError
from gate.values.grant import Grant
from gate.values.landing import Landing
from gate.values.notebook import Notebook
from gate.web.request import Request
from gate.web.responses import Response, page

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aws_lambda_powertools.shared.cookies import Cookie

    from gate.access_requests.lists import RequestPage
    from gate.identity.callers import Means


class Call:
    """A request on its way through an endpoint. Notebook, caller and grant are found out when they are first needed."""

    def __init__(self, gate: Gate, request: Request, means: "Sequence[Means]", record: AuditRecord):
        """`means`: how the route identifies callers. `record`: the line of the audit log."""
        self.gate = gate
        self.request = request
        self.record = record
        self._means = means

    @cached_property
    def notebook(self) -> Notebook:
        """The notebook that the path names. Raises `InvalidNotebookNameError`."""
        # API Gateway does not decode path parameters. They are decoded once: a name that is still encoded is invalid.
        name = unquote(self.request.parameters["notebook"])
        self.record.notebook = Notebook.parse_segment(name).relative_to(self.gate.config.home)
        return self.record.notebook

    @cached_property
    def landing(self) -> Landing:
        """Where in the notebook the query asks to land. Raises `InvalidViewError` and `InvalidPathError`."""
        return Landing.parse(self.request.query)

    @cached_property
    def caller(self) -> Caller:
        """The caller. Raises the errors of `notebook` and of `Callers.identify`."""
        notebook = self.notebook if "notebook" in self.request.parameters else None
        self.record.caller = self.gate.identity.callers.identify(self.request, self._means, notebook)
        return self.record.caller

    def side_by_side(self, notebook: Notebook | None) -> AbstractContextManager[None]:
        """Open the connections to AWS side by side, and read grants meanwhile, at the first request of a process.

        The session cookie names a person who is not proven yet. The grants are those of this person for `notebook`, or
        all of them if it is None. In the block, they are used if the caller is proven to be this person. A request
        without a cookie or a token leads to the sign-in, so it needs neither connections nor grants.
        """
        request, gate = self.request, self.gate
        if not (request.cookies or request.bearer) or not gate.aws.open_connections():
            return nullcontext()
        is_other = request.bearer or "ticket" in request.query
        caller = None if is_other else gate.identity.sessions.unproven_caller(request)
        return gate.grants.reading_ahead(caller, notebook) if caller else nullcontext()

    @cached_property
    def grant(self) -> Grant:
        """The grant by which the caller may open the notebook.

        Raises the errors of `caller`, the error of `not_granted`, and the other errors of `Grants.find`.
        """
        notebook, caller = self.notebook, self.caller
        try:
            self.record.grant = self.gate.grants.find(caller, notebook)
        except NotGrantedError:
            raise self.not_granted(notebook) from None
        return self.record.grant

    def not_granted(self, notebook: Notebook | None = None) -> NotGrantedError:
        """Return the error for a caller without a grant for `notebook`, or for any notebook if it is None.

        It also logs if the caller's groups could not be read, because one of them may have a grant. The line has
        nothing of what the provider sent.
        """
        problem = self.caller.groups_problem
        if problem:
            claim = self.gate.config.groups_claim
            logger.warning("the groups of a refused caller are unknown", claim=claim, problem=problem)
        error = GroupsNotSentError if problem == "overage" else NotGrantedError
        return error(self.ask_link(notebook))

    def ask_link(self, notebook: Notebook | None = None) -> str:
        """Return the link to ask for access to `notebook`, or an empty string if callers cannot ask."""
        if not self.gate.config.access_requests:
            return ""
        return self.gate.page_links.requests(notebook, self.landing if notebook else None)

    def waiting(self, grants: "Sequence[Grant] | None" = None) -> "RequestPage | None":
        """Return the first page of the access requests, for a caller who decides on any. None for everybody else.

        `grants`: all grants of the caller, if they are known already. If the requests cannot be read, the result is
        None, so that the page is shown without them.
        """
        if not self.gate.config.access_requests:
            return None
        try:
            return self.gate.access_requests.lists.to_decide(self.caller, grants=grants)
        except UpstreamError:
            return None

    def page(
        self,
        template: str,
        *,
        status: int = 200,
        headers: "Mapping[str, str] | None" = None,
        cookies: "Sequence[Cookie]" = (),
        waiting: "RequestPage | None" = None,
        **values: object,
    ) -> Response:
        """Return a response with the template `template` of `pages/`.

        `waiting`: the requests that the header counts. `values`: the template's own variables.
        """
        header = self.gate.page_header(self.record.caller, to_decide=waiting.count if waiting else "")
        return page(template, header=header, status=status, headers=headers, cookies=cookies, **values)
