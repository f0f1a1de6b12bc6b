"""Checks what answers over HTTP from here: the API, the identity provider, and the clocks of both and of AWS."""

import json
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime

import urllib3

from cli.aws import aws_clock
from cli.deployed import Deployed
from cli.doctor.check import Outcome, Outcomes
from gate.identity.provider import Provider
from gate.platform.config import Config
from gate.platform.signing import CLOCK_SKEW
from gate.platform.transport import proxy_of
from gate.values.errors.base import GateError
from gate.values.errors.upstream import WrongIssuerError

_TIMEOUT = urllib3.Timeout(connect=5, read=10)


def get(url: str, headers: Mapping[str, str] | None = None) -> urllib3.BaseHTTPResponse:
    """Send a GET request, without retries. Raises `urllib3.exceptions.HTTPError`.

    The operator's proxy (HTTPS_PROXY, NO_PROXY) applies, as it does to the calls of AWS.
    """
    proxy = proxy_of(url)
    manager = urllib3.ProxyManager(proxy) if proxy else urllib3.PoolManager()
    return manager.request("GET", url, headers=headers, timeout=_TIMEOUT, retries=False)


def check_api(deployed: Deployed) -> Outcomes:
    """Check the endpoint /health. Raises `CommandError`."""
    url = f"{deployed.config.base_url}/health"
    try:
        status = get(url).status
    except urllib3.exceptions.HTTPError:
        fix = "Check that the name resolves to API Gateway. A private API is reached through private_endpoints only."
        yield Outcome("error", f"{url} can't be reached from here", fix)
        return
    if status == 403:
        text = f"{url} answers 403: you are outside the networks"
        yield Outcome("warning", text, "Join the VPN to check the API.")
    elif status != 200:
        yield Outcome("error", f"{url} answers {status}", "Look at the function's log.")
    else:
        yield Outcome("ok", f"{url} answers")


def check_clocks(deployed: Deployed, *, clock: Callable[[], float]) -> Outcomes:
    """Check that the clocks agree within `CLOCK_SKEW`. Raises `CommandError`."""
    aws = aws_clock(deployed.aws)
    skew = clock() - aws if aws is not None else 0.0
    if abs(skew) > CLOCK_SKEW:
        text = f"this machine's clock is {skew:+.0f} s off AWS's"
        yield Outcome("warning", text, "Set the clock: AWS rejects signatures of a clock that is far off.")
        return
    issuer = _issuer_clock(deployed.config.issuer)
    if issuer is not None and abs(clock() - issuer) > CLOCK_SKEW:
        text = f"the identity provider's clock is {issuer - clock():+.0f} s off"
        fix = "Ask its administrators to set it: the gate may reject its tokens as too new or too old."
        yield Outcome("error", text, fix)
        return
    yield Outcome("ok", f"all clocks agree within {CLOCK_SKEW} s")


def _issuer_clock(issuer: str) -> float | None:
    try:
        response = get(issuer.rstrip("/") + "/.well-known/openid-configuration")
        return parsedate_to_datetime(response.headers["Date"]).timestamp()
    except (urllib3.exceptions.HTTPError, KeyError, ValueError, TypeError):
        return None


def check_issuer(config: Config) -> Outcomes:
    """Check that the issuer of the settings has what a sign-in needs."""
    try:
        methods = Provider(issuer=config.issuer, client_id=config.client_id).check()
    except WrongIssuerError as error:
        # JSON escapes invisible characters and those that control a terminal.
        named = json.dumps(error.named)
        text = f"identity.issuer is {json.dumps(config.issuer)}, but the provider there names itself {named}"
        yield Outcome("error", text, _issuer_fix(named))
        return
    except GateError:
        fix = (
            "Open its /.well-known/openid-configuration: check that it can be reached, and that identity.issuer is "
            "spelled as it is there."
        )
        yield Outcome("error", f"{config.issuer} can't be used", fix)
        return
    if methods and "S256" not in methods:
        yield Outcome("error", f"{config.issuer} does not support PKCE with S256", "Allow it for the application.")
        return
    yield Outcome("ok", f"{config.issuer} has keys and endpoints")


def _issuer_fix(named: str) -> str:
    if "{" in named:
        # Entra ID's addresses for all tenants (common, organizations) contain a placeholder instead of a tenant.
        tenant = "https://login.microsoftonline.com/TENANT-ID/v2.0"
        return f'Name your own tenant: identity.issuer = "{tenant}"; then deploy.'
    return f"If that is your provider, write identity.issuer = {named}, with exactly this spelling, and deploy."
