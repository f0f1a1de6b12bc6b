"""Principals as operators type them."""

from gate.values.principal import normal_principal


def parse_principal(text: str) -> str:
    """Return `text` as a principal in normal form. `user:` may be left out before an e-mail address.

    `user:` takes any value that the claim of the setting identity.user_claim can have.

    Raises `ValueError`, whose text says what to write instead.
    """
    text = with_kind(text)
    normal = normal_principal(text)
    if normal == text:
        return normal
    if text.startswith("user:"):
        # An address is not normalised here: an operator who types a look-alike has to see it.
        if normal is None:
            kind = "e-mail address" if "@" in text else "user name"
            raise ValueError(
                f"{text!r} is not a valid {kind}; write user:alice@example.com, or the value of identity.user_claim"
            )
        raise ValueError(f'{text!r} is not in normal form; write "{normal}"')
    if normal is None:
        raise ValueError(
            f"{text!r} is not a principal; write user:<e-mail or other name>, group:<name>, "
            "iam:<ARN of a role or user> or slack:<team>/<user>"
        )
    return normal


def with_kind(text: str) -> str:
    """Return `text` with `user:` added if it is an e-mail address without a kind."""
    without_kind = "@" in text and not text.startswith(("user:", "group:", "iam:", "slack:"))
    return f"user:{text}" if without_kind else text


def spelling_note(typed: str, normal: str) -> str | None:
    """Return a note that `typed` was normalised to `normal`, or None if both are the same."""
    if with_kind(typed) == normal:
        return None
    why = "roles are compared without their path" if normal.startswith("iam:") else "in Unicode's form NFC"
    return f"{typed} counts as {normal} ({why})"
