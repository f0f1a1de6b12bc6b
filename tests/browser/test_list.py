"""The list of notebooks in the browser: its density, what it follows by itself, and the question before a stop."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from cli.grant_schema.spec import GrantSpec
from local.deployment import LocalDeployment
from local.options import LocalOptions
from local.sample import Sample
from testing.clock import Clock
from tests.browser.conftest import ROOT, new_context, sign_in, violations

CAROL = "carol@example.com"
NAMES = [f"team-model-{number:02}" for number in range(20)]
STATES = ("InService", "Stopped", "Pending", "Stopping", "Failed", "InService", "Stopped")
POWERS = ("start-stop", "none", "start", "auto-start", "start-stop")

HIDE = "Object.defineProperty(document, 'hidden', {get: () => window.tabIsHidden === true})"


def _hide(page: Page, *, hidden: bool) -> None:
    """Tell the page that its tab is hidden or visible: a browser without a window has no other tab to switch to."""
    page.evaluate("hidden => { tabIsHidden = hidden; document.dispatchEvent(new Event('visibilitychange')) }", hidden)


@pytest.fixture
def deployment(clock: Clock, tmp_path: Path) -> Iterator[LocalDeployment]:
    """A deployment in which carol has twenty notebooks in different states, with different power."""
    sample = Sample.load(ROOT / "dev" / "local" / "sample.yaml")
    more = [sample.notebooks[0].model_copy(update={"name": name}) for name in NAMES]
    grants = [
        GrantSpec(principal=f"user:{CAROL}", notebook=name, power=POWERS[number % 5])  # type: ignore[arg-type]
        for number, name in enumerate(NAMES)
    ]
    sample = sample.model_copy(update={"notebooks": [*sample.notebooks, *more], "grants": [*sample.grants, *grants]})
    with LocalDeployment(sample, LocalOptions(clock=clock, folder=tmp_path / "notebooks")) as deployment:
        yield deployment


def _enter(page: Page, deployment: LocalDeployment, email: str = "alice@example.com") -> None:
    page.goto(deployment.base_url)
    sign_in(page, email)
    expect(page.get_by_role("heading", level=1)).to_have_text("Your notebooks")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_twenty_notebooks_are_a_dense_list(chromium: Browser, deployment: LocalDeployment, scheme: str) -> None:
    for number, name in enumerate(NAMES):
        deployment.instances[name] = STATES[number % 7]
    size = {"width": 1200, "height": 800}
    with new_context(chromium, viewport=size, color_scheme=scheme) as context:
        page = context.new_page()
        _enter(page, deployment, CAROL)
        rows = page.get_by_role("listitem")
        expect(rows).to_have_count(20)
        boxes = [row.bounding_box() for row in rows.all()]
        heights = [box["height"] for box in boxes if box]
        assert max(heights) <= 80, heights
        assert sum(bool(box and box["y"] + box["height"] <= 800) for box in boxes) >= 15
        assert violations(page) == []
        names = [
            each.strip().partition(" ")[2]
            for each in page.locator("main").aria_snapshot().splitlines()
            if each.strip().startswith(("- button", "- link"))
        ]
        assert len(set(names)) == len(names) > 40
        # In no row are there two primary buttons, and none where nothing can be opened or started now.
        primary = [row.locator(".button:not(.second)").count() for row in rows.all()]
        assert set(primary) == {0, 1}
        for width in (800, 360):
            page.set_viewport_size({"width": width, "height": 800})
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            assert violations(page) == []


def test_the_address_of_a_bookmark_is_shown_where_it_cannot_be_copied(
    chromium: Browser, deployment: LocalDeployment
) -> None:
    for script, enabled in (("", True), ("delete Navigator.prototype.clipboard", True), ("", False)):
        with new_context(chromium, java_script_enabled=enabled) as context:
            context.add_init_script(script)
            page = context.new_page()
            _enter(page, deployment)
            copying = enabled and not script
            expect(page.get_by_role("button", name="Copy bookmark")).to_have_count(int(copying))
            address = page.get_by_text(f"Bookmark: {deployment.base_url}/open/alice-notebook")
            expect(address).to_be_visible(visible=not copying)


def test_a_bookmark_that_cannot_be_copied_after_all_is_shown(page: Page, deployment: LocalDeployment) -> None:
    page.add_init_script("Clipboard.prototype.writeText = () => Promise.reject(new Error('denied'))")
    _enter(page, deployment)
    address = page.get_by_text(f"Bookmark: {deployment.base_url}/open/alice-notebook")
    expect(address).to_be_hidden()
    page.get_by_role("button", name="Copy bookmark of alice-notebook").click()
    expect(address).to_be_visible()
    expect(page.get_by_role("status")).to_be_empty()


@pytest.mark.parametrize("javascript", [True, False])
def test_stopping_asks_first(chromium: Browser, deployment: LocalDeployment, javascript: bool) -> None:
    with new_context(chromium, java_script_enabled=javascript) as context:
        page = context.new_page()
        _enter(page, deployment)
        page.get_by_role("link", name="Stop alice-notebook").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Stop alice-notebook?")
        expect(page.get_by_text("Running kernels end")).to_be_visible()
        if javascript:
            assert violations(page) == []
        page.get_by_role("link", name="Keep it running").click()
        expect(page.get_by_text("Running")).to_be_visible()
        assert deployment.instances["alice-notebook"] == "InService"
        page.get_by_role("link", name="Stop alice-notebook").click()
        page.get_by_role("button", name="Stop alice-notebook").press("Enter")
        expect(page.get_by_text(re.compile("^Stopp(ing|ed)$"))).to_be_visible()
        page.goto(f"{deployment.base_url}/notebooks/alice-notebook/stop")
        expect(page.get_by_role("heading", level=1)).to_have_text("alice-notebook is not running")
        page.goto(f"{deployment.base_url}/notebooks/bob-notebook/stop")
        expect(page.get_by_role("heading", level=1)).to_have_text("You have no access to bob-notebook")


def test_the_list_follows_a_notebook_and_tells_it(page: Page, deployment: LocalDeployment) -> None:
    deployment.instances["alice-notebook"] = "Stopping"
    _enter(page, deployment)
    expect(page.get_by_text("Stopping")).to_be_visible()
    page.evaluate("window.stays = true")
    copy = page.get_by_role("button", name="Copy bookmark of alice-notebook")
    copy.focus()
    deployment.instances["alice-notebook"] = "Stopped"
    start = page.get_by_role("button", name="Start and open alice-notebook")
    expect(start).to_be_visible()
    expect(page.get_by_role("status")).to_have_text("alice-notebook is stopped.")
    expect(copy).to_be_focused()
    # In another tab, the person starts it. This tab is told when it is looked at again.
    with page.context.expect_page() as opened:
        page.evaluate("open(location)")
    other = opened.value
    other.get_by_role("button", name="Start and open alice-notebook").click()
    expect(other.get_by_role("heading", level=1)).to_have_text("alice-notebook is starting")
    other.close()
    deployment.instances["alice-notebook"] = "Pending"  # does not end by itself
    start.focus()
    page.wait_for_timeout(5_000)
    _hide(page, hidden=False)
    expect(page.get_by_role("status")).to_have_text("alice-notebook is starting.")
    # The button is gone. The focus is on the row, and not on another action.
    expect(page.get_by_role("listitem")).to_be_focused()
    deployment.instances["alice-notebook"] = "InService"
    expect(page.get_by_role("status")).to_have_text("alice-notebook is running.")
    assert page.evaluate("window.stays")
    assert violations(page) == []


def test_a_hidden_tab_sends_no_requests(page: Page, deployment: LocalDeployment) -> None:
    page.add_init_script(f"{HIDE}; window.tabIsHidden = true")  # opened in the background
    deployment.instances["alice-notebook"] = "Stopping"
    _enter(page, deployment)
    expect(page.get_by_text("Stopping")).to_be_visible()
    calls = deployment.front_door.calls
    deployment.instances["alice-notebook"] = "Pending"
    page.wait_for_timeout(8_000)
    _hide(page, hidden=True)  # behind another window, too
    page.wait_for_timeout(500)
    assert deployment.front_door.calls == calls
    _hide(page, hidden=False)
    expect(page.get_by_role("status")).to_have_text("alice-notebook is starting.")
    _hide(page, hidden=True)
    page.wait_for_timeout(8_000)
    assert deployment.front_door.calls == calls + 1


def test_a_change_that_nobody_waits_for_is_seen_within_five_minutes(page: Page, deployment: LocalDeployment) -> None:
    page.clock.install()
    _enter(page, deployment)
    calls = deployment.front_door.calls
    deployment.instances["alice-notebook"] = "Stopped"
    page.clock.fast_forward(290_000)
    assert deployment.front_door.calls == calls
    page.clock.fast_forward(10_000)
    expect(page.get_by_role("status")).to_have_text("alice-notebook is stopped.")
    assert deployment.front_door.calls == calls + 1


def test_a_state_that_is_unknown_for_a_moment_does_not_replace_a_known_one(
    page: Page, deployment: LocalDeployment
) -> None:
    page.add_init_script(HIDE)
    _enter(page, deployment)
    expect(page.get_by_text("Running")).to_be_visible()
    who = page.locator(".who").inner_html()
    page.route(
        deployment.base_url + "/",
        lambda route: route.fulfill(
            content_type="text/html",
            body=f"<form class=who>{who}</form><ul data-list-url=/>"
            "<li data-notebook=alice-notebook data-unknown>The state is unknown</li></ul>",
        ),
    )
    page.wait_for_timeout(5_000)
    with page.expect_response(deployment.base_url + "/"):
        _hide(page, hidden=False)
    expect(page.get_by_text("Running")).to_be_visible()


def test_the_list_of_somebody_else_comes_with_their_name(page: Page, deployment: LocalDeployment) -> None:
    page.add_init_script(HIDE)
    _enter(page, deployment)
    other = page.context.new_page()
    other.goto(f"{deployment.base_url}/login?next=/&fresh=1")
    sign_in(other, "bob@example.com")
    expect(other.get_by_text("bob@example.com")).to_be_visible()
    page.wait_for_timeout(5_000)
    _hide(page, hidden=False)
    expect(page.get_by_role("heading", name="bob-notebook")).to_be_visible()
    expect(page.locator(".who")).to_contain_text("bob@example.com")


def test_a_sign_in_that_was_ended_elsewhere_ends_the_list(
    chromium: Browser, deployment: LocalDeployment, page: Page
) -> None:
    page.add_init_script(HIDE)
    _enter(page, deployment)
    with new_context(chromium) as context:
        elsewhere = context.new_page()
        _enter(elsewhere, deployment)
        elsewhere.get_by_text("Sign out everywhere").first.click()
        elsewhere.get_by_role("button", name="Sign out everywhere").click()
        expect(elsewhere.get_by_role("heading", level=1)).to_have_text("You are signed out everywhere")
    page.wait_for_timeout(5_000)
    _hide(page, hidden=False)
    expect(page.get_by_role("heading", level=1)).to_have_text("Your sign-in was ended")
