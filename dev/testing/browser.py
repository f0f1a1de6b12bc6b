"""A simple browser without JavaScript, over real sockets."""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin

import requests

TIMEOUT = 120
"""Seconds for one response, generous for a busy machine."""

MAX_STEPS = 20
"""Redirects and forms from a bookmark to the final page; more are a loop."""


class Browser(requests.Session):
    """Keeps cookies, and follows redirects only when it is told to."""

    def __init__(self, base_url: str = "") -> None:
        """`base_url`: precedes paths that begin with a slash."""
        super().__init__()
        self._base_url = base_url
        self.trust_env = False
        self.visited: list[str] = []
        """The URLs of all requests, oldest first."""

    def request(self, method: str, url: str, **options: Any) -> requests.Response:  # type: ignore[override]
        """Send a request."""
        target = self._base_url + url if url.startswith("/") else url
        self.visited.append(target)
        # Also where `get` asks for redirects to be followed, as requests has it.
        return super().request(method, target, **{"timeout": TIMEOUT, **options, "allow_redirects": False})

    def go(self, path: str, method: str = "GET", **options: Any) -> requests.Response:
        """Send a request to the gate."""
        return self.request(method, path, **options)

    def press(self, path: str, **form: str) -> requests.Response:
        """Press a button on one of the gate's own pages, which sends `form`."""
        return self.post(path, headers={"Sec-Fetch-Site": "same-origin"}, data=form)

    def follow(self, answer: requests.Response) -> requests.Response:
        """Follow redirects to a page, or to the redirect with a presigned URL."""
        for _ in range(MAX_STEPS):
            location = answer.headers.get("Location")
            refresh = re.search(r"url=(.*)", answer.headers.get("Refresh", ""))
            target = location or (refresh and refresh[1])
            if not target or "authToken=" in target:
                return answer
            answer = self.get(urljoin(answer.url, target))
        raise AssertionError(f"no end at {answer.url.partition('?')[0]}")

    def submit(self, answer: requests.Response, *texts: str, **fields: str) -> requests.Response:
        """Fill in `fields`, and press the control with one of `texts`."""
        control = next((each for each in controls(answer) if each.text in texts), None)
        assert control, f"{answer.status_code} without a control {' or '.join(texts)}: {answer.text}"
        if control.form is None:
            return self.follow(self.get(urljoin(answer.url, control.href)))
        form = control.form
        data = {**form.fields, **{name: value for name, value in fields.items() if name in form.fields}}
        if control.name:
            data[control.name] = control.value
        return self.follow(self.request(form.method, urljoin(answer.url, form.action), data=data))


@dataclass
class Form:
    """A form with the values of its fields."""

    action: str = ""
    method: str = "get"
    id: str = ""
    fields: dict[str, str] = field(default_factory=dict)


@dataclass
class Control:
    """A button or a link."""

    text: str
    form: Form | None = None
    name: str = ""
    value: str = ""
    href: str = ""


def controls(answer: requests.Response) -> list[Control]:
    """Return the buttons and links of a page."""
    page = _Page()
    page.feed(answer.text)
    page.close()
    return page.controls


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.controls: list[Control] = []
        self._forms: list[Form] = []
        self._form: Form | None = None
        self._pressed: Control | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Record a form, a field, a button or a link."""
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._form = Form(given.get("action", ""), given.get("method", "get"), given.get("id", ""))
            self._forms.append(self._form)
        elif tag == "input" and self._form and given.get("name") and given.get("type") not in {"checkbox", "submit"}:
            self._form.fields[given["name"]] = given.get("value", "")
        elif tag == "button":
            form = next((each for each in self._forms if each.id == given.get("form")), self._form)
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
