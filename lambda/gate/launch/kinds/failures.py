"""Why SageMaker could not start something, from its own text."""

from gate.platform.log import logger
from gate.values.instance import Failure

_WORDS: tuple[tuple[Failure, str], ...] = (
    ("capacity", "capacity"),
    ("quota", "limit"),
    ("quota", "quota"),
    ("lifecycle", "lifecycle"),
    ("lifecycle", "oncreate"),
    ("lifecycle", "onstart"),
)
"""Words in `FailureReason`, whose wording AWS does not document, and what they mean."""


def failure_of(name: str, text: str) -> Failure:
    """Return what `text`, the `FailureReason` of the notebook `name`, means."""
    # The whole text is for operators: it can name roles, subnets and scripts.
    logger.warning("a notebook has failed", notebook=name, failure_reason=text[:1000])
    lower = text.lower()
    return next((failure for failure, word in _WORDS if word in lower), "other")
