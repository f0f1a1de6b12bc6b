"""The function with fakes of the services around it, and a browser that sends requests to it."""

import copy
import json
import re
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from gate import container
from gate.platform.config import Config
from gate.routes import ROUTES
from gate.routes.dispatch import handler
from local.events import path_pattern
from testing.aws import FakeAws
from testing.clock import StoppedClock
from testing.environment import CONTEXT, stored_event
from testing.issuer import Issuer


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    set_cookies: list[str]
    body: str

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def location(self) -> str:
        return self.headers["location"]


@dataclass
class Browser:
    """Sends requests to the handler in API Gateway's format, and keeps cookies."""

    base_url: str
    cookies: dict[str, str] = field(default_factory=dict)
    address: str = "203.0.113.7"
    host: str = ""
    """The host name by which the gate is reached; empty for that of `base_url`."""

    def get(self, path: str, **options: Any) -> Answer:
        return self.send("GET", path, **options)

    def post(self, path: str, headers: dict[str, str] | None = None, body: str | None = None) -> Answer:
        return self.send("POST", path, headers={"Sec-Fetch-Site": "same-origin", **(headers or {})}, body=body)

    def send(
        self,
        method: str,
        path: str,
        headers: dict[str, str] | None = None,
        iam: str | None = None,
        body: str | None = None,
    ) -> Answer:
        event = stored_event("browser_get")
        parts = urlsplit(path)
        event["path"], event["httpMethod"], event["body"] = parts.path, method, body
        event["resource"], event["pathParameters"] = _matched(method, parts.path)
        event["requestContext"]["path"] = urlsplit(self.base_url).path + parts.path
        event["requestContext"]["domainName"] = self.host or urlsplit(self.base_url).netloc
        event["requestContext"]["identity"]["sourceIp"] = self.address
        event["requestContext"]["identity"]["userArn"] = iam
        query = parse_qs(parts.query, keep_blank_values=True)
        event["multiValueQueryStringParameters"] = query or None
        event["queryStringParameters"] = {name: values[-1] for name, values in query.items()} or None
        cookie = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        for name, value in (cookie | (headers or {})).items():
            event["headers"][name] = value
            event["multiValueHeaders"][name] = [value]
        raw = handler(copy.deepcopy(event), CONTEXT)
        assert raw is not None
        return self.receive(raw)

    def receive(self, raw: dict[str, Any]) -> Answer:
        """Return the handler's response `raw`, and keep its cookies."""
        lists = {name.lower(): values for name, values in (raw.get("multiValueHeaders") or {}).items()}
        lists |= {name.lower(): [value] for name, value in (raw.get("headers") or {}).items()}
        set_cookies = lists.pop("set-cookie", [])
        for line in set_cookies:
            for name, morsel in SimpleCookie(line).items():
                if morsel["max-age"] == "0":
                    self.cookies.pop(name, None)
                else:
                    self.cookies[name] = morsel.value
        headers = {name: values[0] for name, values in lists.items()}
        return Answer(raw["statusCode"], headers, set_cookies, raw["body"] or "")

    def reason(self, path: str) -> object:
        """Return the reason in the JSON response to GET `path`, or None if it has none."""
        return self.get(path, headers={"Accept": "application/json"}).json.get("error")

    def path_of(self, url: str) -> str:
        """Return the path of a URL of the gate."""
        assert url.startswith(self.base_url + "/"), url
        return url.removeprefix(self.base_url)


def _matched(method: str, path: str) -> tuple[str, dict[str, str] | None]:
    """Return the route and its parameters, as API Gateway adds them to the event."""
    for served, route in ROUTES:
        match = re.fullmatch(path_pattern(route), path)
        if served == method and match:
            return route, match.groupdict() or None
    return path, None


@dataclass
class Harness:
    aws: FakeAws
    issuer: Issuer
    clock: StoppedClock
    environ: dict[str, str]
    browser: Browser

    def configure(self, **changes: str) -> None:
        """Deploy again with changed settings."""
        self.environ |= changes
        self.browser = Browser(self.environ["GATE_BASE_URL"])
        container.set_gate(container.Gate(Config.from_environ(self.environ), clock=self.clock))

    def sign_in(
        self, email: str = "alice@example.com", path: str = "/", browser: Browser | None = None, **claims: Any
    ) -> Answer:
        """Sign in, and return the last response: the redirect to `path`."""
        browser = browser or self.browser
        redirect = browser.get(f"/login?{urlencode({'next': path})}")
        back = self.issuer.sign_in(redirect.location, **{"email": email, "email_verified": True, **claims})
        return browser.get(f"/login/callback?{urlencode(back)}")
