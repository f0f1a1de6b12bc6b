"""A notebook's site as the API reference describes it, over sockets, with a real JupyterLab."""

import asyncio
import dataclasses
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from yarl import URL

from local.deployment import LocalDeployment
from local.options import LocalOptions
from local.places import COLLEAGUE, OUTSIDE
from local.sample import Sample
from testing.clock import Clock
from testing.networks import SETTINGS, THROUGH_ENDPOINT, VPC_ENDPOINTS
from testing.notebook_client import NotebookClient
from testing.user import TestUser


@pytest.fixture(scope="module")
def deployment(sample: Sample, clock: Clock, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalDeployment]:
    folder = tmp_path_factory.mktemp("notebooks")
    with LocalDeployment(
        sample, LocalOptions(settings=SETTINGS, clock=clock, folder=folder, vpc_endpoints=VPC_ENDPOINTS)
    ) as deployment:
        yield deployment


@pytest.fixture
def url(deployment: LocalDeployment) -> str:
    """A new presigned URL of alice-notebook."""
    return _url(deployment, "alice-notebook", "alice@example.com")


def _url(deployment: LocalDeployment, notebook: str, email: str) -> str:
    answer = TestUser(deployment).open(f"/open/{notebook}", email)
    assert answer.status_code == 302, f"{answer.status_code}: {answer.text[-600:]}"
    location: str = answer.headers["Location"]
    assert "authToken=" in location
    return location


def _visit(work: Callable[[NotebookClient], Awaitable[None]]) -> None:
    async def visit() -> None:
        async with NotebookClient() as client:
            await work(client)

    asyncio.run(visit())


def _entered(url: str) -> tuple[int, str]:
    """Return the status, the host and the path that the URL leads to."""
    ends: list[tuple[int, str]] = []

    async def work(client: NotebookClient) -> None:
        answer = await client.open(url)
        ends.append((answer.status, f"{answer.url.host}{answer.url.path}"))

    _visit(work)
    return ends[0]


HOST = "alice-notebook.notebook.eu-west-1.localhost"


def test_the_url_leads_to_jupyterlab_with_a_working_kernel(url: str) -> None:
    async def work(client: NotebookClient) -> None:
        answer = await client.open(url)
        assert (answer.status, answer.url.path) == (200, "/lab")
        assert "JupyterLab" in await answer.text()
        assert "authToken" not in str(answer.url)
        kernel = await client.kernel()
        assert await kernel.run("6 * 7") == "42"

    _visit(work)


def test_the_classic_view_is_the_classic_page(deployment: LocalDeployment) -> None:
    assert _entered(_url(deployment, "alice-notebook?view=classic", "alice@example.com")) == (200, f"{HOST}/tree")


def test_a_valid_url_is_refused_from_outside(deployment: LocalDeployment, url: str) -> None:
    assert _entered(deployment.places.seen_from(OUTSIDE, url))[0] == 403
    assert _entered(url)[0] == 200


def test_a_pinned_url_is_refused_from_another_address_inside(deployment: LocalDeployment, url: str) -> None:
    assert _entered(deployment.places.seen_from(COLLEAGUE, url))[0] == 403


def test_opened_by_a_public_address_it_cannot_be_used_through_a_vpc_endpoint(
    deployment: LocalDeployment, url: str
) -> None:
    assert _entered(deployment.places.seen_from(THROUGH_ENDPOINT, url))[0] == 403


def test_a_stolen_session_is_refused_from_another_address(deployment: LocalDeployment, url: str) -> None:
    async def work(client: NotebookClient) -> None:
        await client.open(url)
        assert (await client.send("GET", "/api/status")).status == 200
        async with NotebookClient() as thief:
            thief.site = URL(deployment.places.seen_from(OUTSIDE, str(client.site)))
            thief.http.cookie_jar.update_cookies({cookie.key: cookie.value for cookie in client.http.cookie_jar})
            assert (await thief.send("GET", "/api/status")).status == 403
            assert (await thief.send("GET", "/lab")).status == 403

    _visit(work)


@pytest.mark.parametrize(("age", "end"), [(299, f"{HOST}/lab"), (301, "signin.localhost/")])
def test_after_five_minutes_the_url_leads_to_the_sign_in_page(url: str, clock: Clock, age: float, end: str) -> None:
    clock.ahead += age
    assert _entered(url) == (200, end)


def test_a_forged_token_and_one_of_another_notebook_lead_to_the_sign_in_page(
    deployment: LocalDeployment, url: str
) -> None:
    bobs = _url(deployment, "bob-notebook", "bob@example.com")
    token = bobs.partition("authToken=")[2]
    for other in (f"{url.partition('=')[0]}={token}", f"{url.partition('=')[0]}=made-up"):
        assert _entered(other) == (200, "signin.localhost/")


def test_requests_without_a_session_are_refused(deployment: LocalDeployment, url: str) -> None:
    async def work(client: NotebookClient) -> None:
        client.site = (await _origin(url)).site
        for path in ("/lab", "/api/status", "/api/contents/welcome.ipynb", "/"):
            answer = await client.send("GET", path)
            assert (answer.status, answer.headers["Location"].startswith("http://signin.")) == (302, True)
        assert (await client.send("POST", "/api/kernels", json={})).status == 403

    _visit(work)


async def _origin(url: str) -> NotebookClient:
    async with NotebookClient() as client:
        await client.open(url)
        return client


def test_an_expired_session_ends_requests_and_frames(deployment: LocalDeployment, clock: Clock) -> None:
    url = _url(deployment, "bob-notebook", "bob@example.com")  # four hours

    async def work(client: NotebookClient) -> None:
        await client.open(url)
        kernel = await client.kernel()
        clock.ahead += 14_399 - 60
        assert await kernel.run("1 + 1") == "2"
        clock.ahead += 120
        assert await kernel.run("2 + 2") is None
        assert kernel.channel.close_code == 1008
        assert (await client.send("GET", "/api/status")).status == 302

    _visit(work)


def test_a_deny_for_one_user_ends_only_that_users_connections(deployment: LocalDeployment, url: str) -> None:
    bobs = _url(deployment, "bob-notebook", "bob@example.com")
    role = deployment.template.launch_role
    deny: dict[str, Any] = {
        "Effect": "Deny",
        "Action": "*",
        "Resource": "*",
        "Condition": {
            "StringEquals": {"aws:SourceIdentity": "alice@example.com"},
            "DateLessThan": {"aws:TokenIssueTime": "2999-01-01T00:00:00Z"},
        },
    }

    async def work(client: NotebookClient) -> None:
        await client.open(url)
        alices = await client.kernel()
        async with NotebookClient() as other:
            await other.open(bobs)
            kernel = await other.kernel()
            assert await alices.run("1 + 1") == "2"
            policies = (*role.policies, {"Version": "2012-10-17", "Statement": [deny]})
            deployment.authority.roles[role.arn] = dataclasses.replace(role, policies=policies)
            assert await alices.run("2 + 2") is None
            assert alices.channel.close_code == 1008
            assert (await client.send("GET", "/api/status")).status == 403
            assert await kernel.run("3 + 3") == "6"

    try:
        _visit(work)
    finally:
        deployment.authority.roles[role.arn] = role


def test_frames_from_the_kernel_are_checked_too(deployment: LocalDeployment, url: str, tmp_path: Path) -> None:
    role = deployment.template.launch_role
    nothing = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]}

    async def work(client: NotebookClient) -> None:
        await client.open(url)
        kernel = await client.kernel()
        permission = tmp_path / "permission"
        code = f"import os, time\nwhile not os.path.exists({str(permission)!r}): time.sleep(0.01)\n'secret'"
        await kernel.send_code(code)
        assert await kernel.receive(code, "status") == {"execution_state": "busy"}
        deployment.authority.roles[role.arn] = dataclasses.replace(role, policies=(nothing,))
        permission.touch()
        assert await kernel.receive(code, "execute_result") is None

    try:
        _visit(work)
    finally:
        deployment.authority.roles[role.arn] = role


def test_files_are_forwarded_unchanged_and_kept_when_the_notebook_stops(
    deployment: LocalDeployment, clock: Clock
) -> None:
    text = "0123456789abcdef" * 50_000
    url = _url(deployment, "alice-notebook", "alice@example.com")

    async def work(client: NotebookClient) -> None:
        await client.open(url)
        body = {"type": "file", "format": "text", "content": text}
        assert (await client.send("PUT", "/api/contents/big.txt", json=body)).status == 201
        kernel = await client.kernel()

        alice = TestUser(deployment)
        alice.open("/", "alice@example.com")
        alice.press("/notebooks/alice-notebook/stop")
        assert await kernel.run("1") is None
        assert (await client.send("GET", "/api/status")).status == 503
        clock.ahead += 10
        alice.press("/notebooks/alice-notebook/start")
        clock.ahead += 10

        assert (await client.send("GET", "/lab")).status == 200
        answer = await client.send("GET", "/api/contents/big.txt")
        assert (await answer.json())["content"] == text

    _visit(work)
