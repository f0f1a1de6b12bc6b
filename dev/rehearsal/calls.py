"""The requests that the deployed function sent to AWS, as the proxy saw them."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from aiohttp import web
from moto.core.request import Request

from local.aws.calls import Call, read_call
from local.aws.source import Source


@dataclass(frozen=True)
class Exchange:
    """One request, and its answer."""

    source: str
    """The address of the function."""
    method: str
    path: str
    """Still percent-encoded, with the query."""
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    status: int
    answer: bytes = field(repr=False)
    at: float = field(default_factory=time.time)
    """When it was answered, in epoch seconds."""

    @classmethod
    def of(cls, request: web.BaseRequest, source: str, body: bytes, status: int, answer: bytes) -> "Exchange":
        """Return the exchange of an HTTP `request` from the address `source`."""
        return cls(source, request.method, request.raw_path, dict(request.headers), body, status, answer)

    def call(self) -> Call | None:
        """Return the API call that the request is; None where it is not signed.

        Raises `UnmappedCallError` where the call is of no operation that AWS has.
        """
        if "Authorization" not in self.headers or "AWS4-HMAC-SHA256" not in self.headers["Authorization"]:
            return None
        url = f"https://{self.headers['Host']}{self.path}"
        return read_call(Request.from_primitives(self.method, url, self.headers, self.body), Source(self.source))
