"""Steps in a browser."""

import re

from playwright.sync_api import Page, expect

from local.template import REGION
from rehearsal.environment import PASSWORD, Environment
from rehearsal.hosts import INSIDE, OUTSIDE
from rehearsal.steps import require

NOTEBOOK = "alice-notebook"
SITE = rf"^https://{NOTEBOOK}\.notebook\.{REGION}\.sagemaker\.aws"


def sign_in(page: Page, email: str) -> None:
    """Sign in at the hosted page of the deployed user pool."""
    page.get_by_label("Username").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def run_cell(page: Page, source: str, result: str) -> None:
    """Replace the first code cell of the open notebook by `source`, run it, and expect `result`."""
    cell = page.locator(".jp-CodeCell").first
    cell.locator(".cm-content").click()
    page.keyboard.press("Control+A")
    page.keyboard.type(source)
    page.keyboard.press("Control+Enter")
    expect(cell.locator(".jp-OutputArea-output")).to_have_text(result)


def open_bookmark(env: Environment) -> str:
    """Click a bookmark, sign in at the user pool, land in JupyterLab, and run a cell."""
    page = env.alice.new_page()
    page.goto(f"{env.base_url}/open/{NOTEBOOK}")
    require("/oauth2/authorize" in page.url, f"the bookmark leads to {page.url}")
    sign_in(page, "alice@example.com")
    expect(page).to_have_url(re.compile(SITE + "/lab"))
    require("authToken" not in page.url, "the token stays in the address")
    _open_file(page)
    run_cell(page, "6 * 7", "42")
    env.notebook_tab = page
    return f"{page.url.partition('?')[0]}: 6 * 7 is 42"


def _open_file(page: Page) -> None:
    page.locator(".jp-DirListing-item").filter(has_text="welcome.ipynb").dblclick()
    expect(page.locator("#jp-main-statusbar")).to_contain_text("| Idle")


def use_from_outside(env: Environment) -> str:
    """Use a valid URL, and the session that it started, from outside the networks."""
    url = env.sagemaker.urls.made[-1].url
    thief = env.chromium.profile(OUTSIDE, storage_state=env.alice.storage_state())
    page = thief.new_page()
    for stolen in (url, env.notebook_tab.url):
        page.goto(stolen)
        expect(page.get_by_role("heading")).to_have_text("Access denied")
    thief.close()
    return "the launch role's Deny and the session policy deny it"


def portal(env: Environment) -> str:
    """List the notebooks of a group. Stop a notebook, start it, wait, and open it."""
    bob = env.chromium.profile(INSIDE)
    page = bob.new_page()
    page.goto(env.base_url)
    sign_in(page, "bob@example.com")
    expect(page.get_by_role("heading", name="shared-notebook")).to_be_visible()
    expect(page.get_by_text("data-science").first).to_be_visible()
    bob.close()
    env.notebook_tab.close()
    page = env.alice.new_page()
    page.goto(env.base_url)
    stop(page, NOTEBOOK)
    page.get_by_role("button", name=f"Start and open {NOTEBOOK}").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"{NOTEBOOK} is starting")
    expect(page).to_have_url(re.compile(SITE + "/lab"))
    _open_file(page)
    env.notebook_tab = page
    return "Bob's list has his group's notebook; Alice stops hers, starts it, waits, and opens it"


def stop(page: Page, name: str) -> None:
    """Stop the notebook that the list calls `name`, confirm it, and wait until the list says that it has stopped."""
    page.get_by_role("link", name=f"Stop {name}").click()
    page.get_by_role("button", name=f"Stop {name}").click()
    expect(page.get_by_role("button", name=f"Start and open {name}")).to_be_visible()


def sign_out(env: Environment) -> str:
    """Sign out everywhere, which ends the sign-in in another browser."""
    other_browser = env.browser()
    opened = other_browser.sign_in(f"{env.base_url}/", "erin@example.com", PASSWORD)
    require(opened.status_code == 200, f"erin's page: {opened.status_code} {opened.text[:300]}")
    erin = env.chromium.profile(INSIDE)
    page = erin.new_page()
    page.goto(env.base_url)
    sign_in(page, "erin@example.com")
    page.get_by_text("Sign out everywhere").first.click()
    page.get_by_role("button", name="Sign out everywhere").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("signed out everywhere")
    erin.close()
    answer = other_browser.get(f"{env.base_url}/", headers={"Accept": "application/json"})
    require(answer.status_code == 401, f"erin's other browser: {answer.status_code} {answer.text[:200]}")
    return "Erin's other browser is signed out, too"
