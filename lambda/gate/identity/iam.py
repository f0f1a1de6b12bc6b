"""Callers whom API Gateway's IAM authorizer has identified (SigV4)."""

import re
from collections.abc import Collection

from gate.errors.caller import UnknownIamCallerError
from gate.identity.caller import Caller, normal_address
from gate.web.request import Request

_ASSUMED = re.compile(r"arn:(?P<partition>[^:]+):sts::(?P<account>\d{12}):assumed-role/(?P<role>[^/]+)/(?P<session>.+)")
_ROLE = re.compile(r"arn:(?P<partition>[^:]+):iam::(?P<account>\d{12}):role/(?:.+/)?(?P<role>[^/]+)")


def role_arn(arn: str) -> str:
    """Return a role's ARN without its path; any other ARN as it is.

    The identity of an assumed role does not carry the path, and a role's name is unique in its account without
    it, so this is the form in which roles are compared. Source: IAM user guide, "IAM identifiers".
    """
    match = _ROLE.fullmatch(arn)
    return arn if match is None else _role(match)


def iam_caller(request: Request, *, user_roles: Collection[str], now: float) -> Caller:
    """Return who signed the request.

    The session name of a role in `user_roles` counts as the user's e-mail address. It is chosen by whoever
    assumes a role, in any account, so everybody else is their role, or their own ARN. `now` (epoch seconds) is when the
    identity was proven: the request itself is signed.
    Raises `UnknownIamCallerError` when no identity came along, or a listed role's session name is no address.
    """
    arn = request.iam_arn
    if not arn:
        raise UnknownIamCallerError
    match = _ASSUMED.fullmatch(arn)
    if match is None:
        return Caller(f"iam:{arn}", (), "iam", request.address, now)
    role = _role(match)
    if role not in {role_arn(listed) for listed in user_roles}:
        return Caller(f"iam:{role}", (), "iam", request.address, now)
    email = normal_address(match["session"])
    if email is None:
        raise UnknownIamCallerError
    return Caller(f"user:{email}", (), "iam", request.address, now)


def _role(match: re.Match[str]) -> str:
    return f"arn:{match['partition']}:iam::{match['account']}:role/{match['role']}"
