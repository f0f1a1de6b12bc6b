"""Verifies AWS signatures (SigV4) as API Gateway's IAM authorizer does, with botocore's signer."""

import datetime
import hmac
import re
from collections.abc import Sequence

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from local.events import HttpRequest
from local.sample import IamUser
from local.template import ACCOUNT, REGION

MAX_CLOCK_SKEW = 300
"""Seconds that a signature's time may differ (IAM user guide, "Troubleshoot Signature Version 4")."""

_HEADER = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<key>[^/]+)/(?P<scope>\S+?),\s*SignedHeaders=(?P<signed>[^,]+),\s*"
    r"Signature=(?P<signature>[0-9a-f]{64})"
)


class UnsignedError(Exception):
    """The request is not signed."""


class BadSignatureError(Exception):
    """The signature is wrong, too old, or by an unknown user."""


def signer_of(request: HttpRequest, users: Sequence[IamUser], *, base_path: str, now: float) -> str:
    """Return the ARN of the user who signed `request`. Raises `UnsignedError` or `BadSignatureError`."""
    headers = {name.lower(): value for name, value in request.headers}
    if not headers.get("authorization", "").startswith("AWS4-"):
        raise UnsignedError
    match = _HEADER.fullmatch(headers["authorization"])
    user = next((user for user in users if match and user.access_key == match["key"]), None)
    if match is None or user is None:
        raise BadSignatureError
    stamp = headers.get("x-amz-date", "")
    try:
        signed_at = datetime.datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=datetime.UTC).timestamp()
    except ValueError:
        raise BadSignatureError from None
    if abs(now - signed_at) > MAX_CLOCK_SKEW:
        raise BadSignatureError
    url = f"http://{headers.get('host', '')}{base_path}{request.path}" + (f"?{request.query}" if request.query else "")
    signed = {name: headers.get(name, "") for name in match["signed"].split(";")}
    resigned = AWSRequest(request.method, url, signed, request.body)
    resigned.context["timestamp"] = stamp
    auth = SigV4Auth(Credentials(user.access_key, user.secret_key), "execute-api", REGION)
    expected = auth.signature(auth.string_to_sign(resigned, auth.canonical_request(resigned)), resigned)
    if not hmac.compare_digest(expected, match["signature"]):
        raise BadSignatureError
    return f"arn:aws:iam::{ACCOUNT}:user/{user.name}"
