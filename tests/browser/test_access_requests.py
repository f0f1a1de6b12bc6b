"""Access requests in the browser: carol asks, bob allows as owner, and carol's page goes into the notebook."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from local.deployment import LocalDeployment
from local.options import LocalOptions
from local.sample import Sample
from testing.clock import Clock
from tests.browser.conftest import ROOT, new_context, sign_in, violations

SAMPLE = Sample.load(ROOT / "dev" / "local" / "sample.yaml")
SETTINGS = {"requests": {"approvers": {**SAMPLE.approvers, "user:alice@example.com": ["prod-*"]}, "two": ["prod-*"]}}
REASON = "Quarterly churn report: I need last month's features, and the model that Bob trained <b>in May</b>."


@pytest.fixture
def deployment(clock: Clock, tmp_path: Path) -> Iterator[LocalDeployment]:
    options = LocalOptions(clock=clock, folder=tmp_path / "notebooks", settings=SETTINGS)
    with LocalDeployment(SAMPLE, options) as deployment:
        yield deployment


def _ask(page: Page, deployment: LocalDeployment, email: str = "carol@example.com") -> None:
    page.goto(f"{deployment.base_url}/open/churn-model")
    sign_in(page, email)
    page.get_by_role("link", name="Ask for access").click()
    expect(page.get_by_label("Notebook")).to_have_value("churn-model")
    page.get_by_label("Why do you need it?").fill(REASON)
    page.get_by_label("For how long?").select_option(label="8 hours")
    page.get_by_role("button", name="Ask").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Waiting for a decision on churn-model")


def test_the_page_that_waits_says_when_the_request_ends(page: Page, deployment: LocalDeployment) -> None:
    _ask(page, deployment)
    page.wait_for_timeout(2_500)  # the page counts seconds
    expect(page.get_by_text(re.compile(r"If nobody decides, the request ends .* \(23 hours left\)\.$"))).to_be_visible()


def _allow(page: Page, deployment: LocalDeployment) -> None:
    page.goto(f"{deployment.base_url}/requests")
    sign_in(page, "bob@example.com")
    expect(page.get_by_text(REASON)).to_be_visible()
    page.get_by_role("button", name="Allow").click()


def _lands(page: Page) -> None:
    expect(page).to_have_url(re.compile(r"^http://churn-model\.notebook\.eu-west-1\.localhost:\d+/(lab|tree)"))


def test_the_page_that_waits_goes_in_by_itself(chromium: Browser, page: Page, deployment: LocalDeployment) -> None:
    _ask(page, deployment)
    assert violations(page) == []
    with new_context(chromium) as context:
        bob = context.new_page()
        _allow(bob, deployment)
        expect(bob.get_by_text(re.compile(r"^Allowed by bob@example.com until .* \(7 hours left\)\.$"))).to_be_visible()
        assert violations(bob) == []
        bob.get_by_role("link", name="Access requests").click()
        bob.get_by_role("link", name="Who has access").click()
        expect(bob.get_by_role("heading", name="Everybody with access to churn-model")).to_be_visible()
        assert violations(bob) == []
        expect(bob.get_by_text("user:carol@example.com")).to_be_visible()
    _lands(page)


def test_the_page_that_waits_works_without_javascript(chromium: Browser, deployment: LocalDeployment) -> None:
    with new_context(chromium, java_script_enabled=False) as context:
        page = context.new_page()
        _ask(page, deployment)
        with new_context(chromium, java_script_enabled=False) as other:
            _allow(other.new_page(), deployment)
        _lands(page)


@pytest.mark.parametrize("java_script", [True, False])
@pytest.mark.parametrize("width", [360, 1200])
def test_a_denied_request_says_who_denied_it_and_why(
    chromium: Browser, deployment: LocalDeployment, width: int, java_script: bool
) -> None:
    options = {"viewport": {"width": width, "height": 740}, "java_script_enabled": java_script}
    with new_context(chromium, **options) as context, new_context(chromium, **options) as other:
        page, bob = context.new_page(), other.new_page()
        _ask(page, deployment)
        bob.goto(f"{deployment.base_url}/requests")
        sign_in(bob, "bob@example.com")
        assert not java_script or bob.evaluate("document.documentElement.scrollWidth") <= width
        assert not java_script or violations(bob) == []
        field = bob.get_by_label("Why not? (the person reads it)")
        field.focus()
        bob.keyboard.type("Use the small notebook. " * 8)
        bob.keyboard.press("Enter")  # in one form with Allow, the key would press Allow
        expect(bob.get_by_text("Denied by bob@example.com.")).to_be_visible()
        page.goto(page.url)
        expect(page.get_by_role("heading", level=1)).to_have_text("You were denied access to churn-model")
        expect(page.get_by_text("It was denied by bob@example.com")).to_be_visible()
        expect(page.get_by_text("Use the small notebook.")).to_be_visible()
        assert not java_script or page.evaluate("document.documentElement.scrollWidth") <= width
        assert not java_script or violations(page) == []


@pytest.mark.parametrize("java_script", [True, False])
@pytest.mark.parametrize("width", [360, 1200])
def test_a_request_is_withdrawn_with_the_keyboard_and_asked_again(
    chromium: Browser, deployment: LocalDeployment, width: int, java_script: bool
) -> None:
    options = {"viewport": {"width": width, "height": 740}, "java_script_enabled": java_script}
    with new_context(chromium, **options) as context:
        page = context.new_page()
        _ask(page, deployment)
        page.get_by_role("button", name="Withdraw your request for churn-model").focus()
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1)).to_have_text("You withdrew your request for churn-model")
        assert not java_script or page.evaluate("document.documentElement.scrollWidth") <= width
        assert not java_script or violations(page) == []
        page.get_by_role("link", name="Ask again").click()
        expect(page.get_by_label("Notebook")).to_have_value("churn-model")
        expect(page.get_by_text("withdrawn by carol@example.com")).to_be_visible()


@pytest.mark.parametrize("java_script", [True, False])
@pytest.mark.parametrize("width", [360, 1200])
def test_access_is_given_back_with_the_keyboard_and_ended_by_the_owner(
    chromium: Browser, deployment: LocalDeployment, width: int, java_script: bool
) -> None:
    options = {"viewport": {"width": width, "height": 740}, "java_script_enabled": java_script}
    with new_context(chromium, **options) as context, new_context(chromium, **options) as other:
        page, bob = context.new_page(), other.new_page()
        _ask(page, deployment)
        page.goto(deployment.base_url)  # the page that waits would open the notebook by itself
        _allow(bob, deployment)
        expect(bob.get_by_text("Allowed by bob@example.com")).to_be_visible()
        page.reload()
        page.get_by_role("link", name="Give back churn-model").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Your access to churn-model")
        assert not java_script or page.evaluate("document.documentElement.scrollWidth") <= width
        assert not java_script or violations(page) == []
        page.get_by_role("button", name="Give back your access to churn-model").focus()
        page.keyboard.press("Enter")
        expect(page.get_by_text("You gave it back")).to_be_visible()
        assert not java_script or violations(page) == []
        page.get_by_role("link", name="Ask again").click()
        page.get_by_label("Why do you need it?").fill(REASON)
        page.get_by_role("button", name="Ask").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Waiting for a decision on churn-model")
        request = page.url
        page.goto(deployment.base_url)
        bob.goto(f"{deployment.base_url}/requests")
        bob.get_by_role("button", name="Allow").click()
        expect(bob.get_by_text("Allowed by bob@example.com")).to_be_visible()
        bob.goto(f"{deployment.base_url}/requests/access")
        assert not java_script or violations(bob) == []
        assert not java_script or bob.evaluate("document.documentElement.scrollWidth") <= width
        bob.get_by_role("button", name="End access of carol@example.com to churn-model").first.click()
        expect(bob.get_by_text("ended by bob@example.com")).to_be_visible()
        page.goto(request)
        expect(page.get_by_text("bob@example.com ended it")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_are_accessible_and_fit_small_screens(
    chromium: Browser, deployment: LocalDeployment, scheme: str
) -> None:
    with new_context(chromium, color_scheme=scheme, viewport={"width": 360, "height": 740}) as context:
        page = context.new_page()
        _ask(page, deployment)
        assert violations(page) == []
        page.goto(f"{deployment.base_url}/requests")
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
    with new_context(chromium, color_scheme=scheme, viewport={"width": 360, "height": 740}) as context:
        page = context.new_page()
        page.goto(f"{deployment.base_url}/requests")
        sign_in(page, "bob@example.com")
        expect(page.get_by_text(REASON)).to_be_visible()
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        page.goto(page.url.replace("/requests", "/open/no-such-notebook"))
        assert violations(page) == []


def test_the_keyboard_is_enough(page: Page, deployment: LocalDeployment) -> None:
    page.goto(f"{deployment.base_url}/requests?notebook=churn-model")
    sign_in(page, "carol@example.com")
    page.get_by_label("Notebook").focus()
    page.keyboard.press("Tab")
    page.keyboard.type("report")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Waiting for a decision on churn-model")
