"""The cost of a million launches, computed from the measurements.

Prices are AWS Lambda's list prices in US dollars for arm64 in us-east-1 without the free tier, as of November 2026.
"""

PRICE_PER_MILLION_REQUESTS = 0.20
PRICE_PER_GB_SECOND = 0.0000133334
MEMORY_OF_ONE_CPU = 1769
"""Megabytes at which a function has one full processor (Lambda developer guide, "Configure function memory")."""
COLD_START_SHARE = 0.1
"""The share of launches that wait for a cold start. Lambda bills the INIT phase, too."""


def cost_of_a_million(figures: dict[str, float], memory: int) -> float:
    """Return the cost of a million launches in US dollars.

    `figures`: measured with 30 ms for each AWS call. `memory`: the size of the function in megabytes.
    """
    share = min(1.0, memory / MEMORY_OF_ONE_CPU)
    waiting = max(0.0, figures["warm_ms"] - figures["warm_cpu_ms"])
    warm = waiting + figures["warm_cpu_ms"] / share
    # The INIT phase has a full processor, whatever the memory.
    cold = figures["init_ms"] + max(0.0, figures["first_response_ms"] - figures["init_ms"])
    seconds = ((1 - COLD_START_SHARE) * warm + COLD_START_SHARE * cold) / 1000
    return PRICE_PER_MILLION_REQUESTS + 1e6 * seconds * memory / 1024 * PRICE_PER_GB_SECOND
