"""AWS in a rush: the calls of a launch, at a rate that is told to nobody."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from botocore.exceptions import ClientError

from trials.table import Table

KEY = "a-key-of-this-simulation-0123456789abcdefghijklmnop"
CREATED = 1_700_000_000.0
"""Epoch seconds at which the key was made."""


class Bucket:
    """A limit as AWS's APIs have it: so many a second, and as many at once."""

    def __init__(self, rate: float, burst: float, clock: Callable[[], float]):
        self._rate, self._burst, self._clock = rate, burst, clock
        self._tokens, self._at = burst, clock()

    def take(self) -> bool:
        """Take one, if there is one."""
        now = self._clock()
        self._tokens = min(self._burst, self._tokens + (now - self._at) * self._rate)
        self._at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True


class FakeAws:
    """The calls of a launch."""

    def __init__(self, urls: Bucket):
        self._urls = urls
        self._table = Table()

    def client(self, _service: str, **_options: Any) -> "FakeAws":
        """Stand in for any client."""
        return self

    def get_secret_value(self, **parameters: Any) -> Any:
        """The key, which was never changed."""
        if parameters["VersionStage"] == "AWSPREVIOUS":
            raise ClientError({"Error": {"Code": "ResourceNotFoundException"}}, "GetSecretValue")
        return {"SecretString": KEY, "CreatedDate": SimpleNamespace(timestamp=lambda: CREATED)}

    def execute_statement(self, **parameters: Any) -> Any:
        """One grant for each person; else what the table holds."""
        principals = [value["S"] for value in parameters["Parameters"]]
        if principals[0].startswith("user:"):
            return {"Items": [{"principal": {"S": principals[0]}, "notebook": {"S": "their-notebook"}}]}
        return {"Items": self._table.of(principals)}

    def put_item(self, **parameters: Any) -> Any:
        """Write to the table."""
        return self._table.put_item(parameters)

    def update_item(self, **parameters: Any) -> Any:
        """Change an item of the table."""
        return self._table.update_item(parameters)

    def assume_role(self, **_parameters: Any) -> Any:
        """Credentials that nobody looks at."""
        return {"Credentials": {"AccessKeyId": "A", "SecretAccessKey": "B", "SessionToken": "C"}}

    def create_presigned_notebook_instance_url(self, **_parameters: Any) -> Any:
        """A URL, where the rate allows one."""
        if not self._urls.take():
            raise ClientError({"Error": {"Code": "ThrottlingException"}}, "CreatePresignedNotebookInstanceUrl")
        return {"AuthorizedUrl": "https://their-notebook.notebook.eu-west-1.sagemaker.aws?authToken=x"}
