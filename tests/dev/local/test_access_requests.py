"""Access requests end to end: two functions with roles of their own, a person who asks, and an owner who decides."""

import asyncio
import json
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlencode

import pytest
import requests

from gate.platform.keys import KeyRing
from gate.platform.secrets import Secrets
from gate.platform.signing import Signer
from gate.store.grant_row import PROVENANCE
from gate.values.errors.upstream import AwsDeniedError
from local.aws.authority import FUNCTION_KEY
from local.aws.clients import clients
from local.deployment import LocalDeployment
from local.options import LocalOptions
from local.places import OUTSIDE
from local.sample import Sample
from testing.aws_clients import is_denied
from testing.clock import Clock
from testing.notebook_client import NotebookClient
from testing.renewal import renew
from testing.slack_user import make_slack
from testing.user import TestUser

SAMPLE = Sample.load(Path(__file__).parents[3] / "dev" / "local" / "sample.yaml")
SETTINGS = {"requests": {"approvers": SAMPLE.approvers, "two": ["prod-*"], "choices": [900, 3600]}}


@pytest.fixture(scope="module")
def started(clock: Clock, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalDeployment]:
    options = LocalOptions(settings=SETTINGS, clock=clock, folder=tmp_path_factory.mktemp("notebooks"))
    with LocalDeployment(SAMPLE, options) as deployment:
        yield deployment


@pytest.fixture
def deployment(started: LocalDeployment, clock: Clock) -> LocalDeployment:
    renew(started, SAMPLE, clock)
    return started


def _post(user: TestUser, path: str, **fields: object) -> requests.Response:
    headers = {"Sec-Fetch-Site": "same-origin", "Content-Type": "application/x-www-form-urlencoded"}
    return user.go(path, "POST", headers=headers, data=urlencode(fields))


def _ask(user: TestUser) -> str:
    answer = _post(user, "/requests", notebook="churn-model", reason="churn", seconds=900)
    assert answer.status_code == 303, answer.text
    return "/requests/" + answer.headers["Location"].rpartition("/")[2]


def test_carol_asks_and_bob_allows_as_owner(deployment: LocalDeployment, clock: Clock) -> None:
    carol, bob = TestUser(deployment), TestUser(deployment)
    assert carol.open("/open/churn-model", "carol@example.com").status_code == 403
    path = _ask(carol)
    assert carol.go(path).status_code == 200
    assert "churn" in bob.open("/requests", "bob@example.com").text
    assert _post(bob, path, decision="allow", seconds=900).status_code == 303
    assert "user:carol@example.com" in bob.go("/requests/access").text
    assert carol.go(path).headers["Location"].endswith("/open/churn-model")
    opened = carol.go("/open/churn-model")
    assert "authToken=" in opened.headers["Location"]
    # The notebook's session lasts for at least 1800 seconds, longer than the grant. The grant's end cuts it off.
    asyncio.run(_use_until_the_end(opened.headers["Location"], clock))
    assert carol.go("/open/churn-model", headers={"Accept": "application/json"}).status_code in (401, 403)


async def _use_until_the_end(url: str, clock: Clock) -> None:
    async with NotebookClient() as browser:
        assert (await browser.open(url)).status == 200
        kernel = await browser.kernel()
        assert await kernel.run("6 * 7") == "42"
        clock.ahead += 901
        assert await kernel.run("6 * 8") is None
        assert (await browser.send("GET", "/api/status")).status == 403


def test_the_grant_is_written_by_the_requests_function_alone(deployment: LocalDeployment) -> None:
    template = deployment.template
    assert template.requests_function is not None
    table = template.table["TableName"]
    carol, bob = TestUser(deployment), TestUser(deployment)
    carol.open("/requests", "carol@example.com")
    bob.open("/requests", "bob@example.com")
    _post(bob, _ask(carol), decision="allow", seconds=900)
    found = deployment.operator("dynamodb").get_item(
        TableName=table, Key={"principal": {"S": "user:carol@example.com"}, "notebook": {"S": "churn-model"}}
    )["Item"]
    assert set(PROVENANCE) <= set(found)
    assert found["granted_by"] == {"S": "user:bob@example.com"}


def test_who_takes_over_the_function_that_opens_notebooks_approves_nothing(deployment: LocalDeployment) -> None:
    """The attacker has its credentials and sees its requests. Carol is an accomplice in the networks."""
    carol, bob = TestUser(deployment), TestUser(deployment)
    carol.open("/requests", "carol@example.com")
    path = _ask(carol)
    bob.open("/requests", "bob@example.com")
    stolen = clients(deployment.aws.function_url, FUNCTION_KEY)
    requests_function, secrets = deployment.template.requests_function, Secrets(stolen("secretsmanager"))
    assert requests_function is not None
    with pytest.raises(AwsDeniedError):
        secrets.read(requests_function.environment["GATE_DECISION_SECRET_ARN"])

    session_key = deployment.template.environment["GATE_SESSION_SECRET_ARN"]
    keys = KeyRing(lambda stage: secrets.read(session_key, stage=stage), clock=time.time, report_age=lambda _: None)
    forged = Signer(keys, purpose="session", max_age=timedelta(hours=1)).sign(["bob@example.com"])
    for session in (forged, bob.cookies["gate-session"]):
        accomplice = TestUser(deployment)
        accomplice.headers["Cookie"] = f"gate-session={session}; gate-decision={carol.cookies['gate-decision']}"
        assert "Sign in again to decide" in accomplice.go(path).text
        assert _post(accomplice, path, decision="allow", seconds=900).status_code == 403

    invoke = stolen("lambda").invoke
    event = {"httpMethod": "POST", "resource": "/requests/{request}", "path": path}
    for alias in ("live", "operators"):
        assert is_denied(lambda: invoke(FunctionName=requests_function.aliases[alias], Payload=b"{}"))  # noqa: B023
    invoke(FunctionName=requests_function.aliases["slack"], InvocationType="Event", Payload=json.dumps(event))
    deployment.front_door.wait_until_idle()
    assert carol.go(path, headers={"Accept": "application/json"}).json()["state"] == "open"


def test_a_request_from_outside_the_networks_is_refused_by_the_api(deployment: LocalDeployment) -> None:
    outside = TestUser(deployment, OUTSIDE)
    calls = deployment.front_door.calls
    for method, path in (("GET", "/requests"), ("POST", "/requests"), ("POST", "/requests/x")):
        assert outside.go(path, method).status_code == 403
    assert deployment.front_door.calls == calls


def test_make_slack_fills_in_the_window_to_ask(deployment: LocalDeployment) -> None:
    typed = ["/notebook ask churn-model", "", "", "quarterly report", "soon", "1 hour"]
    console = make_slack("\n".join([*typed, "quit\n"]), PORT=str(deployment.port))
    assert (console.returncode, console.stderr) == (0, "")
    assert "Notebook [churn-model]:" in console.stdout
    assert console.stdout.count("For how long? 15 minutes, 1 hour [15 minutes]:") == 2
    assert "You asked for churn-model, for 1 hour." in console.stdout
    bob = TestUser(deployment)
    assert "quarterly report" in bob.open("/requests", "bob@example.com").text
