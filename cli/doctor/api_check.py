"""Checks that the API answers from here."""

import urllib3

from cli.deployed import Deployed
from cli.doctor.check import Outcome, Outcomes
from cli.doctor.request import get


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
