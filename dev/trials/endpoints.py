"""Every endpoint as a client with access uses it: what is prepared beforehand, and the one request itself."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import requests
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from gate.slack.access_command import ALLOW_BUTTON
from gate.store import key_prefixes
from gate.values.errors.access_requests import OwnAccessRequestError
from local.deployment import LocalDeployment
from local.sample import Sample
from local.slack import payloads
from local.slack.page import SlackPage
from local.template import REGION
from testing.user import TestUser

ALICE, NOTEBOOK, SLACK_USER = "alice@example.com", "alice-notebook", "U0ALICE"
JSON = {"Accept": "application/json"}
SPACE = "/open/studio:d-local1~dave~churn-space"
SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin", **JSON}

SAMPLE = Sample.load(Path(__file__).parent.parent / "local" / "sample.yaml")

SETTINGS = {"requests": {"approvers": {f"user:{ALICE}": ["*"]}}}

RESPONSE_LIMIT = 10.0
"""Seconds that a response may take. API Gateway gives up after 29."""
SLACK_RESPONSE_LIMIT = 3.0
"""Seconds that Slack waits for a response."""

Send = Callable[[], requests.Response]
"""Sends the prepared request."""
Prepare = Callable[[LocalDeployment, TestUser], Send]


def _resend(_user: TestUser, send: Send, _failed: requests.Response) -> requests.Response:
    return send()


@dataclass(frozen=True)
class Endpoint:
    """One request to the gate, and what is known about it."""

    name: str
    prepare: Prepare
    """Does everything that comes before the request, while all dependencies work, and returns the request."""
    dependencies: frozenset[str] = frozenset()
    """The dependencies that a newly started function needs to answer the request."""
    notebook_state: str = "InService"
    """The state of the notebook before the request."""
    retry: Callable[[TestUser, Send, requests.Response], requests.Response] = _resend
    """What a client that got the failed response does once the fault is over."""
    response_limit: float = RESPONSE_LIMIT
    refusal: str = ""
    """The reason code with which the request is refused without a fault; empty if it is not refused."""


def _get(path: str, headers: Mapping[str, str] = JSON, email: str = ALICE) -> Prepare:
    def prepare(_deployment: LocalDeployment, user: TestUser) -> Send:
        user.open("/", email)
        return lambda: user.go(path, headers=dict(headers))

    return prepare


def _post(path: str, **form: str) -> Prepare:
    def prepare(_deployment: LocalDeployment, user: TestUser) -> Send:
        user.open("/", ALICE)
        return lambda: user.go(path, "POST", headers=dict(SAME_ORIGIN), data=form)

    return prepare


def _retry_sign_out_everywhere(user: TestUser, send: Send, _failed: requests.Response) -> requests.Response:
    # The failed request signed this browser out in any case. If it wrote the cutoff, a sign-in counts only from the
    # next second on.
    time.sleep(1)
    user.open("/", ALICE)
    return send()


def _with_token(_deployment: LocalDeployment, user: TestUser) -> Send:
    token = user.id_token(ALICE)
    return lambda: user.go(f"/open/{NOTEBOOK}", headers={**JSON, "Authorization": f"Bearer {token}"})


def _with_ticket(deployment: LocalDeployment, user: TestUser) -> Send:
    deployment.slack.type(SLACK_USER)
    page = deployment.slack.seen_by(SLACK_USER)
    deployment.front_door.wait_until_idle()
    assert page
    url = next(str(button["url"]) for button in page.buttons if NOTEBOOK in str(button.get("url")))
    return lambda: user.go(url.removeprefix(deployment.base_url))


def _retry_ticket(user: TestUser, send: Send, failed: requests.Response) -> requests.Response:
    # A 303 leads to the waiting page, which needs no ticket. After any other response the same link must still work.
    return user.get(failed.headers["Location"], allow_redirects=False) if failed.status_code == 303 else send()


def delete_rows(deployment: LocalDeployment, *prefixes: str) -> None:
    """Delete the rows of the grants table whose principals begin with one of `prefixes`."""
    dynamodb, table = deployment.operator("dynamodb"), deployment.template.table["TableName"]
    for item in dynamodb.scan(TableName=table)["Items"]:
        if item["principal"]["S"].startswith(prefixes):
            dynamodb.delete_item(TableName=table, Key={name: item[name] for name in ("principal", "notebook")})


def _asked(deployment: LocalDeployment, email: str) -> str:
    """Return the path of a new access request of `email`."""
    delete_rows(deployment, key_prefixes.ACCESS_REQUEST)  # so that nobody reaches the limit of requests in a day
    person = TestUser(deployment)
    person.open("/", email)
    form = {"notebook": "churn-model", "reason": "trial", "seconds": "3600"}
    answer = person.go("/requests", "POST", headers=SAME_ORIGIN, data=form)
    return "/requests/" + answer.headers["Location"].rpartition("/")[2]


def _show_request(deployment: LocalDeployment, user: TestUser) -> Send:
    path = _asked(deployment, ALICE)
    user.open("/", ALICE)
    return lambda: user.go(path, headers=JSON)


def _decide(decision: str, *, asker: str = "carol@example.com") -> Prepare:
    def prepare(deployment: LocalDeployment, user: TestUser) -> Send:
        path = _asked(deployment, asker)
        user.open("/", ALICE)
        return lambda: user.go(path, "POST", headers=SAME_ORIGIN, data={"decision": decision, "seconds": "3600"})

    return prepare


def _end(deployment: LocalDeployment, user: TestUser) -> Send:
    send = _decide("allow")(deployment, user)
    allowed = send()
    assert allowed.status_code == 303, allowed.text
    path = "/requests/" + allowed.headers["Location"].rpartition("/")[2]
    return lambda: user.go(path, "POST", headers=SAME_ORIGIN, data={"decision": "end"})


def _allow_own_in_slack(deployment: LocalDeployment, user: TestUser) -> Send:
    """Ask on the page, and allow it as the same person in Slack."""
    request_id = _asked(deployment, ALICE).rpartition("/")[2]

    def press(deployment: LocalDeployment) -> int:
        slack = deployment.slack
        body = payloads.press(
            payloads.Member(slack.team, SLACK_USER, "alice"),
            {"action_id": ALLOW_BUTTON, "block_id": f"access:{request_id}", "value": "3600"},
            trigger_id=slack.trigger_id(SLACK_USER),
            response_url=slack.response_url(SLACK_USER),
            page=SlackPage([]),
        )
        return slack.send(payloads.encoded(body))

    return _slack(press)(deployment, user)


def _retry_decision(user: TestUser, send: Send, _failed: requests.Response) -> requests.Response:
    # If the failed request decided, the same decision is refused, and the list no longer shows the request.
    again = send()
    return again if again.status_code < 400 else user.go("/requests", headers=JSON)


def _signed(deployment: LocalDeployment, user: TestUser) -> Send:
    path = "/iam/open/shared-notebook"
    iam_user = SAMPLE.iam_users[0]
    request = AWSRequest("GET", deployment.base_url + path, headers=dict(JSON))
    SigV4Auth(Credentials(iam_user.access_key, iam_user.secret_key), "execute-api", REGION).add_auth(request)
    return lambda: user.go(path, headers=dict(request.headers))


def _callback(deployment: LocalDeployment, user: TestUser) -> Send:
    authorize_url = user.go("/login").headers["Location"]
    response = user.post(authorize_url, data={"sub": ALICE})
    callback_url = response.headers["Location"]
    return lambda: user.go(callback_url.removeprefix(deployment.base_url), headers=JSON)


def _retry_callback(user: TestUser, _send: Send, _failed: requests.Response) -> requests.Response:
    # A code can be used once, so the user signs in again.
    user.open("/", ALICE)
    return user.go("/login", headers=JSON)


def _slack(action: Callable[[LocalDeployment], int]) -> Prepare:
    def prepare(deployment: LocalDeployment, _user: TestUser) -> Send:
        def send() -> requests.Response:
            response, started = requests.Response(), time.monotonic()
            response.status_code = action(deployment)
            response.elapsed = timedelta(seconds=time.monotonic() - started)
            deployment.front_door.wait_until_idle()
            page = deployment.slack.seen_by(SLACK_USER, timeout=0)
            response._content = page.text.encode() if page else b""
            response.request = requests.Request("POST", deployment.base_url + "/slack").prepare()
            return response

        return send

    return prepare


_LAUNCH = frozenset({"secretsmanager", "dynamodb", "sts", "sagemaker"})
_SLACK = _LAUNCH | {"lambda", "slack"}
_REQUESTS = frozenset({"secretsmanager", "dynamodb"})
ENDPOINTS = (
    Endpoint("GET /", _get("/"), _LAUNCH),
    Endpoint("GET /open", _get("/open"), _LAUNCH),
    Endpoint("GET /open/{notebook}", _get(f"/open/{NOTEBOOK}"), _LAUNCH),
    Endpoint("GET /open/{notebook}, space in Studio", _get(SPACE, email="dave@example.com"), _LAUNCH),
    Endpoint("GET /open/{notebook}, ID token", _with_token, _LAUNCH - {"secretsmanager"} | {"issuer"}),
    Endpoint("GET /open/{notebook}, ticket", _with_ticket, _LAUNCH, retry=_retry_ticket),
    Endpoint("GET /iam/open/{notebook}", _signed, _LAUNCH - {"secretsmanager"}),
    Endpoint("GET /notebooks/{notebook}", _get(f"/notebooks/{NOTEBOOK}"), _LAUNCH),
    Endpoint("POST …/start", _post(f"/notebooks/{NOTEBOOK}/start"), _LAUNCH, notebook_state="Stopped"),
    Endpoint("GET …/stop", _get(f"/notebooks/{NOTEBOOK}/stop"), _LAUNCH),
    Endpoint("POST …/stop", _post(f"/notebooks/{NOTEBOOK}/stop"), _LAUNCH),
    Endpoint("GET /login", lambda _deployment, user: lambda: user.go("/login", headers=JSON),
             frozenset({"secretsmanager", "issuer"})),
    Endpoint("GET /login/callback", _callback, frozenset({"secretsmanager", "issuer"}), retry=_retry_callback),
    Endpoint("POST /logout", _post("/logout"), frozenset({"issuer"})),
    Endpoint("POST /logout, everywhere", _post("/logout", everywhere="1"),
             frozenset({"secretsmanager", "dynamodb"}), retry=_retry_sign_out_everywhere),
    Endpoint("POST /slack, command", _slack(lambda deployment: deployment.slack.type(SLACK_USER)),
             _SLACK, response_limit=SLACK_RESPONSE_LIMIT),
    Endpoint("POST /slack, shortcut", _slack(lambda deployment: deployment.slack.shortcut(SLACK_USER)),
             _SLACK, response_limit=SLACK_RESPONSE_LIMIT),
    Endpoint("GET /requests", _get("/requests"), _REQUESTS),
    Endpoint("GET /requests/access", _get("/requests/access"), _REQUESTS),
    Endpoint("POST /requests", _post("/requests", notebook="churn-model", reason="trial", seconds="3600"), _REQUESTS),
    Endpoint("GET /requests/{request}", _show_request, _REQUESTS),
    Endpoint("POST /requests/{request}", _decide("deny"), _REQUESTS, retry=_retry_decision),
    Endpoint("POST /requests/{request}, withdraw", _decide("withdraw", asker=ALICE), _REQUESTS, retry=_retry_decision),
    Endpoint("POST /requests/{request}, allow", _decide("allow"), _REQUESTS, retry=_retry_decision),
    Endpoint("POST /requests/{request}, end", _end, _REQUESTS | {"lambda"}, retry=_retry_decision),
    Endpoint("POST /slack, one's own request", _allow_own_in_slack, _REQUESTS | {"lambda", "slack"},
             response_limit=SLACK_RESPONSE_LIMIT, refusal=OwnAccessRequestError.reason),
    Endpoint("GET /help", lambda _deployment, user: lambda: user.go("/help", headers=JSON)),
    Endpoint("GET /health", lambda _deployment, user: lambda: user.go("/health", headers=JSON)),
)  # fmt: skip
