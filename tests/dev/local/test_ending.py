"""Access that a request led to ends while the notebook is open, over sockets.

The denies function runs with its own role, and the policies are evaluated for each request of the open notebook.
"""

import asyncio
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
import requests

from gate.launch.denies.launch_role import REVOKED_POLICY
from gate.routes.denies import NotCutOffError
from infra.revocations import NOTHING_REVOKED
from local.aws.calls import ApiError
from local.deployment import LocalDeployment
from local.options import LocalOptions
from local.sample import Sample
from testing.notebook_client import NotebookClient
from testing.user import TestUser
from tests.cli.conftest import ROOT
from tests.cli.launch_role import inline_policies

BOB, CAROL, NOTEBOOK, OTHER = "bob@example.com", "carol@example.com", "alice-notebook", "shared-notebook"
FORM = {"Sec-Fetch-Site": "same-origin", "Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture(scope="module")
def deployment() -> Iterator[LocalDeployment]:
    sample = Sample.load(ROOT / "dev" / "local" / "sample.yaml")
    approvers = {f"user:{BOB}": ["*"]}
    with LocalDeployment(sample, LocalOptions(settings={"requests": {"approvers": approvers}})) as deployment:
        yield deployment


def _person(deployment: LocalDeployment, email: str) -> TestUser:
    person = TestUser(deployment)
    person.open("/requests", email)
    return person


def _send(person: TestUser, path: str, **fields: object) -> requests.Response:
    return person.go(path, "POST", headers=FORM, data=urlencode(fields))


def _allowed(deployment: LocalDeployment, carol: TestUser, notebook: str) -> str:
    asked = _send(carol, "/requests", notebook=notebook, reason="report", seconds=28_800)
    path = asked.headers["Location"].removeprefix(deployment.base_url)
    assert _send(_person(deployment, BOB), path, decision="allow", seconds=28_800).status_code == 303
    return path


def _denies(deployment: LocalDeployment) -> list[Any]:
    found: list[Any] = inline_policies(deployment)[REVOKED_POLICY]["Statement"]
    return found


def test_what_is_open_is_cut_off_and_another_notebook_stays_open(deployment: LocalDeployment) -> None:
    carol = _person(deployment, CAROL)
    path = _allowed(deployment, carol, NOTEBOOK)
    _allowed(deployment, carol, OTHER)
    urls = [carol.go(f"/open/{name}").headers["Location"] for name in (NOTEBOOK, OTHER)]

    async def scenario() -> None:
        async with NotebookClient() as ended, NotebookClient() as kept:
            for client, url in ((ended, urls[0]), (kept, urls[1])):
                await client.open(url)
            kernels = [await client.kernel() for client in (ended, kept)]
            assert [await kernel.run("6 * 7") for kernel in kernels] == ["42", "42"]
            assert _send(carol, path, decision="end").status_code == 303
            deployment.front_door.wait_until_idle()
            assert [await kernel.run("6 * 7") for kernel in kernels] == [None, "42"]
            assert [(await client.send("GET", "/api/status")).status for client in (ended, kept)] == [403, 200]

    asyncio.run(scenario())
    assert carol.go(f"/open/{NOTEBOOK}").status_code == 403
    (deny,) = [each for each in _denies(deployment) if each["Resource"] != "*"]
    assert deny["Resource"].endswith(f":notebook-instance/{NOTEBOOK}")
    assert deny["Condition"]["StringEquals"] == {"aws:SourceIdentity": [CAROL]}


def _erase(deployment: LocalDeployment) -> None:
    role = deployment.template.launch_role.arn.rpartition("/")[2]
    deployment.operator("iam").put_role_policy(
        RoleName=role, PolicyName=REVOKED_POLICY, PolicyDocument=json.dumps(NOTHING_REVOKED)
    )


def _send_event(deployment: LocalDeployment) -> None:
    function = deployment.template.denies_function
    assert function is not None
    deployment.front_door.invoke(function.aliases["denies"], {"whatever": {}})


def test_the_next_event_of_the_schedule_restores_an_erased_deny_and_writes_nothing_else(
    deployment: LocalDeployment,
) -> None:
    carol = _person(deployment, CAROL)
    _send(carol, _allowed(deployment, carol, "stopped-notebook"), decision="end")
    deployment.front_door.wait_until_idle()
    written = _denies(deployment)
    _erase(deployment)
    _send_event(deployment)
    assert sorted(map(str, _denies(deployment))) == sorted(map(str, written))
    deployment.aws.calls.clear()
    _send_event(deployment)
    assert "PutRolePolicy" not in {call.operation for call in deployment.aws.calls}


def test_a_failure_is_reported_to_lambda_without_the_message_of_aws(
    deployment: LocalDeployment, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(_call: object, _answer: object) -> Any:
        raise ApiError("ServiceFailure", "secret words", 500)

    deployment.aws.changes["GetRolePolicy"] = refuse
    try:
        with pytest.raises(NotCutOffError) as raised:
            _send_event(deployment)
    finally:
        del deployment.aws.changes["GetRolePolicy"]
    assert str(raised.value) == ""
    assert raised.value.__cause__ is None
    assert "secret words" not in caplog.text
