"""A browser session that follows redirects and fills in an identity provider's forms."""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.cookiejar import Cookie
from typing import cast
from urllib.parse import urljoin

import requests

from testing.providers.provider import ForeignProvider, TestUser
from testing.user import TIMEOUT

MAX_STEPS = 20
"""Redirects and forms from a bookmark to the final page; more are a loop."""


@dataclass
class Control:
    """A button or a link."""

    text: str
    form: "Form | None" = None
    name: str = ""
    value: str = ""
    href: str = ""


@dataclass
class Form:
    """A form with the values of its fields."""

    action: str = ""
    method: str = "get"
    id: str = ""
    fields: dict[str, str] = field(default_factory=dict)


class PageParser(HTMLParser):
    """Finds a page's forms, buttons and links."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.controls: list[Control] = []
        self._form: Form | None = None
        self._pressed: Control | None = None
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Record a form, a field, a button or a link."""
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._form = Form(given.get("action", ""), given.get("method", "get"), given.get("id", ""))
            self.forms.append(self._form)
        elif tag == "input" and self._form and given.get("name") and given.get("type") not in {"checkbox", "submit"}:
            self._form.fields[given["name"]] = given.get("value", "")
        elif tag == "button":
            form = next((each for each in self.forms if each.id == given.get("form")), self._form)
            self._pressed = Control("", form, given.get("name", ""), given.get("value", ""))
        elif tag == "a":
            self._pressed = Control("", href=given.get("href", ""))

    def handle_data(self, data: str) -> None:
        """Record the text of a button or a link."""
        if self._pressed:
            self._pressed.text += data

    def handle_endtag(self, tag: str) -> None:
        """Finish a form, a button or a link."""
        if tag == "form":
            self._form = None
        elif tag in {"button", "a"} and self._pressed:
            self._pressed.text = " ".join(self._pressed.text.split())
            self.controls.append(self._pressed)
            self._pressed = None


class Browser(requests.Session):
    """Keeps cookies, and stops at the presigned URL instead of opening the notebook."""

    def __init__(self, gate_url: str, provider: ForeignProvider) -> None:
        super().__init__()
        self.trust_env = False
        self._gate_url = gate_url
        self._provider = provider
        self.visited: list[str] = []

    def go(self, path: str, method: str = "GET", **headers: str) -> requests.Response:
        """Send a request to the gate."""
        url = self._gate_url + path
        return self.request(method, url, headers=headers, allow_redirects=False, timeout=TIMEOUT)

    def follow(self, answer: requests.Response) -> requests.Response:
        """Follow redirects to a page, or to the redirect with a presigned URL."""
        for _ in range(MAX_STEPS):
            location = answer.headers.get("Location")
            refresh = re.search(r"url=(.*)", answer.headers.get("Refresh", ""))
            target = location or (refresh and refresh[1])
            if not target or "authToken=" in target:
                return answer
            answer = self.visit(urljoin(answer.url, target))
        raise AssertionError(f"no end at {answer.url.partition('?')[0]}")

    def visit(self, url: str) -> requests.Response:
        """Open `url` without following redirects."""
        self.visited.append(url)
        return self.get(url, allow_redirects=False, timeout=TIMEOUT)

    def at_provider(self, answer: requests.Response) -> bool:
        """Return whether `answer` is a page of the provider."""
        return answer.url.startswith(f"{self._provider.issuer}/") and "Location" not in answer.headers

    def submit(self, answer: requests.Response, *texts: str, **fields: str) -> requests.Response:
        """Fill in `fields`, and press the control with one of `texts`."""
        control = next((each for each in PageParser(answer.text).controls if each.text in texts), None)
        assert control, f"{answer.status_code} without a control {' or '.join(texts)}: {answer.text}"
        if control.form is None:
            return self.follow(self.visit(urljoin(answer.url, control.href)))
        form = control.form
        data = {**form.fields, **{name: value for name, value in fields.items() if name in form.fields}}
        if control.name:
            data[control.name] = control.value
        url = urljoin(answer.url, form.action)
        sent = self.request(form.method, url, data=data, allow_redirects=False, timeout=TIMEOUT)
        return self.follow(sent)

    def delete_gate_cookies(self) -> None:
        """Delete the gate's cookies only."""
        for cookie in cast("list[Cookie]", list(self.cookies)):  # stubs say that names are iterated
            if cookie.name.startswith("gate"):
                self.cookies.clear(cookie.domain, cookie.path, cookie.name)

    def sign_in(self, path: str, person: TestUser, *, refuse: bool = False) -> requests.Response:
        """Open `path`, and complete the provider's pages; with `refuse`, deny consent."""
        answer = self.follow(self.go(path))
        for _ in range(MAX_STEPS):
            if not self.at_provider(answer):
                return answer
            asked = any(each.text == self._provider.AGREE for each in PageParser(answer.text).controls)
            decision = self._provider.REFUSE if refuse else self._provider.AGREE
            texts = [decision] if asked else self._provider.SIGN_IN
            answer = self.submit(answer, *texts, **self._provider.fields(person))
        raise AssertionError(f"no end at {answer.url.partition('?')[0]}")
