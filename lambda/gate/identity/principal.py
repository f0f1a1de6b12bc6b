"""The one normal form of principals: callers have it, and only a grant to it can match one."""

import re

from gate.identity.caller import normal_address, normal_group
from gate.identity.iam import role_arn

_NAME = r"[\w+=,.@-]{1,64}"
# Paths: API reference of CreateRole and CreateUser. A user's ARN has the path, in IAM and in API Gateway's
# `userArn` alike; an assumed role's has not. Source: IAM user guide, "IAM identifiers".
_IAM = re.compile(
    rf"arn:[\w-]+:iam::\d{{12}}:(?:root|(?:user|role)/(?:[!-~]{{1,510}}/)?{_NAME})"
    rf"|arn:[\w-]+:sts::\d{{12}}:federated-user/{_NAME}",
    re.ASCII,
)
_SLACK = re.compile(r"[TE][A-Z0-9]{1,31}/[UW][A-Z0-9]{1,31}", re.ASCII)


def normal_principal(text: str) -> str | None:
    """Return the principal `text` as callers have it, or None where it is no principal.

    Addresses are compared in NFC and lower case, other users and groups in NFC, roles without their path; IAM users
    keep theirs.
    """
    kind, _, name = text.partition(":")
    match kind:
        case "user":
            normal = normal_user(name)
        case "group":
            normal = normal_group(name)
        case "iam":
            normal = role_arn(name) if _IAM.fullmatch(name) else None
        case "slack":
            normal = name if _SLACK.fullmatch(name) else None
        case _:
            normal = None
    return None if normal is None else f"{kind}:{normal}"


def normal_user(text: object) -> str | None:
    """Return what `user:` names, as it is compared, or None where it names nobody.

    An e-mail address is compared as addresses are. Any other value is compared as it is, in NFC: `sub` is
    case-sensitive (OpenID Connect Core §2). What has an `@` and is no address is refused: it may be a look-alike.
    """
    return normal_address(text) if isinstance(text, str) and "@" in text else normal_group(text)
