"""The pages of API Gateway itself in the browser: from outside the networks, and for addresses without a page."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from local.deployment import LocalDeployment
from local.options import LocalOptions
from local.places import OUTSIDE
from local.sample import Sample
from testing.clock import Clock
from tests.browser.conftest import ROOT, new_context, sign_in, violations


@pytest.fixture(params=[False, True], ids=["domain", "stage"])
def deployment(request: pytest.FixtureRequest, clock: Clock, tmp_path: Path) -> Iterator[LocalDeployment]:
    """A deployment at the root of its host, and one below the path of the stage."""
    sample = Sample.load(ROOT / "dev" / "local" / "sample.yaml")
    options = LocalOptions(clock=clock, folder=tmp_path / "notebooks", stage_in_path=request.param)
    with LocalDeployment(sample, options) as deployment:
        yield deployment


def _look(page: Page, heading: str, complaints: list[str]) -> None:
    """Check that `page` has the heading, fits a small screen and is accessible, and that its style sheet applies."""
    expect(page.get_by_role("heading", level=1)).to_have_text(heading)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert page.evaluate("getComputedStyle(document.querySelector('.button')).borderRadius") != "0px"
    assert violations(page) == []
    assert "SigV4" not in page.content()
    assert [text for text in complaints if "Content Security Policy" in text] == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_outside_the_networks_the_page_says_which_address_was_seen(
    chromium: Browser, deployment: LocalDeployment, scheme: str
) -> None:
    base_url = deployment.base_url_at(OUTSIDE)
    with new_context(chromium, viewport={"width": 360, "height": 740}, color_scheme=scheme) as context:
        page, complaints = context.new_page(), list[str]()
        page.on("console", lambda message: complaints.append(message.text))
        page.goto(f"{base_url}/open/alice-notebook")
        _look(page, "You are outside the networks", complaints)
        expect(page.get_by_text(f"Your address is {OUTSIDE}.")).to_be_visible()
        with page.expect_navigation(url=f"{base_url}/open/alice-notebook"):
            page.get_by_role("link", name="Try again").click()
        with page.expect_navigation(url=f"{base_url}/"):
            page.locator("main").get_by_role("link", name="Your notebooks").click()


def test_an_address_without_a_page_leads_back_to_the_notebooks(chromium: Browser, deployment: LocalDeployment) -> None:
    with new_context(chromium, viewport={"width": 360, "height": 740}) as context:
        page, complaints = context.new_page(), list[str]()
        page.on("console", lambda message: complaints.append(message.text))
        page.goto(f"{deployment.base_url}/nope?next=https://example.org")
        _look(page, "This page does not exist", complaints)
        page.locator("main").get_by_role("link", name="Your notebooks").click()
        sign_in(page, "alice@example.com")
        expect(page.get_by_role("heading", level=1)).to_have_text("Your notebooks")
        page.goto(f"{deployment.base_url}/nope")
        page.get_by_role("link", name="Notebook Gate").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Your notebooks")


def test_a_slash_at_the_end_of_the_bookmark_opens_the_notebook(page: Page, deployment: LocalDeployment) -> None:
    page.goto(f"{deployment.base_url}/open/")
    sign_in(page, "alice@example.com")
    expect(page).to_have_title("JupyterLab")
