"""Identifies callers by API Gateway's IAM authorizer (SigV4)."""

import re
from collections.abc import Collection

from gate.values.caller import Caller, normal_address
from gate.values.errors.caller import UnknownIamCallerError
from gate.values.principal import role_arn
from gate.web.request import Request

_ASSUMED = re.compile(r"arn:(?P<partition>[^:]+):sts::(?P<account>\d{12}):assumed-role/(?P<role>[^/]+)/(?P<session>.+)")


def iam_caller(request: Request, *, user_roles: Collection[str], now: float) -> Caller:
    """Return the caller who signed the request.

    `user_roles`: ARNs of roles whose session name is the user's e-mail address. Anybody who can assume a role chooses
    the session name, in any account. So every other caller is identified by the role, or by their own ARN.
    `now`: epoch seconds. The request is signed, so the identity is proven now.
    Raises `UnknownIamCallerError` if the request has no identity, or if the session name of a role in `user_roles` is
    not an address.
    """
    arn = request.iam_arn
    if not arn:
        raise UnknownIamCallerError
    match = _ASSUMED.fullmatch(arn)
    if match is None:
        return Caller(f"iam:{arn}", (), "iam", request.address, now)
    role = f"arn:{match['partition']}:iam::{match['account']}:role/{match['role']}"
    if role not in {role_arn(listed) for listed in user_roles}:
        return Caller(f"iam:{role}", (), "iam", request.address, now)
    email = normal_address(match["session"])
    if email is None:
        raise UnknownIamCallerError
    return Caller(f"user:{email}", (), "iam", request.address, now)
