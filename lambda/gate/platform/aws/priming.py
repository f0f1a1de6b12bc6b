"""Calls without a network, before SnapStart's snapshot.

botocore fills caches with the first call of each operation, which takes several milliseconds. The snapshot then
contains these caches, and neither credentials nor connections: the calls are signed with made-up keys, and not sent.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.credentials import ReadOnlyCredentials

from gate.platform.aws.clients import aws_clients
from gate.platform.aws.service import Client, Service


class _Body:
    def __init__(self, content: bytes):
        self._content = content

    def stream(self) -> Iterator[bytes]:
        yield self._content


def prime(service: Service, operation: str, parameters: Mapping[str, Any], content: bytes) -> None:
    """Call `operation` of `service` with `parameters`, as if AWS's response were `content`."""
    aws_clients().transport.pool(service.endpoint_url)
    credentials = ReadOnlyCredentials("x", "x", "x")

    def respond(request: Any) -> AWSResponse:
        return AWSResponse(request.url, 200, HTTPHeaders(), _Body(content))

    getattr(Client(service, lambda: credentials, respond), operation)(**parameters)
