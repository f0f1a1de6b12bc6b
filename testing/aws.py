"""Fakes of the AWS services that the function calls. They record every call."""

import datetime
import json
from collections.abc import Callable, Iterator
from typing import Any

from botocore.exceptions import ClientError, ConnectionClosedError

from gate.store.cutoffs import cutoff_write
from testing.dynamodb import FakeTable

SIGNING_KEY = "unit-test-signing-key-0123456789abcdefghijklmnopqrstuvwxyz-ABCDEF"
CHANGED = datetime.datetime(2026, 11, 23, 8, 0, tzinfo=datetime.UTC)
"""The time of the last change of all notebooks and previous secrets."""

TOKEN = "eyJhbGciOi.presigned-token.c2lnbmF0dXJl"


def refusal(code: str) -> ClientError:
    """Return the error of an AWS call with the error code `code`."""
    return ClientError({"Error": {"Code": code, "Message": "message of AWS"}}, "Operation")


class FakeAws:
    """Fakes DynamoDB, Secrets Manager, STS, SageMaker and Lambda. Tests set and read the attributes."""

    def __init__(self) -> None:
        self.grants: list[dict[str, Any]] = []
        self.notebooks: dict[str, str] = {}
        """States by name."""
        self.failure_reason = ""
        """The text that SageMaker gives for failed notebooks."""
        self.secrets: dict[str, str] = {
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
        self.error_counts: dict[str, int] = {}
        """How often an operation raises its error, if not always."""
        self.regions: list[str] = []
        """The regions of the SageMaker clients, oldest first."""
        self.before: dict[str, Callable[[dict[str, Any]], None]] = {}
        """What is called before an operation, with its arguments."""
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.table = FakeTable()
        """All items that are not grants."""
        self.claims: list[str] = []
        """The keys of the replay guard's claims."""
        self.lost_responses = 0
        """How many of the next responses to `put_item` are lost, after the item was written."""
        self.events: list[dict[str, Any]] = []
        """The events of asynchronous invocations of the function."""

    def client(self, service: str, **options: Any) -> "_Client":
        if service == "sagemaker":
            self.regions.append(options["region"])
        credentials = options.get("credentials")
        return _Client(self, credentials["AccessKeyId"] if credentials else None)

    def patches(self) -> Iterator[tuple[str, Any]]:
        """Yield the names in the function's modules that reach AWS, each with its fake."""
        # The last of them provides `client` to the others. If it were patched first, a module that is imported after it
        # would keep the fake for good.
        for module in ("gate.slack.requests", "gate.slack.request_notices", "gate.aws.clients"):
            yield f"{module}.client", self.client
        yield "gate.aws.clients.LaunchClients.open_connections", lambda _clients: None

    def called(self, operation: str) -> list[dict[str, Any]]:
        return [arguments for name, arguments in self.calls if name == operation]

    def cutoff(self, subject: str, before: int) -> None:
        """Write a cutoff, as `gate revoke` does."""
        self.table.put_item(cutoff_write("grants", subject, before))

    def grant(self, principal: str, notebook: str, **attributes: Any) -> None:
        kinds = {bool: "BOOL", int: "N", str: "S"}
        item = {
            name: {kinds[type(value)]: str(value) if type(value) is int else value}
            for name, value in attributes.items()
        }
        self.grants.append({"principal": {"S": principal}, "notebook": {"S": notebook}, **item})


class _Client:
    def __init__(self, aws: FakeAws, access_key: str | None):
        self._aws = aws
        self._access_key = access_key

    def __getattr__(self, operation: str) -> Any:
        def call(**arguments: Any) -> Any:
            self._aws.calls.append((operation, arguments))
            if operation in self._aws.before:
                self._aws.before[operation](arguments)
            if operation in self._aws.errors and self._aws.error_counts.get(operation, 1) > 0:
                if operation in self._aws.error_counts:
                    self._aws.error_counts[operation] -= 1
                raise self._aws.errors[operation]
            return getattr(self, f"_{operation}")(arguments)

        return call

    def _get_secret_value(self, arguments: dict[str, Any]) -> Any:
        arn, stage = arguments["SecretId"], arguments["VersionStage"]
        if stage == "AWSPREVIOUS":
            if arn not in self._aws.previous:
                raise refusal("ResourceNotFoundException")
            return {"SecretString": self._aws.previous[arn], "CreatedDate": CHANGED}
        return {"SecretString": self._aws.secrets[arn], "CreatedDate": self._aws.created}

    def _execute_statement(self, arguments: dict[str, Any]) -> Any:
        assert arguments["ConsistentRead"] is True
        principals = [parameter["S"] for parameter in arguments["Parameters"]]
        assert arguments["Statement"].count("?") == len(principals)
        assert len(principals) <= 50
        found = [item for item in self._aws.grants if item["principal"]["S"] in principals]
        found += self._aws.table.query(principals)
        start = int(arguments.get("NextToken", 0))
        more = {"NextToken": str(start + 2)} if len(found) > start + 2 else {}
        return {"Items": found[start : start + 2], **more}

    def _batch_get_item(self, arguments: dict[str, Any]) -> Any:
        ((table, request),) = arguments["RequestItems"].items()
        assert request["ConsistentRead"] is True
        keys = [(key["principal"]["S"], key["notebook"]["S"]) for key in request["Keys"]]
        assert len(set(keys)) == len(keys) <= 100, "a ValidationException"
        found = [item for item in self._aws.grants if (item["principal"]["S"], item["notebook"]["S"]) in keys]
        return {"Responses": {table: [*found, *self._aws.table.get(request["Keys"])]}, "UnprocessedKeys": {}}

    def _put_item(self, arguments: dict[str, Any]) -> Any:
        key = arguments["Item"]["principal"]["S"]
        assert key.startswith(("replay:", "queue:", "cutoff:user:"))
        self._aws.table.put_item(arguments)
        if key.startswith("replay:"):
            self._aws.claims.append(key)
        if self._aws.lost_responses:
            self._aws.lost_responses -= 1
            raise ConnectionClosedError(endpoint_url="https://dynamodb.eu-west-1.amazonaws.com/")
        return {}

    def _update_item(self, arguments: dict[str, Any]) -> Any:
        assert arguments["Key"]["principal"]["S"].startswith(("queue:", "report:"))
        return self._aws.table.update_item(arguments)

    def _transact_write_items(self, arguments: dict[str, Any]) -> Any:
        for each in arguments["TransactItems"]:
            ((kind, write),) = each.items()
            item = write["Item" if kind == "Put" else "Key"]
            is_requested_grant = item["principal"]["S"].startswith(("user:", "slack:")) and "request_id" in item
            assert item["principal"]["S"].startswith("request:") or is_requested_grant
        return self._aws.table.transact_write_items(arguments)

    def _query(self, arguments: dict[str, Any]) -> Any:
        assert arguments["IndexName"] == "by-notebook"
        notebook = arguments["ExpressionAttributeValues"][":notebook"]["S"]
        found = [item for item in self._aws.grants if item["notebook"]["S"] == notebook]
        return {"Items": [*found, *self._aws.table.of_notebook(notebook)]}

    def _invoke(self, arguments: dict[str, Any]) -> Any:
        assert arguments["InvocationType"] == "Event"
        self._aws.events.append(json.loads(arguments["Payload"]))
        return {"StatusCode": 202}

    def _publish(self, arguments: dict[str, Any]) -> Any:
        assert len(arguments["Subject"]) <= 100
        return {"MessageId": "1"}

    def _assume_role(self, arguments: dict[str, Any]) -> Any:
        key = f"KEY-OF-{arguments['RoleSessionName']}"
        return {"Credentials": {"AccessKeyId": key, "SecretAccessKey": "secret", "SessionToken": "session"}}

    def _create_presigned_notebook_instance_url(self, arguments: dict[str, Any]) -> Any:
        assert self._access_key, "only the launch role may create URLs"
        assert self._access_key.startswith("KEY-OF-")
        name = arguments["NotebookInstanceName"]
        if self._aws.notebooks.get(name) != "InService":
            raise refusal("ValidationException")
        return {"AuthorizedUrl": f"https://{name}.notebook.eu-west-1.sagemaker.aws?authToken={TOKEN}"}

    def _describe_notebook_instance(self, arguments: dict[str, Any]) -> Any:
        if arguments["NotebookInstanceName"] not in self._aws.notebooks:
            raise refusal("ValidationException")
        return {
            "NotebookInstanceStatus": self._aws.notebooks[arguments["NotebookInstanceName"]],
            "InstanceType": "ml.t3.medium",
            "LastModifiedTime": CHANGED,
            "FailureReason": self._aws.failure_reason,
        }

    def _start_notebook_instance(self, arguments: dict[str, Any]) -> Any:
        return self._change(arguments, "Stopped", "Pending")

    def _stop_notebook_instance(self, arguments: dict[str, Any]) -> Any:
        return self._change(arguments, "InService", "Stopping")

    def _change(self, arguments: dict[str, Any], before: str, after: str) -> Any:
        if self._aws.notebooks.get(arguments["NotebookInstanceName"]) != before:
            raise refusal("ValidationException")
        self._aws.notebooks[arguments["NotebookInstanceName"]] = after
        return {}
