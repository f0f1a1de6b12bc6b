"""AWS clients with chosen credentials, and the check whether AWS denies a call."""

from collections.abc import Callable
from typing import Any

import boto3
from botocore.exceptions import ClientError

from local.template import REGION

ClientOf = Callable[[str], Any]
"""Returns the client of a service, by boto3's name."""


def clients(url: str, key: str, region: str = REGION) -> ClientOf:
    """Return a function that makes clients of the AWS at `url`, signing with the access key `key`."""

    def client(service: str) -> Any:
        options: Any = {"aws_access_key_id": key, "aws_secret_access_key": "local", "aws_session_token": "local"}
        return boto3.client(service, endpoint_url=url, region_name=region, **options)  # type: ignore[call-overload]

    return client


def is_denied(call: Callable[[], Any]) -> bool:
    """Return whether AWS denies `call`. An error for another reason fails the test."""
    try:
        call()
    except ClientError as error:
        code = error.response["Error"]["Code"]
        assert code in {"AccessDenied", "AccessDeniedException"}, code
        return True
    return False
