"""Calls without a network, before SnapStart's snapshot.

botocore fills caches with the first call of each operation, which takes several milliseconds. The snapshot then
contains these caches, and neither credentials nor connections: the calls are not signed or sent.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from botocore import UNSIGNED
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders

from gate.platform.aws.clients import aws_clients


class _Body:
    def __init__(self, content: bytes):
        self._content = content

    def stream(self) -> Iterator[bytes]:
        yield self._content


def prime(client: Any, operation: str, parameters: Mapping[str, Any], content: bytes) -> None:
    """Call `operation` of `client` with `parameters`, as if AWS's response were `content`."""
    events, transport = client.meta.events, aws_clients().transport
    transport.pool(client.meta.endpoint_url)

    def respond(request: Any, **_event: Any) -> AWSResponse:
        return AWSResponse(request.url, 200, HTTPHeaders(), _Body(content))

    def unsigned(**_event: Any) -> Any:
        return UNSIGNED

    # botocore asks every handler of `before-send`, so the one that sends is removed meanwhile.
    events.unregister("before-send", transport.send)
    events.register("before-send", respond)
    events.register("choose-signer", unsigned)
    try:
        getattr(client, operation)(**parameters)
    finally:
        events.unregister("choose-signer", unsigned)
        events.unregister("before-send", respond)
        events.register("before-send", transport.send)
