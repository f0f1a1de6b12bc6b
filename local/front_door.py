"""The local API Gateway: HTTP in, the resource policy asked, the function called, its answer out."""

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
from local.events import HttpAnswer, HttpRequest, Match, answer_of, event_of, find_route, method_arn
from local.resolved_template import ResolvedTemplate
from local.sample import IamUser
from local.signature import BadSignatureError, UnsignedError, signer_of
from local.template import ACCOUNT

logger = logging.getLogger(__name__)

Handler = Callable[[dict[str, Any], Any], Any]

MOST_HEADERS = 10_240
MOST_BODY = 10 * 1024 * 1024
"""Bytes (API Gateway quotas and important notes)."""


class FrontDoor:
    """Serves one deployment's API."""

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
        # Read once: each is resolved out of the whole template.
        self._stage = template.stage
        self._policy = template.api_policy
        self._function_arn = template.function_arn
        self._routes = template.routes
        self._responses = template.gateway_responses
        self._evaluator = evaluator
        self._handler = handler
        self._users = users
        self._base_path = base_path
        self._vpc_endpoints = vpc_endpoints or {}
        self.remaining_ms = 28_000
        """What Lambda says is left when the function begins a request; the stack's time-out."""
        self.background_remaining_ms = 28_000
        """The same for an event that the function sent to itself."""
        self.calls = 0
        """How often the function was called."""
        # One worker: an instance of a function serves one request at a time.
        self._instance = ThreadPoolExecutor(max_workers=1, thread_name_prefix="function")

    def close(self) -> None:
        """End the function."""
        self._instance.shutdown()

    def wait_until_idle(self) -> None:
        """Wait until the function has worked off its own events."""
        self._instance.submit(lambda: None).result()

    def invoke_in_background(self, event: Mapping[str, Any]) -> None:
        """Invoke the function with an event of its own, when it is free: as Lambda does, with one more try."""
        self._instance.submit(self._work_off, dict(event))

    async def serve(self, incoming: web.BaseRequest) -> web.StreamResponse:
        """Answer a request to the API."""
        raw_path, _, query = incoming.raw_path.partition("?")
        below = raw_path.removeprefix(self._base_path) if f"{raw_path}/".startswith(f"{self._base_path}/") else None
        path = raw_path if below is None else below
        request = HttpRequest(
            method=incoming.method,
            # Absolute and asterisk forms (RFC 9112 §3.2) lead nowhere here.
            path=path if path.startswith("/") else f"/{path}",
            query=query,
            headers=[(name.decode(), value.decode("latin-1")) for name, value in incoming.raw_headers],
            body=await incoming.content.read(MOST_BODY + 1) if incoming.can_read_body else b"",
            address=incoming.remote or "",
        )
        loop = asyncio.get_running_loop()
        answer = await loop.run_in_executor(None, self._answer, request, below is not None)
        response = web.Response(status=answer.status, body=answer.body)
        for name, value in answer.headers:
            response.headers.add(name, value)
        return response

    def _answer(self, request: HttpRequest, below_the_stage: bool) -> HttpAnswer:
        size = sum(len(name) + len(value) for name, value in request.headers)
        if len(request.body) > MOST_BODY or size > MOST_HEADERS:
            return self._own("REQUEST_TOO_LARGE", 413, request)
        match = find_route(self._routes, request) if below_the_stage else None
        user: str | None = None
        if match and match.route.signed:
            try:
                user = signer_of(request, self._users, base_path=self._base_path, now=time.time())
            except UnsignedError:
                return self._own("MISSING_AUTHENTICATION_TOKEN", 403, request)
            except BadSignatureError:
                return self._own("INVALID_SIGNATURE", 403, request)
        if not self._admitted(request, user):
            return self._own("ACCESS_DENIED", 403, request)
        if match is None:
            return self._own("MISSING_AUTHENTICATION_TOKEN", 403, request)
        return self._instance.submit(self._call, request, match, user).result()

    def _admitted(self, request: HttpRequest, user: str | None) -> bool:
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

    def _call(self, request: HttpRequest, match: Match, user: str | None) -> HttpAnswer:
        event = event_of(request, match, stage=self._stage, base_path=self._base_path, user_arn=user)
        self.calls += 1
        try:
            return answer_of(self._handler(event, self._context(self.remaining_ms)))
        except Exception:  # noqa: BLE001
            # What API Gateway makes of a function that fails, or answers nonsense.
            return self._own("DEFAULT_5XX", 502, request)

    def _work_off(self, event: dict[str, Any]) -> None:
        for _ in range(2):
            try:
                self._handler(event, self._context(self.background_remaining_ms))
            except Exception as error:  # noqa: BLE001
                logger.warning("the function failed at an event of its own: %s", type(error).__name__)
            else:
                return

    def _context(self, remaining_ms: int) -> Any:
        return SimpleNamespace(
            function_name="notebook-gate-local",
            function_version="$LATEST",
            memory_limit_in_mb=512,
            invoked_function_arn=self._function_arn,
            aws_request_id=str(uuid.uuid4()),
            get_remaining_time_in_millis=lambda: remaining_ms,
        )

    def _own(self, kind: str, status: int, request: HttpRequest) -> HttpAnswer:
        response = self._responses.get(kind) or self._responses["DEFAULT_4XX" if status < 500 else "DEFAULT_5XX"]
        accept = " ".join(value for name, value in request.headers if name.lower() == "accept")
        form = "text/html" if "text/html" in accept else "application/json"
        body = response.templates[form].replace("$context.requestId", request.id)
        headers = [*response.headers.items(), ("Content-Type", form), ("x-amzn-RequestId", request.id)]
        return HttpAnswer(response.status or status, headers, body.encode())
