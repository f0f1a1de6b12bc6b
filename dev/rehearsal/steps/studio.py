"""A space of SageMaker Studio: opened, stopped, started, and cut off."""

import re
import time

from playwright.sync_api import expect

from gate.values.notebook import STUDIO, Notebook
from local.template import REGION
from rehearsal.environment import DOMAIN, PASSWORD, PROFILE, SPACE, SPACE_NOTEBOOK, Environment
from rehearsal.hosts import INSIDE, OUTSIDE
from rehearsal.steps import browsing, require

PERSON, TITLE = "frank@example.com", "Churn lab"
HOME = Notebook.parse(f"{STUDIO}{DOMAIN}/{PROFILE}")
SITE = rf"^https://{SPACE}\.{PROFILE}\.{DOMAIN}\.studio\.{REGION}\.sagemaker\.aws/lab"


def open_space(env: Environment) -> str:
    """Click the bookmark of a file in a space, sign in, and run a cell. Then stop the space, start it, and wait."""
    page = env.chromium.profile(INSIDE).new_page()
    page.goto(f"{env.base_url}/open/{SPACE_NOTEBOOK.segment}?path=welcome.ipynb")
    browsing.sign_in(page, PERSON)
    expect(page).to_have_url(re.compile(SITE + "/tree/welcome.ipynb"))
    require("authToken" not in page.url, "the token stays in the address")
    expect(page.locator("#jp-main-statusbar")).to_contain_text("| Idle")
    browsing.run_cell(page, "6 * 7", "42")
    page.goto(env.base_url)
    # By one grant for a group, in whose notebook {user} stands.
    expect(page.get_by_role("heading", name=str(HOME), exact=True)).to_be_visible()
    browsing.stop(page, TITLE)
    page.get_by_role("button", name=f"Start and open {TITLE}").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"{TITLE} is starting")
    expect(page).to_have_url(re.compile(SITE))
    env.space_tab = page
    return "Frank's bookmark opens a file: 6 * 7 is 42; he stops the space, starts it, waits, and it opens"


def use_from_outside(env: Environment) -> str:
    """Use the presigned URL of a space from outside the networks, and that of the home of Studio from inside."""
    url = env.sagemaker.urls.made[-1].url
    answer = env.browser(OUTSIDE).get(url)
    require(answer.status_code == 403, f"the URL of a space from outside: {answer.status_code}")
    home = env.browser().sign_in(f"{env.base_url}/open/{HOME.segment}", PERSON, PASSWORD)
    location = home.headers.get("Location", "")
    require(".studio." in location, f"Studio's home: {home.status_code} {home.text[:300]}")
    return "the launch role's Deny and the session policy deny it; Studio's home opens by the grant of a group"


def revoke(env: Environment) -> str:
    """Revoke the access of a person whose space is open."""
    before = env.space_tab.goto(env.space_tab.url)
    require(before and before.ok, f"the open space, before: {before and before.status}")
    env.account.gate("revoke", "--yes", PERSON, "--json", cwd=env.operators_folder, expect=(0, 3))
    time.sleep(1)  # a role's policies are kept for half a second (dev/rehearsal/authority.py)
    env.space_tab.goto(env.space_tab.url)
    expect(env.space_tab.get_by_role("heading")).to_have_text("Access denied")
    return "Frank's open space denies access"
