"""The local API Gateway: checks a request against the resource policy, and passes it to the function."""

import asyncio
import logging
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

from aiohttp import web

from local.aws.source import Source
from local.evaluator import Access, Evaluator
from local.events import HttpRequest, Match, answer_of, event_of, find_route, method_arn
from local.resolved_template import ResolvedTemplate
from local.sample import IamUser
from local.signature import BadSignatureError, UnsignedError, signer_of
from local.template import ACCOUNT

logger = logging.getLogger(__name__)

Handler = Callable[[dict[str, Any], Any], Any]

MAX_HEADER_BYTES = 10_240
MAX_BODY_BYTES = 10 * 1024 * 1024
"""API Gateway developer guide, "Quotas for REST APIs"."""


class FrontDoor:
    """Serves the API of one deployment."""

    def __init__(
        self,
        *,
        template: ResolvedTemplate,
        evaluator: Evaluator,
        handler: Handler,
        users: Sequence[IamUser],
        base_path: str,
        vpc_endpoints: Mapping[str, str] | None = None,
    ) -> None:
        """`base_path`: `/STAGE` as API Gateway's default endpoint has it, or empty as with a custom domain.

        `vpc_endpoints`: the VPC endpoint IDs of a private API, by the address that their requests come from.
        """
        # Read once, since each is resolved from the whole template.
        self._stage = template.stage
        self._policy = template.api_policy
        self._routes = template.routes
        self._responses = template.gateway_responses
        self._evaluator = evaluator
        self._handler = handler
        self._users = users
        self._base_path = base_path
        self._vpc_endpoints = vpc_endpoints or {}
        self.remaining_ms = 28_000
        """Milliseconds that the Lambda context reports as remaining when a request begins: the function's time-out."""
        self.background_remaining_ms = 28_000
        """The same for an event that the function sent to itself."""
        self.calls = 0
        """The number of requests that the function was called for."""
        # One worker, since a Lambda instance serves one request at a time.
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="function")

    def close(self) -> None:
        """Stop the function once its queued events are done."""
        self._worker.shutdown()

    def wait_until_idle(self) -> None:
        """Wait until the function has handled all queued events."""
        self._worker.submit(lambda: None).result()

    def invoke_in_background(self, function_arn: str, event: Mapping[str, Any]) -> None:
        """Queue `event`, which one of the functions sent to `function_arn`. A failed invocation is retried once."""
        self._worker.submit(self._handle_event, function_arn, dict(event))

    def invoke(self, function_arn: str, event: Mapping[str, Any]) -> Any:
        """Return the result of `function_arn` for `event`, which an operator sent."""
        context = self._context(self.remaining_ms, function_arn)
        return self._worker.submit(self._handler, dict(event), context).result()

    async def serve(self, incoming: web.BaseRequest) -> web.StreamResponse:
        """Answer a request to the API."""
        raw_path, _, query = incoming.raw_path.partition("?")
        below = raw_path.removeprefix(self._base_path) if f"{raw_path}/".startswith(f"{self._base_path}/") else None
        path = raw_path if below is None else below
        request = HttpRequest(
            method=incoming.method,
            # Request targets in absolute and asterisk form (RFC 9112 §3.2) have no route.
            path=path if path.startswith("/") else f"/{path}",
            query=query,
            headers=[(name.decode(), value.decode("latin-1")) for name, value in incoming.raw_headers],
            body=await incoming.content.read(MAX_BODY_BYTES + 1) if incoming.can_read_body else b"",
            address=incoming.remote or "",
        )
        return await asyncio.to_thread(self._answer, request, below_stage=below is not None)

    def _answer(self, request: HttpRequest, *, below_stage: bool) -> web.Response:
        size = sum(len(name) + len(value) for name, value in request.headers)
        if len(request.body) > MAX_BODY_BYTES or size > MAX_HEADER_BYTES:
            return self._gateway_response("REQUEST_TOO_LARGE", 413, request)
        match = find_route(self._routes, request) if below_stage else None
        user: str | None = None
        if match and match.route.signed:
            try:
                user = signer_of(request, self._users, base_path=self._base_path, now=time.time())
            except UnsignedError:
                return self._gateway_response("MISSING_AUTHENTICATION_TOKEN", 403, request)
            except BadSignatureError:
                return self._gateway_response("INVALID_SIGNATURE", 403, request)
        if not self._is_admitted(request, user):
            return self._gateway_response("ACCESS_DENIED", 403, request)
        if match is None:
            return self._gateway_response("MISSING_AUTHENTICATION_TOKEN", 403, request)
        return self._worker.submit(self._call, request, match, user).result()

    def _is_admitted(self, request: HttpRequest, user: str | None) -> bool:
        context = dict(Source(request.address, self._vpc_endpoints.get(request.address, "")).context)
        if user:
            context["aws:PrincipalAccount"] = ACCOUNT
        return self._evaluator.allows(
            Access(
                action="execute-api:Invoke",
                resource=method_arn(request, self._stage),
                account=ACCOUNT,
                principal=user,
                context=context,
                resource_policy=self._policy,
            )
        )

    def _call(self, request: HttpRequest, match: Match, user: str | None) -> web.Response:
        event = event_of(request, match, stage=self._stage, base_path=self._base_path, user_arn=user)
        self.calls += 1
        try:
            return answer_of(self._handler(event, self._context(self.remaining_ms, match.route.function_arn)))
        except Exception:  # noqa: BLE001
            # API Gateway answers so when the function raises an error, or its result is malformed.
            return self._gateway_response("DEFAULT_5XX", 502, request)

    def _handle_event(self, function_arn: str, event: dict[str, Any]) -> None:
        for _ in range(2):
            try:
                self._handler(event, self._context(self.background_remaining_ms, function_arn))
            except Exception as error:  # noqa: BLE001
                logger.warning("the function failed to handle an event: %s", type(error).__name__)
            else:
                return

    def _context(self, remaining_ms: int, function_arn: str) -> Any:
        return SimpleNamespace(
            function_name="notebook-gate-local",
            function_version="$LATEST",
            memory_limit_in_mb=512,
            invoked_function_arn=function_arn,
            aws_request_id=str(uuid.uuid4()),
            get_remaining_time_in_millis=lambda: remaining_ms,
        )

    def _gateway_response(self, kind: str, status: int, request: HttpRequest) -> web.Response:
        response = self._responses.get(kind) or self._responses["DEFAULT_4XX" if status < 500 else "DEFAULT_5XX"]
        accept = " ".join(value for name, value in request.headers if name.lower() == "accept")
        form = "text/html" if "text/html" in accept else "application/json"
        body = response.templates[form].replace("$context.requestId", request.id)
        body = body.replace("$context.identity.sourceIp", request.address)
        # The template's links have the stage in their paths. This port may serve at the root, like a custom domain.
        body = body.replace(f'href="/{self._stage}/"', f'href="{self._base_path}/"')
        headers = {**response.headers, "Content-Type": form, "x-amzn-RequestId": request.id}
        return web.Response(status=response.status or status, headers=headers, body=body.encode())
