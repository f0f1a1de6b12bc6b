"""A person at a simple browser without JavaScript, behind the rehearsal's proxy."""

from pathlib import Path

import requests

from testing.browser import Browser


class ProxiedBrowser(Browser):
    """Signs in at the hosted page of the deployed user pool."""

    def __init__(self, *, proxy: str, authority: Path) -> None:
        """`proxy`: by whose address the person comes. `authority`: the PEM file to trust."""
        super().__init__()
        self.proxies = {"https": proxy}
        self.verify = str(authority)

    def sign_in(self, url: str, email: str, password: str) -> requests.Response:
        """Open `url`, sign in at the page that it leads to, and return the answer that the gate then gives to it."""
        return self.submit(self.follow(self.get(url)), "Sign in", username=email, password=password)
