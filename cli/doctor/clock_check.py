"""Compares this machine's clock with AWS's, and with the identity provider's."""

from collections.abc import Callable
from email.utils import parsedate_to_datetime

import urllib3

from cli.clock import aws_clock
from cli.deployed import Deployed
from cli.doctor.check import Outcome, Outcomes
from cli.doctor.request import get
from gate.signing import CLOCK_SKEW


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
