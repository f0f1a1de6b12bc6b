"""Clients of AWS."""

from collections.abc import Callable
from functools import cache
from typing import Any

import boto3

from local.template import REGION

ClientOf = Callable[[str], Any]
"""Returns the boto3 client of a service, by boto3's name."""


def clients(url: str, access_key: str, region: str = REGION) -> ClientOf:
    """Return a function that gives boto3 clients of the AWS at `url`, signing with `access_key`.

    Each client is made once, since making one takes a tenth of a second.
    """

    @cache
    def client(service: str) -> Any:
        keys: Any = {"aws_access_key_id": access_key, "aws_secret_access_key": "local", "aws_session_token": "local"}
        return boto3.client(service, endpoint_url=url, region_name=region, **keys)  # type: ignore[call-overload]

    return client
