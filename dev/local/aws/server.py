"""Serves the fake AWS APIs at two endpoints: one for the function's calls, and one for all others."""

import io
import json
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import Any
from xml.sax.saxutils import escape

from moto.core.request import Request
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.wrappers import Response

from local.aws.authority import Authority
from local.aws.calls import ApiError, Call, UnmappedCallError, read_call, response_of
from local.aws.services import Service, answer_of
from local.aws.source import Source
from local.serving import serve_wsgi

_QUERY = frozenset({"sts", "iam", "cloudformation", "ec2", "sns"})
"""Services whose errors are XML (the AWS query protocol)."""

StartResponse = Callable[..., Any]
App = Callable[[dict[str, Any], StartResponse], Iterable[bytes]]


class AwsServer:
    """Serves AWS's APIs on loopback. moto's backends in this process hold the data."""

    def __init__(self, authority: Authority, function: Source, services: Sequence[Service]) -> None:
        """`function`: the source of the function's calls as AWS sees it. `services`: what is asked before moto."""
        self._authority = authority
        self._services = services
        self.calls: deque[Call] = deque(maxlen=10_000)
        """The calls, oldest first."""
        self.changes: dict[str, Callable[[Call, Any], Any]] = {}
        """Changes of the answers to operations, by their names. They may raise `ApiError`."""
        self._moto: App = DomainDispatcherApplication(create_backend_app)
        # The function has its own endpoint: its socket has a loopback address, not that of the NAT gateway.
        self._servers = [serve_wsgi(self._app(function)), serve_wsgi(self._app(None))]
        self.function_url, self.url = (server.url for server in self._servers)

    def close(self) -> None:
        """Stop serving."""
        for server in self._servers:
            server.close()

    def _app(self, source: Source | None) -> App:
        def app(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
            request, call = Request(environ), None
            environ["wsgi.input"] = io.BytesIO(request.get_data())  # which moto reads again
            try:
                call = read_call(request, source or Source(environ["REMOTE_ADDR"]))
                self.calls.append(call)
                self._authority.check(call)
                answer = answer_of(self._services, call, self._authority.identity(call.access_key))
                if call.operation in self.changes:
                    answer = self.changes[call.operation](call, answer)
            except UnmappedCallError as error:
                return _failure(call, ApiError("AccessDenied", str(error), 403))(environ, start_response)
            except ApiError as error:
                return _failure(call, error)(environ, start_response)
            if answer is None:
                return self._moto(environ, start_response)
            return response_of(request, call, answer)(environ, start_response)

        return app


def _failure(call: Call | None, error: ApiError) -> Response:
    """Return the response with `error`, which need not be one that botocore's models have."""
    if call is not None and call.service in _QUERY:
        detail = f"<Code>{error.code}</Code><Message>{escape(str(error))}</Message>"
        text = f"<ErrorResponse><Error><Type>Sender</Type>{detail}</Error></ErrorResponse>"
        return Response(text, error.status, content_type="text/xml")
    document = {"__type": error.code, "message": str(error), **error.details}
    return Response(json.dumps(document), error.status, content_type="application/x-amz-json-1.1")
