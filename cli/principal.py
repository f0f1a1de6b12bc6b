"""Who a grant is given to, as operators type it."""

import re

from gate.identity.caller import normal_address

_IAM = re.compile(r"arn:[\w-]+:iam::\d{12}:(user|role)/[\w+=,.@/-]{1,600}", re.ASCII)
_SLACK = re.compile(r"[TE][A-Z0-9]{1,31}/[UW][A-Z0-9]{1,31}", re.ASCII)
_LONGEST_GROUP = 512


def principal(text: str) -> str:
    """Return `text` as a principal: as it is, or with `user:` before an e-mail address that stands alone.

    Raises `ValueError`, whose text says what to write instead.
    """
    if "@" in text and not text.startswith(("user:", "group:", "iam:", "slack:")):
        text = f"user:{text}"
    kind, _, name = text.partition(":")
    match kind:
        case "user":
            return _user(text, name)
        case "group" if name == name.strip() and 0 < len(name) <= _LONGEST_GROUP and name.isprintable():
            return text
        case "iam" if _IAM.fullmatch(name):
            return text
        case "slack" if _SLACK.fullmatch(name):
            return text
    raise ValueError(
        f"{text!r} is nobody; write user:<e-mail>, group:<name>, iam:<ARN of a role or user> or slack:<team>/<user>"
    )


def _user(text: str, name: str) -> str:
    normal = normal_address(name)
    if normal is None:
        raise ValueError(f"{text!r} is no e-mail address; write user:alice@example.com")
    if normal != name:
        raise ValueError(f'{text!r} is not as addresses are compared; write "user:{normal}"')
    return text
