"""What a million launches cost, from what was measured.

AWS Lambda's list prices for arm64 in us-east-1, in US dollars, without the free tier, as of November 2026.
"""

REQUESTS = 0.20
"""A million requests."""
GB_SECOND = 0.0000133334
FULL_CPU = 1769
"""Megabytes at which a function has one whole processor (Lambda developer guide, "Configure function memory")."""
COLD = 0.1
"""Of all launches, those that wait for a start; Lambda bills the start, too."""


def cost_of_a_million(figures: dict[str, float], memory: int) -> float:
    """Return US dollars for a million launches at `memory` (MB): `figures` as measured with 30 ms for a call."""
    share = min(1.0, memory / FULL_CPU)
    waiting = max(0.0, figures["warm_ms"] - figures["warm_cpu_ms"])
    warm = waiting + figures["warm_cpu_ms"] / share
    # The start itself has the whole processor, whatever the memory.
    cold = figures["init_ms"] + max(0.0, figures["first_answer_ms"] - figures["init_ms"])
    seconds = ((1 - COLD) * warm + COLD * cold) / 1000
    return REQUESTS + 1e6 * seconds * memory / 1024 * GB_SECOND
