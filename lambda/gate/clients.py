"""Clients of AWS's services, all of one session. Without boto3, which would add to each cold start and nothing else."""

import threading
from functools import cache
from typing import TYPE_CHECKING, Any

import botocore.session
from botocore.config import Config

if TYPE_CHECKING:
    from mypy_boto3_sts.type_defs import CredentialsTypeDef

CLIENT_CONFIG = Config(
    connect_timeout=2,
    read_timeout=5,
    retries={"mode": "standard", "total_max_attempts": 2},
)
"""Two attempts of at most seven seconds fit twice into API Gateway's 29 seconds."""

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
        return session().create_client(service, region_name=region, config=CLIENT_CONFIG, **given)


@cache
def session() -> botocore.session.Session:
    """Return the process's session; it keeps the function's credentials, and renews them when they near their end."""
    return botocore.session.get_session()
