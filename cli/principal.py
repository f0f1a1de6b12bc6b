"""Who a grant is given to, as operators type it."""

from gate.identity.principal import normal_principal


def principal(text: str) -> str:
    """Return `text` as a principal in its normal form; `user:` may be left out before an e-mail address.

    Whom else the deployment's setting identity.user_claim names is written as `user:<its value>`.

    Raises `ValueError`, whose text says what to write instead.
    """
    text = with_kind(text)
    normal = normal_principal(text)
    if normal == text:
        return normal
    if text.startswith("user:"):
        # Addresses are not put right here: somebody who types a look-alike has to see it.
        if normal is None:
            kind = "e-mail address" if "@" in text else "name"
            raise ValueError(f"{text!r} is no {kind}; write user:alice@example.com, or what identity.user_claim gives")
        kind = "addresses" if "@" in text else "names"
        raise ValueError(f'{text!r} is not as {kind} are compared; write "{normal}"')
    if normal is None:
        raise ValueError(
            f"{text!r} is nobody; write user:<e-mail or other name>, group:<name>, iam:<ARN of a role or user> or "
            "slack:<team>/<user>"
        )
    return normal


def with_kind(text: str) -> str:
    """Return `text` with `user:` before an e-mail address that stands alone."""
    alone = "@" in text and not text.startswith(("user:", "group:", "iam:", "slack:"))
    return f"user:{text}" if alone else text


def respelled(typed: str, normal: str) -> str | None:
    """Say that `typed` is compared in another spelling, or return None where it is not."""
    if with_kind(typed) == normal:
        return None
    why = "roles are compared without their path" if normal.startswith("iam:") else "in Unicode's form NFC"
    return f"{typed} counts as {normal} ({why})"
