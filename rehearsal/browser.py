"""A person at a simple browser without JavaScript, behind the rehearsal's proxy."""

from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import requests

TIMEOUT = 60
"""Seconds for one answer."""


class Browser(requests.Session):
    """Keeps cookies, and follows no redirect unasked."""

    def __init__(self, *, proxy: str, authority: Path) -> None:
        """`proxy`: by whose address the person comes. `authority`: the PEM file to trust."""
        super().__init__()
        self.trust_env = False
        self.proxies = {"https": proxy}
        self.verify = str(authority)

    def request(self, method: str, url: str, **options: Any) -> requests.Response:  # type: ignore[override]
        """Send a request."""
        # Also where `get` asks for redirects to be followed, as requests has it.
        return super().request(method, url, **{"timeout": TIMEOUT, **options, "allow_redirects": False})

    def sign_in(self, url: str, email: str, password: str) -> requests.Response:
        """Open `url`, sign in at the page that it leads to, and return the answer that the gate then gives to it."""
        answer = self._follow(self.get(url))
        form = _Form.of(answer.text)
        fields = {**form.fields, "username": email, "password": password}
        answer = self.post(urljoin(answer.url, form.action), data=fields)
        return self._follow(answer, until=url)

    def _follow(self, answer: requests.Response, *, until: str = "") -> requests.Response:
        for _ in range(8):
            location = answer.headers.get("Location")
            if location is None or answer.url == until:
                break
            answer = self.get(urljoin(answer.url, location))
        return answer

    def press(self, url: str) -> requests.Response:
        """Press a button on one of the gate's own pages."""
        return self.post(url, headers={"Sec-Fetch-Site": "same-origin"})


class _Form(HTMLParser):
    """The first form of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.action = ""
        self.fields: dict[str, str] = {}

    @classmethod
    def of(cls, page: str) -> "_Form":
        form = cls()
        form.feed(page)
        return form

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form" and not self.action:
            self.action = given.get("action", "")
        elif tag == "input" and given.get("type") == "hidden":
            self.fields[given["name"]] = given.get("value", "")
