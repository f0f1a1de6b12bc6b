"""The browsers of people, behind the rehearsal's proxy: a real one, and a simple one without JavaScript."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import requests
from playwright.sync_api import Browser, BrowserContext, expect, sync_playwright

from rehearsal.account import ROOT
from testing import browser

TIMEOUT = 60_000
"""Milliseconds. JupyterLab takes seconds to come up, and this may be a machine that is busy with other things."""

FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-sync")


class Chromium:
    """A running Chromium, or Chrome."""

    def __init__(self, proxy: Callable[[str], str]) -> None:
        """`proxy`: returns the URL of the proxy by which requests come from an address."""
        self._proxy = proxy
        self._playwright = sync_playwright().start()
        found = Path(ROOT / ".cache" / "browser").read_text(encoding="utf-8").strip()
        self._browser: Browser = self._playwright.chromium.launch(executable_path=found, args=list(FLAGS))
        expect.set_options(timeout=TIMEOUT)

    def close(self) -> None:
        """End the browser."""
        self._browser.close()
        self._playwright.stop()

    def profile(self, address: str, **options: Any) -> BrowserContext:
        """Return an empty profile of a person at `address`; `options` are Playwright's."""
        context = self._browser.new_context(
            # Its authority is known to this rehearsal alone, and a browser takes authorities from the system.
            ignore_https_errors=True,
            proxy={"server": self._proxy(address)},
            viewport={"width": 1200, "height": 750},
            **options,
        )
        context.set_default_timeout(TIMEOUT)
        return context


class ProxiedBrowser(browser.Browser):
    """A simple browser, which signs in at the hosted page of the deployed user pool."""

    def __init__(self, *, proxy: str, authority: Path) -> None:
        """`proxy`: by whose address the person comes. `authority`: the PEM file to trust."""
        super().__init__()
        self.proxies = {"https": proxy}
        self.verify = str(authority)

    def sign_in(self, url: str, email: str, password: str) -> requests.Response:
        """Open `url`, sign in at the page that it leads to, and return the answer that the gate then gives to it."""
        return self.submit(self.follow(self.get(url)), "Sign in", username=email, password=password)
