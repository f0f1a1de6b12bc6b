"""Fixtures: a deployment of the gate with fakes of other services, and a browser that keeps cookies."""

import copy
import json
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from gate import container
from gate.config import Config
from gate.handler import handler
from gate.routes import ROUTES
from local.sample import SlackUser
from local.slack.workspace import Workspace
from tests.unit.aws import FakeAws
from tests.unit.issuer import CLIENT_ID, Issuer
from tests.unit.proxy import authority, dependency_port, environment, proxy, server_tls  # noqa: F401

if TYPE_CHECKING:
    from tests.unit.slack import Slack

EVENTS = Path(__file__).parent.parent / "events"
STAGE_URL = "https://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com/prod"
ENVIRON = {
    "AWS_REGION": "eu-west-1",
    "GATE_BASE_URL": STAGE_URL,
    "GATE_TABLE": "grants",
    "GATE_LAUNCH_ROLE_ARN": "arn:aws:iam::123456789012:role/launch",
    "GATE_SESSION_SECRET_ARN": "arn:session",
    "GATE_CLIENT_ID": CLIENT_ID,
    "GATE_CLIENT_SECRET_ARN": "",
    "GATE_SCOPES": "openid email profile",
    "GATE_USER_CLAIM": "email",
    "GATE_GROUPS_CLAIM": "groups",
    "GATE_SIGN_OUT": "provider",
    "GATE_GROUPS": "*",
    "GATE_TRUST_EMAIL": "false",
    "GATE_USER_ROLES": "arn:aws:iam::123456789012:role/aws-reserved/sso.amazonaws.com/People",
    "GATE_PIN": "caller",
    "GATE_EGRESS": "198.51.100.10/32",
    "GATE_VPC_ENDPOINTS": "",
    "GATE_SIGN_IN_SECONDS": "28800",
    "GATE_MAX_SESSION": "43200",
    "GATE_SLACK_TEAMS": "",
}
CONTEXT = SimpleNamespace(
    function_name="gate",
    memory_limit_in_mb=512,
    get_remaining_time_in_millis=lambda: 28_000,
    invoked_function_arn="arn:aws:lambda:eu-west-1:123456789012:function:gate",
    aws_request_id="c6af9ac6-7b61-11e6-9a41-93e8deadbeef",
)


@dataclass(eq=False)
class Clock:
    now: float = field(default_factory=time.time)

    def __call__(self) -> float:
        return self.now


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
        event = json.loads((EVENTS / "browser_get.json").read_text())
        parts = urlsplit(path)
        event["path"], event["httpMethod"], event["body"] = parts.path, method, body
        event["resource"], event["pathParameters"] = _matched(method, parts.path)
        event["requestContext"]["path"] = urlsplit(self.base_url).path + parts.path
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

    def path_of(self, url: str) -> str:
        """Return the path of a URL of the gate."""
        assert url.startswith(self.base_url + "/"), url
        return url.removeprefix(self.base_url)


def _matched(method: str, path: str) -> tuple[str, dict[str, str] | None]:
    """Return the route and its parameters, as API Gateway adds them to the event."""
    for served, route in ROUTES:
        match = re.fullmatch(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", route), path)
        if served == method and match:
            return route, match.groupdict() or None
    return path, None


@dataclass
class Harness:
    aws: FakeAws
    issuer: Issuer
    clock: Clock
    environ: dict[str, str]
    browser: Browser

    def configure(self, **changes: str) -> None:
        """Deploy again with changed settings."""
        self.environ |= changes
        self.browser = Browser(self.environ["GATE_BASE_URL"])
        container.set_gate(container.Gate(Config.from_environ(self.environ), clock=self.clock))

    def sign_in(self, email: str = "alice@example.com", path: str = "/", browser: Browser | None = None, **claims: Any):
        """Sign in, and return the last response: the redirect to `path`."""
        browser = browser or self.browser
        redirect = browser.get(f"/login?{urlencode({'next': path})}")
        back = self.issuer.sign_in(redirect.location, **{"email": email, "email_verified": True, **claims})
        return browser.get(f"/login/callback?{urlencode(back)}")


@pytest.fixture(scope="module")
def _issuer() -> Iterator[Issuer]:
    issuer = Issuer()
    yield issuer
    issuer.close()


@pytest.fixture
def issuer(_issuer: Issuer) -> Issuer:
    _issuer.codes.clear()
    _issuer.overrides.clear()
    _issuer.requests.clear()
    _issuer.token_requests.clear()
    _issuer.client_secret = ""
    _issuer.user_info, _issuer.user_info_type = None, "application/json"
    _issuer.access_tokens.clear()
    return _issuer


@pytest.fixture
def harness(issuer: Issuer, monkeypatch: pytest.MonkeyPatch) -> Harness:
    aws = FakeAws()
    aws.notebooks = {"alice-notebook": "InService", "bob-notebook": "InService", "shared-notebook": "InService"}
    aws.grant("user:alice@example.com", "alice-notebook", session=7200, power="start-stop")
    aws.grant("user:bob@example.com", "bob-notebook")
    aws.grant("group:data-science", "shared-notebook", view="classic", session=3600)
    for module in ("gate.container", "gate.slack.requests"):
        monkeypatch.setattr(f"{module}.client", aws.client)
    harness = Harness(aws, issuer, Clock(), {**ENVIRON, "GATE_ISSUER": issuer.url}, Browser(STAGE_URL))
    harness.configure()
    return harness


@pytest.fixture
def slack(harness: Harness) -> Iterator["Slack"]:
    """The deployment with a Slack workspace whose e-mail addresses at example.com are trusted."""
    from tests.unit.slack import SECRET, TEAM, Slack

    users = [
        SlackUser(id="U0ALICE", name="alice", email="alice@example.com"),
        SlackUser(id="U0BOB", name="bob", email="bob@example.com"),
        SlackUser(id="U0DANA", name="dana"),
    ]
    workspace = Workspace(team=TEAM, users=users, signing_secret=SECRET, gate_url="", clock=harness.clock)
    harness.aws.secrets["arn:slack"] = json.dumps({"signing_secret": SECRET, "bot_token": workspace.bot_token})
    harness.configure(
        GATE_SLACK_TEAMS=TEAM,
        GATE_SLACK_EMAIL_DOMAINS="example.com",
        GATE_SLACK_SECRET_ARN="arn:slack",
        GATE_SLACK_API_URL=workspace.api_url,
        GATE_SLACK_HOOKS_URLS=f"https://hooks.slack.com/,{workspace.hooks_url}",
    )
    yield Slack(harness, workspace)
    workspace.close()
