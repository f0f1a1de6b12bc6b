"""The names of those who take part in access requests, as people see them."""

PLATFORM_TEAM = "your platform team"


def name_of(principal: str) -> str:
    """Return what people read for `principal`. An operator's ARN tells nobody else who that is."""
    kind, _, name = principal.partition(":")
    return PLATFORM_TEAM if kind == "iam" else f"the rule {name}" if kind == "rule" else name


def principal_of(principal: str) -> str:
    """Return what operators read for `principal`."""
    return name_of(principal) if principal.startswith("rule:") else principal
