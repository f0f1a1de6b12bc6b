"""Signing in with a browser: several tabs, Back, an expired sign-in, and errors of the provider."""

import re
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import BrowserContext, Page, expect

from gate.identity.login_state import LOGIN_SECONDS
from local.deployment import LocalDeployment
from testing.clock import Clock
from tests.browser.conftest import sign_in, violations

ALICE = "alice@example.com"


def _notebook(page: Page, deployment: LocalDeployment, name: str) -> None:
    """Expect the page that denies the notebook `name`, at the address that the tab first opened."""
    expect(page).to_have_url(f"{deployment.base_url}/open/{name}")
    expect(page.get_by_role("heading", level=1)).to_have_text(f"You have no access to {name}")


def _state(page: Page) -> str:
    """Return the state of the sign-in that waits at the provider's page."""
    expect(page.locator("input[name=sub]")).to_be_visible()
    return parse_qs(urlsplit(page.url).query)["state"][0]


def test_sign_ins_in_six_tabs_each_return_to_their_own_address(page: Page, deployment: LocalDeployment) -> None:
    context: BrowserContext = page.context
    tabs = [page, *(context.new_page() for _ in range(5))]
    for number, tab in enumerate(tabs):
        # The tabs load concurrently.
        tab.evaluate(
            "url => { setTimeout(() => { location.href = url }) }", f"{deployment.base_url}/open/nobodys-{number}"
        )
    for tab in tabs:
        expect(tab.locator("input[name=sub]")).to_be_visible()
    for number in (3, 5, 0, 4, 1, 2):
        sign_in(tabs[number], ALICE)
        _notebook(tabs[number], deployment, f"nobodys-{number}")


def test_a_used_callback_address_leads_to_the_return_address(page: Page, deployment: LocalDeployment) -> None:
    page.goto(f"{deployment.base_url}/open/nobodys")
    with page.expect_request(re.compile(r"/login/callback\?")) as sent:
        sign_in(page, ALICE)
    _notebook(page, deployment, "nobodys")
    page.goto(sent.value.url)
    _notebook(page, deployment, "nobodys")


def test_a_sign_in_that_took_too_long_starts_again_by_itself(
    page: Page, deployment: LocalDeployment, clock: Clock
) -> None:
    page.goto(f"{deployment.base_url}/open/nobodys")
    first = _state(page)
    clock.ahead += LOGIN_SECONDS
    with page.expect_request(lambda request: "state=" in request.url and first not in request.url):
        sign_in(page, ALICE)
    assert _state(page) != first
    sign_in(page, ALICE)
    _notebook(page, deployment, "nobodys")


def test_an_error_of_the_provider_is_shown_with_a_link_to_sign_in_again(
    page: Page, deployment: LocalDeployment
) -> None:
    for error, heading in (
        ("access_denied", "You were not signed in"),
        ("consent_required", "Your identity provider needs something from you"),
        ("temporarily_unavailable", "Your identity provider could not sign you in"),
        ("invalid_scope", "Signing in is not set up correctly"),
    ):
        page.goto(f"{deployment.base_url}/open/nobodys")
        page.goto(f"{deployment.base_url}/login/callback?error={error}&state={_state(page)}")
        expect(page.get_by_role("heading", level=1)).to_have_text(heading)
        assert violations(page) == [], error
        page.get_by_role("link", name="Sign in").click()
        sign_in(page, ALICE)
        _notebook(page, deployment, "nobodys")
        page.context.clear_cookies()
