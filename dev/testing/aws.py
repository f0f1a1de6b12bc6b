"""AWS in this process: the stand-in of `local/aws` behind clients like boto3's. It records every call."""

import datetime
import json
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from botocore.exceptions import ClientError, ConnectionClosedError
from moto.sagemaker.models import SageMakerModelBackend

from gate.store.cutoffs import cutoff_row
from local.aws.calls import ApiError, Call
from local.aws.notebook_instances import NotebookInstances
from local.aws.presigned import PresignedUrls
from local.aws.services import Services, answer_of
from local.aws.sessions import Sessions
from local.aws.source import Source
from local.aws.studio import StudioDomains
from local.template import ACCOUNT, EGRESS, REGION
from testing.aws_clients import Client, operation_name
from testing.grants_table import GrantsTable

SIGNING_KEY = "unit-test-signing-key-0123456789abcdefghijklmnopqrstuvwxyz-ABCDEF"
CHANGED = datetime.datetime(2026, 11, 23, 8, 0, tzinfo=datetime.UTC)
"""The time of the last change of all notebooks and previous secrets."""

TOKEN = "eyJhbGciOi.presigned-token.c2lnbmF0dXJl"
NO_THROTTLE = 1e9

_CLIENT_MODULES = (
    "gate.slack.request_notices",
    "gate.platform.aws.invoking",
    "gate.routes.denies",
    "gate.platform.aws.clients",
)
"""The modules of the function that make clients."""

WRITABLE = {"put_item": ("replay:", "queue:", "cutoff:user:"), "update_item": ("queue:", "report:", "request:allowed")}
"""The prefixes of the keys that the function writes, by operation."""


def refusal(code: str) -> ClientError:
    """Return the error of an AWS call with the error code `code`."""
    return ClientError({"Error": {"Code": code, "Message": "message of AWS"}}, "Operation")


class FakeAws:
    """All services that the function calls. Tests set and read the attributes, which go by the clients' methods."""

    def __init__(self, *, clock: Callable[[], float] = CHANGED.timestamp, urls_per_second: float = NO_THROTTLE) -> None:
        """`clock`: of the notebooks. By default it stands still, so that they stay in their states."""
        self.table = GrantsTable()
        urls = PresignedUrls(clock=clock, rate=urls_per_second, make_token=lambda: TOKEN)
        self.studio = StudioDomains(urls, clock, lambda site: f"https://{site.replace('/', '.')}.studio")
        self.notebooks = NotebookInstances(
            SageMakerModelBackend(REGION, ACCOUNT),
            urls,
            clock=clock,
            address_of=lambda name: f"https://{name}.notebook.eu-west-1.sagemaker.aws",
        )
        self.secrets = {
            "arn:session": SIGNING_KEY,
            "arn:decision": f"decision-{SIGNING_KEY}",
            "arn:client": "client-secret-value",
            "arn:slack": "{}",
        }
        self.previous: dict[str, str] = {}
        """The versions AWSPREVIOUS of the secrets."""
        self.created = CHANGED
        """The time at which the current versions of all secrets were created."""
        self.errors: dict[str, Exception] = {}
        """The error that an operation raises."""
        self.responses: dict[str, Any] = {}
        """The response of an operation, if it is not that of AWS."""
        self.error_counts: dict[str, int] = {}
        """How often an operation raises its error, if not always."""
        self.regions: list[str] = []
        """The regions of the SageMaker clients, oldest first."""
        self.before: dict[str, Callable[[dict[str, Any]], None]] = {}
        """What is called before an operation, with its arguments."""
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.lost_response = 0
        """Which of the next responses to `put_item` is lost, after the item was written: 1 for the next, 0 for none."""
        self.events: list[Mapping[str, Any]] = []
        """The events of asynchronous invocations of the function."""
        self._sessions = Sessions(clock)
        services = Services(
            dynamodb=self.table,
            sessions=self._sessions,
            invoke=lambda _function, _event: None,
            invoke_in_background=lambda _function, event: self.events.append(event),
        )
        self._services = (services, self.notebooks, self.studio)

    def client(self, service: str, *, region: str = REGION, credentials: Mapping[str, str] | None = None) -> Client:
        """Return a client of `service`, as `gate.platform.aws.clients.client` does."""
        if service == "sagemaker":
            self.regions.append(region)
        return Client(partial(self._call, service, region, credentials["AccessKeyId"] if credentials else ""))

    def patches(self) -> Iterator[tuple[str, Any]]:
        """Yield the names in the function's modules that reach AWS, each with its fake."""
        # The last of them provides `client` to the others. If it were patched first, a module that is imported after it
        # would keep the fake for good.
        for module in _CLIENT_MODULES:
            yield f"{module}.client", self.client
        yield "gate.platform.aws.clients.LaunchClients.open_connections", lambda _clients: None

    def called(self, method: str) -> list[dict[str, Any]]:
        return [arguments for name, arguments in self.calls if name == method]

    def cutoff(self, subject: str, before: int) -> None:
        """Write a cutoff, as `gate revoke` does."""
        self.table.put(cutoff_row(subject, before))

    def grant(self, principal: str, notebook: str, **attributes: Any) -> None:
        """Write a grant, or change the `attributes` of one."""
        self.table.change(principal, notebook, **attributes)

    def _call(self, service: str, region: str, access_key: str, method: str, arguments: dict[str, Any]) -> Any:
        self.calls.append((method, arguments))
        if method in self.before:
            self.before[method](arguments)
        if method in self.errors and self.error_counts.get(method, 1) > 0:
            if method in self.error_counts:
                self.error_counts[method] -= 1
            raise self.errors[method]
        if method in self.responses:
            return self.responses[method]
        if method == "get_secret_value":
            return self._secret(**arguments)
        _check(method, arguments)
        parameters = {**arguments, "Payload": json.loads(arguments["Payload"])} if method == "invoke" else arguments
        call = Call(service, region, operation_name(method), parameters, access_key, Source(EGRESS))
        answer = answer_of(self._services, call, self._sessions.by_key.get(access_key))
        assert answer is not None, f"{method} is not supported with these credentials"
        if method == "put_item" and self.lost_response:
            self.lost_response -= 1
            if not self.lost_response:
                raise ConnectionClosedError(endpoint_url="https://dynamodb.eu-west-1.amazonaws.com/")
        return answer

    def _secret(self, SecretId: str, VersionStage: str) -> dict[str, Any]:  # noqa: N803
        if VersionStage == "AWSCURRENT":
            return {"SecretString": self.secrets[SecretId], "CreatedDate": self.created}
        if SecretId not in self.previous:
            raise ApiError("ResourceNotFoundException", "Secrets Manager can't find the specified secret value")
        return {"SecretString": self.previous[SecretId], "CreatedDate": CHANGED}


def _check(method: str, arguments: Mapping[str, Any]) -> None:
    """Check what neither DynamoDB nor the template's policies refuse."""
    if method == "execute_statement":
        assert arguments["ConsistentRead"] is True
    elif method == "batch_get_item":
        assert all(request["ConsistentRead"] is True for request in arguments["RequestItems"].values())
    elif method in WRITABLE:
        assert arguments.get("Item", arguments.get("Key"))["principal"]["S"].startswith(WRITABLE[method])
    elif method == "transact_write_items":
        for each in arguments["TransactItems"]:
            ((kind, write),) = each.items()
            item = write["Item" if kind == "Put" else "Key"]
            is_requested_grant = item["principal"]["S"].startswith(("user:", "slack:")) and "request_id" in item
            assert item["principal"]["S"].startswith(("request:", "ended:")) or is_requested_grant
