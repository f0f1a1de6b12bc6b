"""The names of those who take part in access requests, as people see them."""

PLATFORM_TEAM = "your platform team"


def name_of(principal: str) -> str:
    """Return what people read for `principal`, or for a text that is none."""
    kind, separator, name = public_principal(principal).partition(":")
    return f"the rule {name}" if kind == "rule" else name if separator else kind


def public_principal(principal: str) -> str:
    """Return `principal` for people who are not operators. An operator's ARN tells them nothing."""
    return PLATFORM_TEAM if principal.startswith("iam:") else principal


def principal_of(principal: str) -> str:
    """Return what operators read for `principal`."""
    return name_of(principal) if principal.startswith("rule:") else principal
