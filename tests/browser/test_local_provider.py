"""The pages of the local identity provider: people are clicked, and nothing is loaded from the internet."""

from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from local.deployment import LocalDeployment
from tests.browser.conftest import violations


@pytest.mark.parametrize("width", [1200, 360])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_person_is_clicked_and_signs_out_again(
    page: Page, deployment: LocalDeployment, width: int, scheme: str
) -> None:
    hosts = set()
    page.on("request", lambda request: hosts.add(urlsplit(request.url).hostname))
    page.set_viewport_size({"width": width, "height": 750})
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.goto(deployment.base_url)
    expect(page.get_by_role("heading")).to_have_text("Sign in as")
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("button", name="bob@example.com").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your notebooks")
    expect(page.get_by_text("Signed in as bob@example.com")).to_be_visible()
    page.get_by_role("button", name="Sign out", exact=True).click()
    expect(page.get_by_role("heading")).to_have_text("Sign out of the identity provider")
    assert violations(page) == []
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading")).to_have_text("Sign in as")
    assert hosts == {"127.0.0.1"}


def test_whoever_cancels_is_not_signed_in(page: Page, deployment: LocalDeployment) -> None:
    page.goto(deployment.base_url)
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("You were not signed in")
