"""The steps of a rehearsal. Each is a function of the environment that returns its result in one sentence."""


class StepFailedError(Exception):
    """A step had another result than documented. The text describes the result."""


def require(condition: object, seen: object) -> None:
    """Raise `StepFailedError` with `seen` unless `condition` holds."""
    if not condition:
        raise StepFailedError(str(seen))
