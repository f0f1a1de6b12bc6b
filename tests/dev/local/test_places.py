"""Each port stands for a source address: people stay at theirs, and a URL is judged by the port that it is used at."""

import asyncio
import re
from contextlib import closing
from http.server import BaseHTTPRequestHandler
from urllib.parse import urlsplit

import pytest

from local.deployment import LocalDeployment
from local.options import LocalOptions
from local.places import COLLEAGUE, INSIDE, OUTSIDE, Places
from local.running import welcome
from local.sample import Sample
from local.serving import serve_http
from local.slack.workspace import deliver_to
from testing.environment import JSON
from testing.notebook_client import NotebookClient
from testing.slack_user import run_command
from testing.user import TestUser

ALICE = "alice@example.com"


def _ports(user: TestUser, deployment: LocalDeployment) -> set[int | None]:
    """Return the ports of the deployment that `user` sent requests to."""
    return {urlsplit(url).port for url in user.visited} & set(deployment.places.ports.values())


@pytest.mark.parametrize("address", [INSIDE, COLLEAGUE])
def test_whoever_begins_at_a_port_stays_at_it(deployment: LocalDeployment, address: str) -> None:
    user, port = TestUser(deployment, address), deployment.places.ports[address]
    base_url = f"http://127.0.0.1:{port}"
    page = user.open("/", ALICE).text
    assert f"Your address is <code>{address}</code>" in page
    assert f"Bookmark: <code>{base_url}/open/alice-notebook</code>" in page

    from_json = user.go("/open/alice-notebook", headers=JSON).json()["authorized_url"]
    for url in (from_json, user.go("/open/alice-notebook").headers["Location"]):
        assert url.startswith(f"http://alice-notebook.notebook.eu-west-1.localhost:{port}?authToken=")
    assert user.go("/logout", "POST", headers={"Origin": base_url}).status_code == 200
    assert _ports(user, deployment) == {port}


def test_a_form_of_another_port_is_of_another_origin(deployment: LocalDeployment) -> None:
    user = TestUser(deployment, COLLEAGUE)
    user.open("/", ALICE)
    assert user.go("/logout", "POST", headers={"Origin": deployment.base_url}).status_code == 403


def test_a_colleague_works_in_a_notebook_at_their_port_alone(deployment: LocalDeployment) -> None:
    url = TestUser(deployment, COLLEAGUE).open("/open/alice-notebook", ALICE).headers["Location"]

    async def work() -> None:
        async with NotebookClient() as client:
            assert (await client.open(url)).url.path == "/lab"
            assert await (await client.kernel()).run("6 * 7") == "42"
            for address, status in ((COLLEAGUE, 302), (INSIDE, 403), (OUTSIDE, 403)):
                assert await client.status_of(deployment.places.seen_from(address, url)) == status

    asyncio.run(work())


def test_what_aws_redirects_to_its_sign_in_page_leads_back_to_the_same_port(deployment: LocalDeployment) -> None:
    notebook = deployment.places.seen_from(
        COLLEAGUE, f"http://bob-notebook.notebook.eu-west-1.localhost:{deployment.port}"
    )

    async def sign_in_page() -> tuple[int | None, str]:
        async with NotebookClient() as client, client.http.get(f"{notebook}/lab") as answer:
            return answer.url.port, await answer.text()

    port, text = asyncio.run(sign_in_page())
    assert port == deployment.places.ports[COLLEAGUE]
    assert f'<a href="http://127.0.0.1:{port}/">' in text


def test_links_in_slack_lead_to_the_first_port(deployment: LocalDeployment) -> None:
    """Slack sends its requests from outside of the networks, to the address that the app was registered with."""
    answer = run_command(deployment)
    assert deployment.slack.shortcut("U0ALICE") == 200
    for page in (answer, deployment.slack.seen_by("U0ALICE")):
        assert page
        (link,) = {each["url"].partition("?")[0] for each in page.buttons if each.get("url")}
        assert link == f"{deployment.base_url}/open/alice-notebook"


def test_slack_names_the_address_that_the_app_was_registered_with() -> None:
    seen = []

    class Recorder(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            seen.append((self.headers["Host"], self.path))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with closing(serve_http(Recorder)) as server:
        outside = int(server.url.rpartition(":")[2])
        assert deliver_to("http://127.0.0.1:8080/slack", port=outside)(b"", {}) == (200, b"")
    assert seen == [("127.0.0.1:8080", "/slack")]


@pytest.mark.parametrize(("pin", "ports"), [("caller", ["8081", "8082"]), ("networks", ["8082"])])
def test_the_welcome_names_the_addresses_that_are_refused(sample: Sample, pin: str, ports: list[str]) -> None:
    places = Places({INSIDE: 8080, COLLEAGUE: 8081, OUTSIDE: 8082})
    text = welcome(sample, LocalOptions(settings={"pin": pin}), places)
    assert re.findall(r"http://alice-notebook\S+:(\d+)/lab", text) == ports


def test_only_urls_of_sites_get_another_port() -> None:
    places = Places({INSIDE: 8080, COLLEAGUE: 8081, OUTSIDE: 8082})
    text = "http://a.localhost:8080?x http://a.localhost:8082/y http://127.0.0.1:8080 http://a.localhost:80801"
    seen = "http://a.localhost:8081?x http://a.localhost:8081/y http://127.0.0.1:8080 http://a.localhost:80801"
    assert places.seen_from(COLLEAGUE, text) == seen
