"""Metrics: requests, launches, refusals by reason, failures, throttled calls, and the age of the signing key.

They are written to standard output in CloudWatch's embedded metric format, which needs no call. They contain only names
and reason codes.
"""

import os
import threading

from aws_lambda_powertools import Metrics
from aws_lambda_powertools.metrics import MetricUnit

NAMESPACE = "NotebookGate"

# All metrics have the dimension `service`: the name of the stack, which distinguishes several gates in one account.
metrics = Metrics(namespace=NAMESPACE, service=os.environ.get("POWERTOOLS_SERVICE_NAME", "notebook-gate"))


_first_request = True
_request_thread = threading.get_ident()
_counted: set[tuple[str, ...]] = set()
"""What `count_once` has counted in the current request."""


def count(name: str) -> None:
    """Add one to the metric `name`. Has no effect in threads other than the one that answers the request.

    Another thread may outlive its request, and count while the metrics of this or the next request are written.
    """
    if threading.get_ident() == _request_thread:
        metrics.add_metric(name=name, unit=MetricUnit.Count, value=1)


def count_once(name: str, key: tuple[str, ...]) -> bool:
    """Add one to the metric `name`, at most once for each `key` in a request. Return whether it was the first time."""
    if (name, *key) in _counted:
        return False
    _counted.add((name, *key))
    count(name)
    return True


def count_request() -> None:
    """Count a request, and a cold start if it is the first request of this instance."""
    global _first_request, _request_thread
    _request_thread = threading.get_ident()
    # With POWERTOOLS_METRICS_DISABLED, Powertools never writes or clears its metrics. They would accumulate until
    # requests fail at its limit.
    metrics.clear_metrics()
    _counted.clear()
    count("Requests")
    if _first_request:
        count("ColdStarts")
        _first_request = False


def count_outcome(name: str, reason: str) -> None:
    """Count a request whose outcome was not the one it asked for: in the metric `name`, and by its reason code."""
    count(name)
    metrics.add_dimensions(service=metrics.service, reason=reason)


def count_canary_pass(function: str) -> None:
    """Count a canary that found nothing wrong. `function`: the name of the function."""
    count("CanaryPasses")
    metrics.add_dimensions(service=metrics.service, function=function)


def record_key_age(days: float) -> None:
    """Record the age of the key that signs cookies, in days."""
    metrics.add_metric(name="SigningKeyAge", unit=MetricUnit.NoUnit, value=days)
