"""The normal form of principals. Callers are identified in this form, so a grant to another form never applies."""

import re

from gate.values.caller import normal_address, normal_group

_NAME = r"[\w+=,.@-]{1,64}"
# Paths: API reference of CreateRole and CreateUser. The ARN of a user contains the path, both in IAM and in API
# Gateway's `userArn`. The ARN of an assumed role does not. Source: IAM user guide, "IAM identifiers".
_IAM = re.compile(
    rf"arn:[\w-]+:iam::\d{{12}}:(?:root|(?:user|role)/(?:[!-~]{{1,510}}/)?{_NAME})"
    rf"|arn:[\w-]+:sts::\d{{12}}:federated-user/{_NAME}",
    re.ASCII,
)
_ROLE = re.compile(r"(?P<account>arn:[^:]+:iam::\d{12}):role/(?:.+/)?(?P<name>[^/]+)")
_SLACK = re.compile(r"[TE][A-Z0-9]{1,31}/[UW][A-Z0-9]{1,31}", re.ASCII)


def normal_principal(text: str) -> str | None:
    """Return the principal `text` in its normal form, or None if it is not a principal.

    The normal form of an address is NFC in lower case, and of other users and of groups NFC. Roles have no path in it;
    IAM users keep their path.
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
    """Return the name of a user in its normal form, or None if it is not a valid name.

    The normal form of an e-mail address is the one of `normal_address`. For any other value it is NFC, and the case is
    kept: `sub` is case-sensitive (OpenID Connect Core §2). A value with `@` that is not a valid address is refused,
    because it may imitate one.
    """
    return normal_address(text) if isinstance(text, str) and "@" in text else normal_group(text)


def role_arn(arn: str) -> str:
    """Return the ARN of a role without its path, and any other ARN unchanged.

    Roles are compared in this form, because the ARN of an assumed role has no path, and because a role's name is unique
    in its account. Source: IAM user guide, "IAM identifiers".
    """
    match = _ROLE.fullmatch(arn)
    return arn if match is None else f"{match['account']}:role/{match['name']}"
