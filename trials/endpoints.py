"""Each endpoint, as somebody uses it who has been let in: what is done before, and then the one request."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import requests
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from local.deployment import LocalDeployment
from local.sample import Sample
from trials.user import TIMEOUT, TestUser

ALICE, NOTEBOOK, SLACK_USER = "alice@example.com", "alice-notebook", "U0ALICE"
JSON = {"Accept": "application/json"}
OURS = {"Sec-Fetch-Site": "same-origin", **JSON}

SAMPLE = Sample.load(Path(__file__).parent.parent / "local" / "sample.yaml")

IN_TIME = 10.0
"""Seconds for an answer; API Gateway gives up after 29."""
SLACK_IN_TIME = 3.0
"""Seconds for which Slack waits."""

Request = Callable[[], requests.Response]


def _once_more(_person: TestUser, request: Request, _failed: requests.Response) -> requests.Response:
    return request()


@dataclass(frozen=True)
class Endpoint:
    """One way to ask the gate for something."""

    name: str
    ready: Callable[[LocalDeployment, TestUser], Request]
    """Prepares everything, while all is well, and returns the request itself."""
    needs: frozenset[str] = frozenset()
    """The neighbours without which it can't be answered as asked, when the function has just started."""
    state: str = "InService"
    """The notebook's, before."""
    again: Callable[[TestUser, Request, requests.Response], requests.Response] = _once_more
    """What whoever got that answer does when the trouble is over."""
    in_time: float = IN_TIME


def _get(path: str, headers: Mapping[str, str] = JSON) -> Callable[[LocalDeployment, TestUser], Request]:
    def ready(_deployment: LocalDeployment, person: TestUser) -> Request:
        person.open("/", ALICE)
        return lambda: person.go(path, headers=dict(headers))

    return ready


def _post(path: str, **form: str) -> Callable[[LocalDeployment, TestUser], Request]:
    def ready(_deployment: LocalDeployment, person: TestUser) -> Request:
        person.open("/", ALICE)
        return lambda: person.go(path, "POST", headers=dict(OURS), data=form)

    return ready


def _everywhere_again(person: TestUser, request: Request, _failed: requests.Response) -> requests.Response:
    # Signed out here in any case. If it was done everywhere, a new sign-in counts from the next second on.
    time.sleep(1)
    person.open("/", ALICE)
    return request()


def _with_token(_deployment: LocalDeployment, person: TestUser) -> Request:
    token = person.id_token(ALICE)
    return lambda: person.go(f"/open/{NOTEBOOK}", headers={**JSON, "Authorization": f"Bearer {token}"})


def _with_ticket(deployment: LocalDeployment, person: TestUser) -> Request:
    deployment.slack.type(SLACK_USER)
    surface = deployment.slack.seen_by(SLACK_USER)
    deployment.front_door.wait_until_idle()
    assert surface
    url = next(str(button["url"]) for button in surface.buttons if NOTEBOOK in str(button.get("url")))
    return lambda: person.go(url.removeprefix(deployment.base_url))


def _with_ticket_again(person: TestUser, request: Request, failed: requests.Response) -> requests.Response:
    # Sent on to where one waits without the ticket; or not, and then the same link is to be good still.
    return person.get(failed.headers["Location"], allow_redirects=False) if failed.status_code == 303 else request()


def _signed(deployment: LocalDeployment, person: TestUser) -> Request:
    path = "/iam/open/shared-notebook"
    user = SAMPLE.iam_users[0]
    request = AWSRequest("GET", deployment.base_url + path, headers=dict(JSON))
    SigV4Auth(Credentials(user.access_key, user.secret_key), "execute-api", "eu-west-1").add_auth(request)
    return lambda: person.go(path, headers=dict(request.headers))


def _callback(deployment: LocalDeployment, person: TestUser) -> Request:
    away = person.go("/login").headers["Location"]
    back = person.post(away, data={"sub": ALICE}, allow_redirects=False, timeout=TIMEOUT).headers["Location"]
    return lambda: person.go(back.removeprefix(deployment.base_url), headers=JSON)


def _callback_again(person: TestUser, _request: Request, _failed: requests.Response) -> requests.Response:
    # A code is good once, so one signs in anew.
    person.open("/", ALICE)
    return person.go("/login", headers=JSON)


def _slack(act: Callable[[LocalDeployment], int]) -> Callable[[LocalDeployment, TestUser], Request]:
    def ready(deployment: LocalDeployment, _person: TestUser) -> Request:
        def ask() -> requests.Response:
            answer, begun = requests.Response(), time.monotonic()
            answer.status_code = act(deployment)
            answer.elapsed = timedelta(seconds=time.monotonic() - begun)
            deployment.front_door.wait_until_idle()
            surface = deployment.slack.seen_by(SLACK_USER, timeout=0)
            answer._content = surface.text.encode() if surface else b""
            answer.request = requests.Request("POST", deployment.base_url + "/slack").prepare()
            return answer

        return ask

    return ready


_LAUNCH = frozenset({"secretsmanager", "dynamodb", "sts", "sagemaker"})
_SLACK = _LAUNCH | {"lambda", "slack"}
ENDPOINTS = (
    Endpoint("GET /", _get("/"), _LAUNCH),
    Endpoint("GET /open", _get("/open"), _LAUNCH),
    Endpoint("GET /open/{notebook}", _get(f"/open/{NOTEBOOK}"), _LAUNCH),
    Endpoint("the same with an ID token", _with_token, _LAUNCH - {"secretsmanager"} | {"issuer"}),
    Endpoint("the same with a ticket", _with_ticket, _LAUNCH, again=_with_ticket_again),
    Endpoint("GET /iam/open/{notebook}", _signed, _LAUNCH - {"secretsmanager"}),
    Endpoint("GET /notebooks/{notebook}", _get(f"/notebooks/{NOTEBOOK}"), _LAUNCH),
    Endpoint("POST …/start", _post(f"/notebooks/{NOTEBOOK}/start"), _LAUNCH, state="Stopped"),
    Endpoint("POST …/stop", _post(f"/notebooks/{NOTEBOOK}/stop"), _LAUNCH),
    Endpoint("GET /login", lambda _deployment, person: lambda: person.go("/login", headers=JSON),
             frozenset({"secretsmanager", "issuer"})),
    Endpoint("GET /login/callback", _callback, frozenset({"secretsmanager", "issuer"}), again=_callback_again),
    Endpoint("POST /logout", _post("/logout"), frozenset({"issuer"})),
    Endpoint("POST /logout: everywhere", _post("/logout", everywhere="1"),
             frozenset({"secretsmanager", "dynamodb"}), again=_everywhere_again),
    Endpoint("POST /slack: command", _slack(lambda deployment: deployment.slack.type(SLACK_USER)),
             _SLACK, in_time=SLACK_IN_TIME),
    Endpoint("POST /slack: shortcut", _slack(lambda deployment: deployment.slack.shortcut(SLACK_USER)),
             _SLACK, in_time=SLACK_IN_TIME),
    Endpoint("GET /help", lambda _deployment, person: lambda: person.go("/help", headers=JSON)),
    Endpoint("GET /health", lambda _deployment, person: lambda: person.go("/health", headers=JSON)),
)  # fmt: skip
