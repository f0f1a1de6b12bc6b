"""A link from Slack in a browser without a session: waiting, opening, and the page for a used link."""

import re
from pathlib import Path

from playwright.sync_api import Page, expect

from local.aws.notebook_instances import STARTING
from local.deployment import LocalDeployment
from testing.clock import Clock
from testing.slack_user import run_command, ticket_path
from tests.browser.conftest import picture


def test_a_link_from_slack_starts_the_notebook_and_opens_it(
    page: Page, deployment: LocalDeployment, clock: Clock, tmp_path: Path
) -> None:
    deployment.instances["alice-notebook"] = "Stopped"
    page.goto(f"{deployment.base_url}{ticket_path(deployment, run_command(deployment))}")
    expect(page.get_by_role("heading", level=1)).to_have_text("This notebook is stopped")
    assert "ticket" not in page.url
    page.get_by_role("button", name="Start alice-notebook").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("This notebook is starting")
    clock.ahead += STARTING
    expect(page).to_have_url(re.compile(r"^http://alice-notebook\.notebook\.eu-west-1\.localhost:\d+/lab"))

    link = ticket_path(deployment, run_command(deployment))
    page.goto(f"{deployment.base_url}{link}")
    expect(page).to_have_url(re.compile(r"/lab"))
    page.goto(f"{deployment.base_url}{link}")
    expect(page.get_by_role("heading", level=1)).to_have_text("This link is no longer valid")
    assert picture(page, "used-link", tmp_path).exists()
