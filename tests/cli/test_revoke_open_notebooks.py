"""Bob has notebooks open in two browsers, a script and a link from Slack, and is then revoked.

Over sockets throughout: the gate, the identity provider, Slack, and JupyterLab with a kernel behind the policies.
"""

import asyncio
import time
from collections.abc import Iterator

import pytest
import requests
from requests.cookies import RequestsCookieJar

from local.deployment import LocalDeployment
from local.options import LocalOptions
from local.sample import Sample
from testing.clock import Clock
from testing.environment import JSON
from testing.notebook_client import NotebookClient
from testing.slack_user import run_command, ticket_path
from testing.user import TestUser
from tests.cli.conftest import ROOT, Gate

BOB, SHARED, OWN = "bob@example.com", "/open/shared-notebook", "/open/bob-notebook"


@pytest.fixture(scope="module")
def deployment(clock: Clock, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalDeployment]:
    sample = Sample.load(ROOT / "dev" / "local" / "sample.yaml")
    grants = [each.model_copy(update={"session": 43_200, "power": "start-stop"}) for each in sample.grants]
    folder = tmp_path_factory.mktemp("notebooks")
    with LocalDeployment(
        sample.model_copy(update={"grants": grants}), LocalOptions(clock=clock, folder=folder)
    ) as deployment:
        yield deployment


def _requests(
    deployment: LocalDeployment, cookies: RequestsCookieJar, link: str, token: str
) -> dict[str, requests.Response]:
    """Send every kind of request by which bob had access, with the cookies that he had then."""

    def his() -> TestUser:
        person = TestUser(deployment)
        person.cookies.update(cookies)
        return person

    bearer = {"Authorization": f"Bearer {token}", **JSON}
    return {
        "the list": his().go("/"),
        "the only or default one": his().go("/open"),
        "the group's notebook": his().go(SHARED),
        "his own notebook": his().go(OWN),
        "its state": his().go("/notebooks/shared-notebook", headers=JSON),
        "start": his().press("/notebooks/shared-notebook/start"),
        "stop": his().press("/notebooks/shared-notebook/stop"),
        "his script": TestUser(deployment).go(SHARED, headers=bearer),
        "the link": TestUser(deployment).go(link),
    }


def test_a_revoked_person_stays_out_until_a_new_sign_in(
    gate: Gate, deployment: LocalDeployment, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cli.revoke.denies.SESSION_MARGIN", 1)  # seconds; a minute would slow the test

    async def scenario() -> None:
        browsers = [TestUser(deployment), TestUser(deployment)]
        urls = [browser.open(SHARED, BOB).headers["Location"] for browser in browsers]
        cookies, token, link = (
            browsers[0].cookies.copy(),
            TestUser(deployment).id_token(BOB),
            ticket_path(deployment, run_command(deployment, "U0BOB")),
        )
        async with NotebookClient() as first, NotebookClient() as second:
            kernels = []
            for client, url in ((first, urls[0]), (second, urls[1])):
                await client.open(url)
                kernels.append(await client.kernel())
            assert [await kernel.run("6 * 7") for kernel in kernels] == ["42", "42"]

            result = gate("revoke", "--yes", BOB, "--json")
            assert result.code == 0, result.err
            assert set(result.json["principals"]) == {f"user:{BOB}", "slack:T0LOCAL/U0BOB"}

            assert [await kernel.run("6 * 7") for kernel in kernels] == [None, None]
            for seconds in (0, 5 * 60, 7 * 3600):
                clock.ahead = seconds
                for what, answer in _requests(deployment, cookies, link, token).items():
                    assert answer.status_code == 401, f"{what} after {seconds} s: {answer.status_code}"
                    if what == "its state":
                        assert answer.json()["error"] == "sign_in_ended"  # and not that eight hours are over
                for client in (first, second):
                    assert (await client.send("GET", "/api/status")).status == 403
                for browser in browsers:
                    assert (
                        browser.go(SHARED)
                        .headers.get("Location", f"{deployment.base_url}/login")
                        .startswith(f"{deployment.base_url}/login")
                    )

            while time.time() <= max(result.json["cut_before"], result.json["signed_out_before"]):
                await asyncio.sleep(0.1)
            anew = TestUser(deployment)
            # The group still has its grant, and the provider still names the group; bob's own grant is removed.
            assert "authToken=" in anew.open(SHARED, BOB).headers["Location"]
            assert anew.go(OWN).status_code == 403
            assert (await first.send("GET", "/api/status")).status == 403

            claims = {"email": BOB, "email_verified": True, "groups": []}
            requests.put(f"{deployment.issuer}/users/{BOB}", json=claims, timeout=120).raise_for_status()
            assert TestUser(deployment).open(SHARED, BOB).status_code == 403

    asyncio.run(scenario())
