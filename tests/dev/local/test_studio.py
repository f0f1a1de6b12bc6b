"""A space of SageMaker Studio, from the bookmark to a real JupyterLab, and what cuts it off."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.grant_schema.spec import GrantSpec
from gate.launch.denies.launch_role import LaunchRolePolicies
from gate.values.revocation import Revocation
from local.deployment import LocalDeployment
from local.options import LocalOptions
from local.places import COLLEAGUE, INSIDE, OUTSIDE
from local.sample import Sample
from testing.clock import Clock
from testing.networks import SETTINGS, VPC_ENDPOINTS
from testing.notebook_client import NotebookClient, status_from
from testing.user import TestUser

DAVE, ERIN = "dave@example.com", "erin@example.com"
SPACE = "studio:d-local1/dave/churn-space"
BOOKMARK = "/open/studio:d-local1~dave~churn-space"
FORECAST = "/open/studio:d-local1~dave~forecast"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def deployment(sample: Sample, clock: Clock, tmp_path: Path) -> Iterator[LocalDeployment]:
    options = LocalOptions(settings=SETTINGS, clock=clock, folder=tmp_path, vpc_endpoints=VPC_ENDPOINTS)
    with LocalDeployment(sample, options) as deployment:
        yield deployment


def _url(deployment: LocalDeployment, bookmark: str = BOOKMARK, email: str = DAVE) -> str:
    answer = TestUser(deployment).open(bookmark, email)
    assert answer.status_code == 302, answer.text
    return str(answer.headers["Location"])


def test_a_bookmark_leads_to_jupyterlab_in_the_space_until_a_revoke(deployment: LocalDeployment, clock: Clock) -> None:
    url = _url(deployment)

    async def work() -> None:
        async with NotebookClient() as client:
            answer = await client.open(url)
            assert (answer.status, answer.url.path) == (200, "/lab")
            assert answer.url.host == "churn-space.dave.d-local1.studio.eu-west-1.localhost"
            assert "JupyterLab" in await answer.text()
            kernel = await client.kernel()
            assert await kernel.run("6 * 7") == "42"
            clock.ahead += 2
            _deny(deployment, DAVE, clock)
            assert await kernel.run("7 * 7") is None
            assert kernel.channel.close_code == 1008
            assert (await client.send("GET", "/api/kernels")).status == 403

    asyncio.run(work())


def test_a_bookmark_with_a_path_leads_to_the_file(deployment: LocalDeployment) -> None:
    url = _url(deployment, f"{BOOKMARK}?path=churn/report.ipynb")

    async def path() -> str:
        async with NotebookClient() as client:
            return (await client.open(url)).url.path

    assert asyncio.run(path()) == "/lab/tree/churn/report.ipynb"


def _deny(deployment: LocalDeployment, name: str, clock: Clock) -> None:
    """Write the deny of `gate revoke` to the launch role."""
    role = deployment.template.launch_role.arn.rpartition("/")[2]
    LaunchRolePolicies(deployment.operator("iam"), role).revoke([Revocation((name,), int(clock()))])


def _statuses(url: str, clock: Clock, *pauses: float) -> list[int]:
    """Return the statuses of the page of a space: at first, and after each of `pauses`, in seconds."""

    async def work() -> list[int]:
        async with NotebookClient() as client:
            first = await client.open(url)
            found = [first.status]
            for seconds in pauses:
                clock.ahead += seconds
                found.append((await client.send("GET", str(first.url.path))).status)
            return found

    return asyncio.run(work())


def test_a_space_is_cut_off_at_the_end_of_its_grant(deployment: LocalDeployment, clock: Clock) -> None:
    editor = "studio:d-local1/erin/editor"
    grant = GrantSpec.model_validate({"principal": f"user:{ERIN}", "notebook": editor}).model_copy(
        update={"until": int(clock()) + 600}
    )
    deployment.operator("dynamodb").put_item(TableName=deployment.template.environment["GATE_TABLE"], Item=grant.item())
    url = _url(deployment, "/open/studio:d-local1~erin~editor", ERIN)
    assert _statuses(url, clock, 590, 20) == [200, 200, 403]


def test_the_url_works_for_a_minute_and_only_at_the_callers_address(deployment: LocalDeployment, clock: Clock) -> None:
    url = _url(deployment)
    found = [status_from(deployment, address, url) for address in (COLLEAGUE, OUTSIDE, INSIDE)]
    assert found == [403, 403, 302]
    clock.ahead += 61
    assert status_from(deployment, INSIDE, url) == 302
    assert _signs_in(url)


def _signs_in(url: str) -> bool:
    async def work() -> bool:
        async with NotebookClient() as client:
            return (await client.open(url)).url.host == "signin.localhost"

    return asyncio.run(work())


def test_the_space_of_another_session_is_not_reached(deployment: LocalDeployment) -> None:
    home = _url(deployment, "/open/studio:d-local1~erin", ERIN)
    host = "editor.erin.d-local1"
    assert _signs_in(home.replace("erin.d-local1", host, 1))


def test_a_stopped_space_starts_by_itself_and_then_opens(deployment: LocalDeployment, clock: Clock) -> None:
    dave = TestUser(deployment)
    assert dave.open(FORECAST, DAVE).status_code == 202
    clock.ahead += 10
    assert dave.go(FORECAST).status_code == 302


def test_a_stopped_space_keeps_its_files_and_no_kernel(deployment: LocalDeployment, clock: Clock) -> None:
    url = _url(deployment)

    async def work() -> None:
        async with NotebookClient() as client:
            await client.open(url)
            body = {"type": "file", "format": "text", "content": "x"}
            assert (await client.send("PUT", "/api/contents/kept.txt", json=body)).status == 201
            kernel = await client.kernel()
            dave = TestUser(deployment)
            dave.open("/", DAVE)
            path = f"/notebooks/{BOOKMARK.removeprefix('/open/')}"
            assert dave.press(f"{path}/stop").status_code == 303
            assert await kernel.run("1") is None
            assert (await client.send("GET", "/api/status")).status == 503
            clock.ahead += 10
            assert dave.press(f"{path}/start").status_code == 303
            clock.ahead += 10
            assert await (await client.send("GET", "/api/kernels")).json() == []
            assert (await client.send("GET", "/api/contents/kept.txt")).status == 200

    asyncio.run(work())


def test_a_space_that_fails_again_says_why(deployment: LocalDeployment, clock: Clock) -> None:
    dave = TestUser(deployment)
    path = "studio:d-local1~dave~gpu-space"
    assert "no free machine" in dave.open(f"/open/{path}", DAVE).text
    deployment.studio.spaces["d-local1", "gpu-space"].app_failure = "LifecycleConfig failed"
    assert dave.press(f"/notebooks/{path}/start").status_code == 303
    assert dave.go(f"/open/{path}").status_code == 202
    clock.ahead += 10
    answer = dave.go(f"/open/{path}")
    assert (answer.status_code, "start script failed" in answer.text) == (409, True)


def test_studio_is_opened_by_people_with_grants_alone(deployment: LocalDeployment) -> None:
    carol = TestUser(deployment)
    assert carol.open(BOOKMARK, "carol@example.com").status_code == 403
    assert not deployment.urls.made


def _grant(deployment: LocalDeployment, email: str, notebook: str, **attributes: str) -> None:
    grant = GrantSpec.model_validate({"principal": f"user:{email}", "notebook": notebook, **attributes})
    deployment.operator("dynamodb").put_item(TableName=deployment.template.table["TableName"], Item=grant.item())


def test_a_person_in_slack_opens_starts_and_waits_for_spaces(deployment: LocalDeployment) -> None:
    for space in (SPACE, "studio:d-local1/dave/forecast"):
        _grant(deployment, "alice@example.com", space, power="start-stop")
    deployment.slack.type("U0ALICE")
    deployment.front_door.wait_until_idle()
    page = deployment.slack.seen_by("U0ALICE")
    assert page
    urls = [str(button["url"]) for button in page.buttons if "studio" in str(button.get("url"))]
    running, stopped = (next(url for url in urls if name in url) for name in ("churn-space", "forecast"))
    opened = TestUser(deployment).get(running, allow_redirects=False)
    assert (opened.status_code, opened.headers["Location"].startswith("http://churn-space.dave.d-local1")) == (
        302,
        True,
    )
    waiting = TestUser(deployment)
    assert waiting.get(stopped, allow_redirects=False).status_code == 303
    # The waiting page needs no ticket any more.
    assert waiting.go(FORECAST).status_code == 409


def test_a_person_asks_for_a_space_and_gets_it(sample: Sample, clock: Clock, tmp_path: Path) -> None:
    settings = {"requests": {"approvers": {"user:bob@example.com": ["studio:d-local1/*"]}}}
    with LocalDeployment(sample, LocalOptions(settings=settings, clock=clock, folder=tmp_path)) as deployment:
        carol, bob = TestUser(deployment), TestUser(deployment)
        refused = carol.open(BOOKMARK, "carol@example.com")
        assert (refused.status_code, "/requests?notebook=studio~d-local1~dave~churn-space" in refused.text) == (
            403,
            True,
        )
        form = {"notebook": SPACE, "reason": "Month's end", "seconds": "3600"}
        path = carol.press("/requests", **form).headers["Location"].removeprefix(deployment.base_url)
        bob.open("/", "bob@example.com")
        assert bob.press(path, decision="allow", seconds="3600").status_code == 303
        assert carol.go(path).headers["Location"].endswith("/open/studio~d-local1~dave~churn-space")
        assert carol.go(BOOKMARK).status_code == 302
        clock.ahead += 3601
        assert carol.go(BOOKMARK).status_code == 403
