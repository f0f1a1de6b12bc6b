"""The waiting time and the cost of launches at a memory size, computed from the measurements.

Prices are AWS Lambda's list prices in US dollars for arm64 in us-east-1 without the free tier, as of November 2026.
"""

from collections.abc import Mapping

PRICE_PER_MILLION_REQUESTS = 0.20
PRICE_PER_GB_SECOND = 0.0000133334
PRICE_PER_GB_RESTORED = 0.0001397998
PRICE_PER_GB_SECOND_OF_SNAPSHOT = 0.0000015046
"""Lambda bills a snapshot for as long as its version of the function exists."""
MONTH = 30 * 24 * 3600
MEMORY_OF_ONE_CPU = 1769
"""Megabytes at which a function has one full processor (Lambda developer guide, "Configure function memory")."""
COLD_START_SHARE = 0.1
"""The share of launches that wait for a cold start. Lambda bills the INIT phase, too."""


def answer_ms(wall_ms: float, cpu_ms: float, memory: int) -> float:
    """Return how long an answer takes at `memory` megabytes, in milliseconds.

    `wall_ms`, `cpu_ms`: as measured with a full processor. The rest of the time is waiting, which stays the same.
    """
    return max(0.0, wall_ms - cpu_ms) + cpu_ms / min(1.0, memory / MEMORY_OF_ONE_CPU)


def first_answer_ms(figures: Mapping[str, float], memory: int) -> float:
    """Return how long the first answer from a snapshot takes, in milliseconds."""
    return answer_ms(figures["snapshot_ms"], figures["snapshot_cpu_ms"], memory)


def cost_of_a_million(figures: Mapping[str, float], memory: int) -> float:
    """Return the cost of a million launches without SnapStart in US dollars.

    `memory`: the size of the function in megabytes.
    """
    warm = answer_ms(figures["warm_ms"], figures["warm_cpu_ms"], memory)
    # The INIT phase has a full processor, whatever the memory. The CPU of the first answer is the same as that of the
    # first answer from a snapshot.
    first = answer_ms(figures["first_response_ms"] - figures["init_ms"], figures["snapshot_cpu_ms"], memory)
    cold = figures["init_ms"] + first
    milliseconds = (1 - COLD_START_SHARE) * warm + COLD_START_SHARE * cold
    return 1e6 * _cost_of_a_request(milliseconds, memory)


def cost_of_a_thousand_first_launches(figures: Mapping[str, float], memory: int) -> float:
    """Return the cost of a thousand launches of which each restores a snapshot, in US dollars."""
    restore = memory / 1024 * PRICE_PER_GB_RESTORED
    return 1000 * (_cost_of_a_request(first_answer_ms(figures, memory), memory) + restore)


def snapshot_cost_of_a_month(memory: int) -> float:
    """Return the cost of keeping the snapshot of one version for 30 days, in US dollars."""
    return memory / 1024 * MONTH * PRICE_PER_GB_SECOND_OF_SNAPSHOT


def _cost_of_a_request(milliseconds: float, memory: int) -> float:
    return PRICE_PER_MILLION_REQUESTS / 1e6 + milliseconds / 1000 * memory / 1024 * PRICE_PER_GB_SECOND
