"""HTTP requests of the checks."""

import urllib3

_TIMEOUT = urllib3.Timeout(connect=5, read=10)


def get(url: str) -> urllib3.BaseHTTPResponse:
    """Send a GET request, without retries. Raises `urllib3.exceptions.HTTPError`."""
    return urllib3.PoolManager().request("GET", url, timeout=_TIMEOUT, retries=False)
