"""The page that waits for a notebook: it starts it, follows it, and opens it once it runs."""

import re

from playwright.sync_api import Browser, Page, expect

from local.aws.notebook_instances import STARTING
from local.deployment import LocalDeployment
from testing.clock import Clock
from tests.browser.conftest import sign_in, violations


def _lands(page: Page, notebook: str) -> None:
    expect(page).to_have_url(re.compile(rf"^http://{notebook}\.notebook\.eu-west-1\.localhost:\d+/(lab|tree)"))


def test_a_stopped_notebook_is_started_and_opens_once_it_runs(
    page: Page, deployment: LocalDeployment, clock: Clock
) -> None:
    deployment.instances["alice-notebook"] = "Stopped"
    page.goto(f"{deployment.base_url}/open/alice-notebook")
    sign_in(page, "alice@example.com")
    expect(page.get_by_role("heading", level=1)).to_have_text("alice-notebook is stopped")
    assert violations(page) == []
    page.get_by_role("button", name="Start and open").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("alice-notebook is starting")
    expect(page.get_by_role("progressbar")).to_be_visible()
    expect(page.locator("time")).not_to_have_text("0 s")
    clock.ahead += STARTING
    _lands(page, "alice-notebook")


def test_a_space_that_stops_while_it_starts_is_not_started_again(
    page: Page, deployment: LocalDeployment, clock: Clock
) -> None:
    page.goto(f"{deployment.base_url}/open/studio:d-local1~dave~forecast")
    sign_in(page, "dave@example.com")  # whose grant starts it
    expect(page.get_by_role("heading", level=1)).to_have_text("studio:d-local1/dave/forecast is starting")
    expect(page.get_by_text("much longer than usual")).to_be_hidden()
    started = len([call for call in deployment.aws.calls if call.operation == "CreateApp"])
    app = deployment.studio.spaces["d-local1", "forecast"].app
    assert app
    app.status, app.next = "Deleted", None
    expect(page.get_by_role("heading", level=1)).to_have_text("studio:d-local1/dave/forecast has stopped again")
    expect(page.get_by_text("Its start script may have ended it")).to_be_visible()
    assert len([call for call in deployment.aws.calls if call.operation == "CreateApp"]) == started == 1
    assert violations(page) == []
    page.get_by_role("link", name="Try again").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("studio:d-local1/dave/forecast is starting")
    clock.ahead += STARTING
    expect(page).to_have_url(re.compile(r"^http://forecast\.dave\.d-local1\.studio\.eu-west-1\.localhost:\d+/lab"))


def test_the_page_asks_every_two_seconds_at_least_while_a_notebook_starts(
    page: Page, deployment: LocalDeployment
) -> None:
    deployment.instances["alice-notebook"] = "Pending"
    page.clock.install()
    page.goto(f"{deployment.base_url}/open/alice-notebook")
    sign_in(page, "alice@example.com")
    expect(page.get_by_role("heading", level=1)).to_have_text("alice-notebook is starting")
    for _ in range(8):  # with a pause that grows, the last ones would take longer
        with page.expect_response("**/notebooks/alice-notebook") as answered:
            page.clock.run_for(2_000)
        answered.value.finished()
        page.evaluate("Promise.resolve()")
    deployment.instances["alice-notebook"] = "InService"
    page.clock.run_for(2_000)
    _lands(page, "alice-notebook")


def test_the_waiting_page_works_without_javascript(
    chromium: Browser, deployment: LocalDeployment, clock: Clock
) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    deployment.instances["alice-notebook"] = "Stopped"
    page.goto(f"{deployment.base_url}/open/alice-notebook")
    sign_in(page, "alice@example.com")
    page.get_by_role("button", name="Start and open").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("alice-notebook is starting")
    clock.ahead += STARTING
    _lands(page, "alice-notebook")
    context.close()
