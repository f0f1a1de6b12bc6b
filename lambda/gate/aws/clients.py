"""Clients of AWS services, without boto3: it would make cold starts slower, and the function needs nothing of it."""

import threading
from functools import cache
from typing import TYPE_CHECKING, Any, cast

import botocore.session
from botocore.config import Config

from gate.aws.transport import AwsTransport

if TYPE_CHECKING:
    from mypy_boto3_sts.type_defs import CredentialsTypeDef

CLIENT_CONFIG = Config(retries={"mode": "standard", "total_max_attempts": 2})
"""One retry. The deadline of the request limits the time that both attempts take together."""

_lock = threading.Lock()


def client(service: str, *, region: str | None = None, credentials: "CredentialsTypeDef | None" = None) -> Any:
    """Return a new client of `service`, such as `dynamodb`.

    `region`: the function's own by default. `credentials`: sign the calls; the function's own by default.
    """
    options: Any = (
        {
            "aws_access_key_id": credentials["AccessKeyId"],
            "aws_secret_access_key": credentials["SecretAccessKey"],
            "aws_session_token": credentials["SessionToken"],
        }
        if credentials
        else {}
    )
    with _lock:  # botocore's session, which creates clients, is not thread-safe
        return botocore_session().create_client(service, region_name=region, config=CLIENT_CONFIG, **options)


@cache
def botocore_session() -> botocore.session.Session:
    """Return the session of this process. It caches the function's credentials and renews them before they expire."""
    session: Any = botocore.session.get_session()
    session.register("before-send", AwsTransport().send)
    return cast("botocore.session.Session", session)
