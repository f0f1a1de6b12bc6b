"""Calls of one AWS service, made of botocore's serializer, signer, parser and retry rules.

botocore's own client emits ten events for each call, finds the endpoint again, and copies headers and responses. That
takes more CPU time than the parts themselves (docs/adr/0013-libraries.md), and no service that the gate calls needs it.
"""

import time
import uuid
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, cast

import botocore
from botocore.auth import SigV4Auth
from botocore.awsrequest import create_request_object, prepare_request_dict
from botocore.credentials import ReadOnlyCredentials
from botocore.exceptions import BotoCoreError
from botocore.handlers import add_recursion_detection_header
from botocore.hooks import first_non_none_response
from botocore.parsers import create_parser
from botocore.serialize import create_serializer

from gate.platform import deadline

USER_AGENT = f"notebook-gate Botocore/{botocore.__version__}"
"""The user agent in CloudTrail."""

FindCredentials = Callable[[], ReadOnlyCredentials | None]
"""Returns the credentials that sign a request. None if there are none."""

Send = Callable[[Any], Any]
"""Sends an `AWSPreparedRequest`, and returns the `AWSResponse`. Raises `BotoCoreError`."""


class Service:
    """One service in one region. Thread-safe."""

    def __init__(self, client: Any, *, sleep: Callable[[float], None] = time.sleep):
        """`client`: botocore's client of the service. It has the service's description, endpoint and retry rules.

        `sleep`: waits the given number of seconds before a retry.
        """
        self._client = client
        self._model = client.meta.service_model
        self.endpoint_url, self._signing = _endpoint_of(client)
        self.operations: Mapping[str, str] = client.meta.method_to_api_mapping
        """The name of each operation, by the method of botocore's client that calls it."""
        self._serializer: Any = create_serializer(self._model.resolved_protocol, include_validation=False)
        self._parser: Any = create_parser(self._model.resolved_protocol)
        self._sleep = sleep

    def call(self, method: str, credentials: FindCredentials, send: Send, /, **parameters: Any) -> dict[str, Any]:
        """Call the operation that `method` of botocore's client calls, such as `assume_role`. Return the response.

        `credentials`: sign the request. `parameters`: as for botocore's client, but their types are not checked.
        Raises `ClientError`, or a subclass for the error of the service, `NoCredentialsError`, `ResponseParserError`,
        and the errors of `credentials` and `send`.
        """
        operation = self._model.operation_model(self.operations[method])
        for token in operation.idempotent_members:  # by which the service recognises a retry
            parameters.setdefault(token, str(uuid.uuid4()))
        request = self._serializer.serialize_to_request(parameters, operation)
        prepare_request_dict(request, self.endpoint_url, user_agent=USER_AGENT)
        # By this header, Lambda finds functions that invoke each other without an end, and X-Ray joins traces.
        add_recursion_detection_header(request)
        response, parsed = self._send_with_retries(operation, request, credentials, send)
        self._emit("after-call", operation, http_response=response, parsed=parsed, context=request["context"])
        if response.status_code >= 300:
            raise self._client.exceptions.from_code(parsed.get("Error", {}).get("Code"))(parsed, operation.name)
        return parsed

    def _send_with_retries(
        self, operation: Any, request: dict[str, Any], credentials: FindCredentials, send: Send
    ) -> tuple[Any, dict[str, Any]]:
        attempts = 0
        while True:
            attempts += 1
            signed, answer, error = self._signed(request, credentials), None, None
            try:
                response = send(signed)
            except BotoCoreError as failure:
                error = failure
            else:
                answer = response, self._parsed(operation, response)
            # botocore's rules return the seconds before the next attempt, or None or False if there is none. They also
            # limit how often a process retries.
            outcome = {"response": answer, "caught_exception": error, "attempts": attempts, "request_dict": request}
            delay = first_non_none_response(self._emit("needs-retry", operation, operation=operation, **outcome))
            if delay is not None and delay is not False and deadline.remaining(delay) >= delay:
                self._sleep(delay)
            elif error:
                raise error
            elif answer:
                return answer

    def _signed(self, request: dict[str, Any], credentials: FindCredentials) -> Any:
        """Return the `AWSPreparedRequest`. Raises `NoCredentialsError`."""
        signed: Any = create_request_object(request)
        SigV4Auth(cast("ReadOnlyCredentials", credentials()), *self._signing).add_auth(signed)
        return signed.prepare()

    def _parsed(self, operation: Any, response: Any) -> dict[str, Any]:
        """Return the response as a mapping. Raises `ResponseParserError`."""
        parts = {
            "headers": response.headers,
            "status_code": response.status_code,
            "body": response.content,
            "context": {"operation_name": operation.name},
        }
        parsed: dict[str, Any] = self._parser.parse(parts, operation.output_shape)
        shape = self._model.shape_for_error_code(parsed.get("Error", {}).get("Code")) if "Error" in parsed else None
        # Members of the error itself, such as `CancellationReasons`.
        return parsed | self._parser.parse(parts, shape) if shape else parsed

    def _emit(self, event: str, operation: Any, /, **values: Any) -> Any:
        name = f"{event}.{self._model.service_id.hyphenize()}.{operation.name}"
        return self._client.meta.events.emit(name, model=operation, **values)


def _endpoint_of(client: Any) -> tuple[str, tuple[str, str]]:
    """Return the URL of the service, and the name and the region for its signatures: IAM's are not the client's."""
    model, context = client.meta.service_model, {"client_config": client.meta.config}
    # Any operation gives the endpoint: only endpoints for one account depend on the parameters of a call, and the gate
    # uses none. Operations whose rules read parameters are left out, because there are no parameters here.
    operations = map(model.operation_model, model.operation_names)
    operation = next(each for each in operations if not each.operation_context_parameters)
    url, *_ = client._resolve_endpoint_ruleset(operation, {}, context)
    signing = context.get("signing", {})
    return url, (signing.get("signing_name", model.signing_name), signing.get("region", client.meta.region_name))


class Client:
    """The client of a service with the credentials of one caller. It has the methods of botocore's client for calls."""

    def __init__(self, service: Service, credentials: FindCredentials, send: Send):
        """`credentials`: sign every call."""
        self._service = service
        self._credentials = credentials
        self._send = send

    def __getattr__(self, method: str) -> Callable[..., dict[str, Any]]:
        if method not in self._service.operations:
            raise AttributeError(method)
        return partial(self._service.call, method, self._credentials, self._send)
