"""AWS in the rush simulation: the calls of a launch, with a rate limit that the gate does not know."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from botocore.exceptions import ClientError

from testing.dynamodb import FakeTable

KEY = "a-key-of-this-simulation-0123456789abcdefghijklmnop"
KEY_CREATED = 1_700_000_000.0
"""When the key was created, as epoch seconds."""


class TokenBucket:
    """The throttle of AWS's APIs: `rate` requests a second on average, `burst` at once."""

    def __init__(self, rate: float, burst: float, clock: Callable[[], float]):
        self._rate, self._burst, self._clock = rate, burst, clock
        self._tokens, self._updated = burst, clock()

    def try_acquire(self) -> bool:
        """Take a token; return False if there is none."""
        now = self._clock()
        self._tokens = min(self._burst, self._tokens + (now - self._updated) * self._rate)
        self._updated = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True


class FakeAws:
    """A client for every service, with the calls of a launch."""

    def __init__(self, urls: TokenBucket):
        self._urls = urls
        self._table = FakeTable()

    def client(self, _service: str, **_options: Any) -> "FakeAws":
        """Return the client for any service."""
        return self

    def get_secret_value(self, **parameters: Any) -> Any:
        """Return the key, which was never rotated."""
        if parameters["VersionStage"] == "AWSPREVIOUS":
            raise ClientError({"Error": {"Code": "ResourceNotFoundException"}}, "GetSecretValue")
        return {"SecretString": KEY, "CreatedDate": SimpleNamespace(timestamp=lambda: KEY_CREATED)}

    def execute_statement(self, **parameters: Any) -> Any:
        """Return one grant for each user, and the table's items for any other principal."""
        principals = [value["S"] for value in parameters["Parameters"]]
        if principals[0].startswith("user:"):
            return {"Items": [{"principal": {"S": principals[0]}, "notebook": {"S": "their-notebook"}}]}
        return {"Items": self._table.query(principals)}

    def put_item(self, **parameters: Any) -> Any:
        """Write an item to the table."""
        return self._table.put_item(parameters)

    def update_item(self, **parameters: Any) -> Any:
        """Update an item of the table."""
        return self._table.update_item(parameters)

    def assume_role(self, **_parameters: Any) -> Any:
        """Return credentials, which nothing checks."""
        return {"Credentials": {"AccessKeyId": "A", "SecretAccessKey": "B", "SessionToken": "C"}}

    def create_presigned_notebook_instance_url(self, **_parameters: Any) -> Any:
        """Return a URL, or raise a throttling error above the rate."""
        if not self._urls.try_acquire():
            raise ClientError({"Error": {"Code": "ThrottlingException"}}, "CreatePresignedNotebookInstanceUrl")
        return {"AuthorizedUrl": "https://their-notebook.notebook.eu-west-1.sagemaker.aws?authToken=x"}
