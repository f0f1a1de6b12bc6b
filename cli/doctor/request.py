"""HTTP requests of the checks."""

import urllib3

from gate.transport import proxy_of

_TIMEOUT = urllib3.Timeout(connect=5, read=10)


def get(url: str) -> urllib3.BaseHTTPResponse:
    """Send a GET request, without retries. Raises `urllib3.exceptions.HTTPError`.

    The operator's proxy (HTTPS_PROXY, NO_PROXY) applies, as it does to the calls of AWS.
    """
    proxy = proxy_of(url)
    manager = urllib3.ProxyManager(proxy) if proxy else urllib3.PoolManager()
    return manager.request("GET", url, timeout=_TIMEOUT, retries=False)
