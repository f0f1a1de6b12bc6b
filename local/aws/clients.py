"""AWS clients with an administrator's credentials."""

from collections.abc import Callable
from functools import cache
from typing import Any

import boto3

from local.template import REGION

ClientOf = Callable[[str], Any]
"""Returns the boto3 client of a service, by boto3's name."""


def operator_clients(url: str, access_key: str) -> ClientOf:
    """Return a function that gives boto3 clients of the AWS at `url`, signing with `access_key`.

    Each client is made once, since making one takes a tenth of a second.
    """

    @cache
    def client(service_name: str) -> Any:
        return boto3.client(  # type: ignore[call-overload]  # stubs want a literal
            service_name,
            endpoint_url=url,
            region_name=REGION,
            aws_access_key_id=access_key,
            aws_secret_access_key="local",
        )

    return client
