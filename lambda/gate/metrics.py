"""What is counted: requests, launches, refusals by reason, failures, AWS's throttling, and the signing key's age.

Written to standard output in CloudWatch's embedded metric format, which costs no call. Names and reason codes only.
"""

import os
import threading

from aws_lambda_powertools import Metrics
from aws_lambda_powertools.metrics import MetricUnit

NAMESPACE = "NotebookGate"

# The service, a dimension of everything here, is the stack's name, which tells several gates of an account apart.
metrics = Metrics(namespace=NAMESPACE, service=os.environ.get("POWERTOOLS_SERVICE_NAME", "notebook-gate"))


_cold = True
_thread = threading.get_ident()
_counted: set[tuple[str, ...]] = set()
"""What `count_once` has counted in the request at hand."""


def count(name: str) -> None:
    """Count one more `name`, in the thread that answers the request.

    Others are passed over: one that is left behind may count while the metrics of its request, or of the next one, are
    being written.
    """
    if threading.get_ident() == _thread:
        metrics.add_metric(name=name, unit=MetricUnit.Count, value=1)


def count_once(name: str, what: tuple[str, ...]) -> bool:
    """Count one more `name` for `what`, at most once a request. Return whether it was the first time."""
    if (name, *what) in _counted:
        return False
    _counted.add((name, *what))
    count(name)
    return True


def count_request() -> None:
    """Count one more request, and whether it is the first of a new instance: somebody waited for its start."""
    global _cold, _thread
    _thread = threading.get_ident()
    # With POWERTOOLS_METRICS_DISABLED nothing is written, nor forgotten, and would pile up until requests fail of it.
    metrics.clear_metrics()
    _counted.clear()
    count("Requests")
    if _cold:
        count("ColdStarts")
        _cold = False


def count_outcome(name: str, reason: str) -> None:
    """Count one request that did not get what it asked for: as `name`, and by its reason code."""
    count(name)
    metrics.add_dimensions(service=metrics.service, reason=reason)


def key_age(days: float) -> None:
    """Tell how old the key is that signs cookies."""
    metrics.add_metric(name="SigningKeyAge", unit=MetricUnit.NoUnit, value=days)
