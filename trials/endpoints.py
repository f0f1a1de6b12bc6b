"""Each endpoint, as somebody uses it who has been let in: what is done before, and then the one request."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import requests
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from local.sample import Sample
from local.world import World
from tests.local.client import Person

ALICE, NOTEBOOK, SLACK_USER = "alice@example.com", "alice-notebook", "U0ALICE"
JSON = {"Accept": "application/json"}
OURS = {"Sec-Fetch-Site": "same-origin", **JSON}

SAMPLE = Sample.load(Path(__file__).parent.parent / "local" / "sample.yaml")

Request = Callable[[], requests.Response]


@dataclass(frozen=True)
class Endpoint:
    """One way to ask the gate for something."""

    name: str
    ready: Callable[[World, Person], Request]
    """Prepares everything, while all is well, and returns the request itself."""
    needs: frozenset[str] = frozenset()
    """The neighbours without which it can't be answered as asked, when the function has just started."""


def _get(path: str, headers: Mapping[str, str] = JSON) -> Callable[[World, Person], Request]:
    def ready(_world: World, person: Person) -> Request:
        person.open("/", ALICE)
        return lambda: person.go(path, headers=dict(headers))

    return ready


def _post(path: str) -> Callable[[World, Person], Request]:
    def ready(_world: World, person: Person) -> Request:
        person.open("/", ALICE)
        return lambda: person.go(path, "POST", headers=dict(OURS))

    return ready


def _with_token(_world: World, person: Person) -> Request:
    token = person.id_token(ALICE)
    return lambda: person.go(f"/open/{NOTEBOOK}", headers={**JSON, "Authorization": f"Bearer {token}"})


def _with_ticket(world: World, person: Person) -> Request:
    world.slack.type(SLACK_USER)
    surface = world.slack.seen_by(SLACK_USER)
    assert surface
    url = next(str(button["url"]) for button in surface.buttons if NOTEBOOK in str(button.get("url")))
    return lambda: person.go(url.removeprefix(world.base_url))


def _signed(world: World, person: Person) -> Request:
    path = "/iam/open/shared-notebook"
    user = SAMPLE.iam_users[0]
    request = AWSRequest("GET", world.base_url + path, headers=dict(JSON))
    SigV4Auth(Credentials(user.access_key, user.secret_key), "execute-api", "eu-west-1").add_auth(request)
    return lambda: person.go(path, headers=dict(request.headers))


def _callback(world: World, person: Person) -> Request:
    away = person.go("/login").headers["Location"]
    back = person.post(away, data={"sub": ALICE}, allow_redirects=False, timeout=30).headers["Location"]
    return lambda: person.go(back.removeprefix(world.base_url), headers=JSON)


def _slack(act: Callable[[World], int]) -> Callable[[World, Person], Request]:
    def ready(world: World, _person: Person) -> Request:
        def ask() -> requests.Response:
            answer = requests.Response()
            answer.status_code = act(world)
            return answer

        return ask

    return ready


_LAUNCH = frozenset({"secretsmanager", "dynamodb", "sts", "sagemaker"})
ENDPOINTS = (
    Endpoint("GET /", _get("/"), frozenset({"secretsmanager", "dynamodb"})),
    Endpoint("GET /open", _get("/open"), _LAUNCH),
    Endpoint("GET /open/{notebook}", _get(f"/open/{NOTEBOOK}"), _LAUNCH),
    Endpoint("the same with an ID token", _with_token, frozenset({"issuer", *_LAUNCH})),
    Endpoint("the same with a ticket", _with_ticket, _LAUNCH),
    Endpoint("GET /iam/open/{notebook}", _signed, _LAUNCH - {"secretsmanager"}),
    Endpoint("GET /notebooks/{notebook}", _get(f"/notebooks/{NOTEBOOK}"), _LAUNCH),
    Endpoint("POST …/start", _post(f"/notebooks/{NOTEBOOK}/start"), _LAUNCH),
    Endpoint("POST …/stop", _post(f"/notebooks/{NOTEBOOK}/stop"), _LAUNCH),
    Endpoint("GET /login", lambda _world, person: lambda: person.go("/login", headers=JSON), frozenset({"issuer"})),
    Endpoint("GET /login/callback", _callback, frozenset({"secretsmanager", "issuer"})),
    Endpoint("POST /logout", _post("/logout")),
    Endpoint("POST /slack: command", _slack(lambda world: world.slack.type(SLACK_USER)),
             frozenset({"secretsmanager", "dynamodb", "lambda"})),
    Endpoint("POST /slack: shortcut", _slack(lambda world: world.slack.shortcut(SLACK_USER)),
             frozenset({"secretsmanager", "dynamodb", "lambda", "slack"})),
    Endpoint("GET /health", lambda _world, person: lambda: person.go("/health", headers=JSON)),
)  # fmt: skip
