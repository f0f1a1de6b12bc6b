"""The names of people, as other people see them."""

PLATFORM_TEAM = "your platform team"


def name_of(principal: str) -> str:
    """Return what is shown of the principal of a person. An operator's ARN tells nobody else who that is."""
    kind, _, name = principal.partition(":")
    return PLATFORM_TEAM if kind == "iam" else name
