"""The gate's pages in the browser: choosing, stopping; keyboard, small screen, dark mode, axe."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from local.aws.notebook_instances import STARTING, STOPPING
from local.deployment import LocalDeployment
from testing.clock import Clock
from tests.browser.conftest import sign_in, violations


def _exhaust(deployment: LocalDeployment) -> None:
    """Make AWS throttle from now on."""
    deployment.urls.throttle(0.001)
    deployment.operator("sagemaker").create_presigned_notebook_instance_url(NotebookInstanceName="bob-notebook")


def _lands(page: Page, notebook: str) -> None:
    expect(page).to_have_url(re.compile(rf"^http://{notebook}\.notebook\.eu-west-1\.localhost:\d+/(lab|tree)"))


def test_the_user_chooses_one_of_several_notebooks(page: Page, deployment: LocalDeployment) -> None:
    page.goto(f"{deployment.base_url}/open")
    sign_in(page, "bob@example.com")
    expect(page.get_by_role("listitem")).to_have_count(3)
    page.get_by_role("link", name="Open bob-notebook").click()
    _lands(page, "bob-notebook")


def test_a_running_notebook_is_stopped_and_started_from_the_list(
    page: Page, deployment: LocalDeployment, clock: Clock
) -> None:
    page.goto(deployment.base_url)
    sign_in(page, "alice@example.com")
    expect(page.get_by_text("Running")).to_be_visible()
    page.get_by_role("link", name="Stop alice-notebook").click()
    page.get_by_role("button", name="Stop alice-notebook").click()
    expect(page.get_by_text("Stopping")).to_be_visible()
    clock.ahead += STOPPING
    page.reload()
    expect(page.get_by_text("Stopped", exact=True)).to_be_visible()
    page.get_by_role("button", name="Start and open alice-notebook").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("alice-notebook is starting")
    clock.ahead += STARTING
    _lands(page, "alice-notebook")


def test_a_user_without_notebooks_sees_whom_to_ask(page: Page, deployment: LocalDeployment) -> None:
    page.goto(deployment.base_url)
    sign_in(page, "carol@example.com")
    expect(page.get_by_text("Ask your platform team for access")).to_be_visible()
    assert violations(page) == []


def test_the_help_page_is_found_without_javascript(chromium: Browser, deployment: LocalDeployment) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(deployment.base_url)
    sign_in(page, "alice@example.com")
    expect(page.get_by_text("Your address is 127.0.0.1")).to_be_visible()
    page.get_by_role("link", name="When a notebook refuses you").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("When a notebook refuses you")
    expect(page.get_by_text("send your platform team these facts")).to_contain_text("127.0.0.1")
    context.close()


def test_a_bookmark_is_copied(page: Page, deployment: LocalDeployment) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(deployment.base_url)
    sign_in(page, "alice@example.com")
    page.get_by_role("button", name="Copy bookmark of alice-notebook").click()
    expect(page.get_by_role("button", name="Copied of alice-notebook")).to_be_visible()
    expect(page.get_by_role("status")).to_have_text("Copied the bookmark of alice-notebook")
    expect(page.get_by_role("button", name="Copy bookmark of alice-notebook")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == f"{deployment.base_url}/open/alice-notebook"


def test_everything_can_be_reached_by_keyboard(page: Page, deployment: LocalDeployment) -> None:
    page.goto(deployment.base_url)
    sign_in(page, "alice@example.com")
    expect(page.get_by_role("listitem")).to_have_count(1)
    reached = []
    for _ in range(7):
        page.keyboard.press("Tab")
        reached.append(
            page.evaluate("document.activeElement.getAttribute('aria-label') || document.activeElement.textContent")
        )
    assert reached[:6] == [
        "Notebook Gate",
        "Your notebooks",
        "Sign out",
        "Open alice-notebook",
        "Stop alice-notebook",
        "Copy bookmark of alice-notebook",
    ]


@pytest.mark.parametrize("javascript", [True, False])
def test_after_signing_out_everywhere_the_other_browser_must_sign_in_again(
    chromium: Browser, deployment: LocalDeployment, clock: Clock, javascript: bool
) -> None:
    here, there = (chromium.new_context(java_script_enabled=javascript) for _ in range(2))
    mine, left = here.new_page(), there.new_page()
    for each in (mine, left):
        each.goto(deployment.base_url)
        sign_in(each, "alice@example.com")
        expect(each.get_by_role("heading", level=1)).to_have_text("Your notebooks")
    mine.get_by_text("Sign out everywhere").first.click()
    mine.get_by_role("button", name="Sign out everywhere").press("Enter")
    expect(mine.get_by_role("heading", level=1)).to_have_text("You are signed out everywhere")
    left.goto(f"{deployment.base_url}/open/alice-notebook")
    expect(left.get_by_role("heading", level=1)).to_have_text("Your sign-in was ended")
    clock.ahead += 2
    left.get_by_role("link", name="Sign in").click()
    sign_in(left, "alice@example.com")
    _lands(left, "alice-notebook")
    for context in (here, there):
        context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_is_accessible_and_fits_a_small_screen(
    chromium: Browser, deployment: LocalDeployment, clock: Clock, scheme: str
) -> None:
    context = chromium.new_context(viewport={"width": 360, "height": 740}, color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    left = 0

    def pass_on(route: Route) -> None:
        # Waiting pages reload by themselves. Reloads are blocked, so that each page stays for its checks.
        nonlocal left
        left -= route.request.is_navigation_request()
        route.fallback() if left >= 0 else route.fulfill(status=204)

    def go(step: Callable[[], object]) -> None:
        """Take a step that loads one other page."""
        nonlocal left
        left = 1
        step()

    def visit(path: str) -> None:
        page.goto("about:blank")  # a page that reloads at this moment would use up the load that `go` allows
        go(lambda: page.goto(f"{deployment.base_url}{path}"))

    def enter() -> None:
        visit("/open")
        go(lambda: sign_in(page, "bob@example.com"))

    context.route("**/*", pass_on)

    def look(name: str, heading: str) -> None:
        expect(page.get_by_role("heading", level=1)).to_have_text(heading)
        assert violations(page) == [], name
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, name

    enter()
    look("notebooks", "Your notebooks")
    visit("/open/alice-notebook")
    look("not-granted", "You have no access to alice-notebook")
    visit("/open/-")
    look("bad-name", "This is not a valid notebook name")
    _exhaust(deployment)
    visit("/open/bob-notebook")
    look("in-line", "You are in line")
    deployment.urls.throttle(1000)
    for state, heading in (
        ("Stopped", "bob-notebook is stopped"),
        ("Pending", "bob-notebook is starting"),
        ("Stopping", "bob-notebook is stopping"),
        ("Failed", "bob-notebook has failed"),
        ("Updating", "bob-notebook is being changed"),
    ):
        deployment.instances["bob-notebook"] = state
        visit("/open/bob-notebook")
        look(state.lower(), heading)
    deployment.instances["bob-notebook"] = "InService"
    visit("/")
    go(page.get_by_role("button", name="Sign out", exact=True).click)
    look("signed-out", "You are signed out")
    enter()
    page.get_by_text("Sign out everywhere").first.click()
    go(page.get_by_role("button", name="Sign out everywhere").click)
    look("signed-out-everywhere", "You are signed out everywhere")
    clock.ahead -= 60  # to before the cutoff
    enter()
    look("sign-in-ended", "Your sign-in was ended")
    visit("/help")
    look("help", "When a notebook refuses you")
    visit("/nope")
    look("no-such-page", "This page does not exist")
    assert [text for text in complaints if "Content Security Policy" in text] == []
    context.close()
