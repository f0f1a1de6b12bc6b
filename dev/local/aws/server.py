"""Serves the fake AWS APIs at two endpoints: one for the function's calls, and one for all others."""

import datetime
import json
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import Any
from xml.sax.saxutils import escape

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

from local.aws.authority import Authority
from local.aws.calls import ApiError, Call, UnmappedCallError, read_call
from local.aws.services import ACCEPTED, Service, answer_of
from local.aws.source import Source
from local.serving import serve_wsgi

_QUERY = frozenset({"sts", "iam", "cloudformation", "ec2", "sns"})
"""Services whose requests are forms and whose answers are XML (the AWS query protocol)."""

StartResponse = Callable[[str, list[tuple[str, str]]], Any]
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
            call: Call | None = None
            try:
                call = read_call(environ, source or Source(environ["REMOTE_ADDR"]))
                self.calls.append(call)
                self._authority.check(call)
                answer = answer_of(self._services, call, self._authority.identity(call.access_key))
                if call.operation in self.changes:
                    answer = self.changes[call.operation](call, answer)
            except UnmappedCallError as error:
                return _fail(start_response, call, ApiError("AccessDenied", str(error), 403))
            except ApiError as error:
                return _fail(start_response, call, error)
            if answer is None:
                return self._moto(environ, start_response)
            if call.service in _QUERY:
                start_response("200 OK", [("Content-Type", "text/xml")])
                return [_xml(call, answer)]
            status = "202 Accepted" if answer is ACCEPTED else "200 OK"
            start_response(status, [("Content-Type", "application/x-amz-json-1.1")])
            return [json.dumps(answer, default=_encoded).encode()]

        return app


def _fail(start_response: StartResponse, call: Call | None, error: ApiError) -> list[bytes]:
    if call is not None and call.service in _QUERY:
        start_response(f"{error.status} Error", [("Content-Type", "text/xml")])
        detail = f"<Code>{error.code}</Code><Message>{escape(str(error))}</Message>"
        return [f"<ErrorResponse><Error><Type>Sender</Type>{detail}</Error></ErrorResponse>".encode()]
    start_response(f"{error.status} Error", [("Content-Type", "application/x-amz-json-1.1")])
    return [json.dumps({"__type": error.code, "message": str(error), **error.details}).encode()]


def _xml(call: Call, answer: Any) -> bytes:
    # EC2's answers have no result element, and list entries have another name.
    inner = _element(answer, "item" if call.service == "ec2" else "member")
    result = inner if call.service == "ec2" else f"<{call.operation}Result>{inner}</{call.operation}Result>"
    return f"<{call.operation}Response>{result}</{call.operation}Response>".encode()


def _element(value: Any, entry: str) -> str:
    if isinstance(value, dict):
        return "".join(f"<{name}>{_element(inner, entry)}</{name}>" for name, inner in value.items())
    if isinstance(value, list):
        return "".join(f"<{entry}>{_element(inner, entry)}</{entry}>" for inner in value)
    if isinstance(value, datetime.datetime):
        return value.isoformat()
    return str(value).lower() if isinstance(value, bool) else escape(str(value))


def _encoded(value: Any) -> float:
    """Return a time as JSON protocols have it: in epoch seconds."""
    seconds: float = value.timestamp()
    return seconds
