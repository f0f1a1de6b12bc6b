"""Clients of AWS's services, all of one session. Without boto3, which would add to each cold start and nothing else."""

import threading
from functools import cache
from typing import TYPE_CHECKING, Any, cast

import botocore.session
from botocore.config import Config

from gate.aws.transport import AwsTransport

if TYPE_CHECKING:
    from mypy_boto3_sts.type_defs import CredentialsTypeDef

CLIENT_CONFIG = Config(retries={"mode": "standard", "total_max_attempts": 2})
"""A second attempt is worth the wait; what both may take together is the deadline's to say."""

_lock = threading.Lock()


def client(service: str, *, region: str | None = None, credentials: "CredentialsTypeDef | None" = None) -> Any:
    """Make a client that signs with `credentials` (the function's own without), for a `region` (its own without)."""
    given: Any = (
        {
            "aws_access_key_id": credentials["AccessKeyId"],
            "aws_secret_access_key": credentials["SecretAccessKey"],
            "aws_session_token": credentials["SessionToken"],
        }
        if credentials
        else {}
    )
    with _lock:  # botocore's session, which makes clients, is not for several threads at once
        return botocore_session().create_client(service, region_name=region, config=CLIENT_CONFIG, **given)


@cache
def botocore_session() -> botocore.session.Session:
    """Return the process's session; it keeps the function's credentials, and renews them when they near their end."""
    made: Any = botocore.session.get_session()
    made.register("before-send", AwsTransport().send)
    return cast("botocore.session.Session", made)
