"""A sign-in up to its callback, and what the gate answers and logs."""

import re
from urllib.parse import parse_qs, quote, urlencode, urlsplit

import pytest

from testing.harness import Browser, Harness

NOTEBOOK = "/open/alice-notebook"
LINK = re.compile(r'class="button" href="([^"]*)"')
"""The link of an error page's button."""


def start_sign_in(browser: Browser, target: str = NOTEBOOK) -> str:
    """Start a sign-in in one tab, and return the URL of the provider's sign-in page."""
    return browser.get(f"/login?next={quote(target)}").location


def callback_path(harness: Harness, authorization_url: str, email: str = "alice@example.com") -> str:
    """Sign in at the provider, and return the path of the callback."""
    return f"/login/callback?{urlencode(harness.issuer.sign_in(authorization_url, email=email, email_verified=True))}"


def outcomes(caplog: pytest.LogCaptureFixture) -> list[tuple[str, str | None]]:
    """Return the outcome and the subject of each decision in the log."""
    lines = [vars(record) for record in caplog.records if record.msg == "decision"]
    return [(line["outcome"], line["subject"]) for line in lines]


def state_of(authorization_url: str) -> str:
    """Return the state that the gate sent to the provider."""
    return parse_qs(urlsplit(authorization_url).query)["state"][0]
