"""In the browser: sign in or follow a link from Slack, open the bookmark, work in JupyterLab."""

import dataclasses
import re
from pathlib import Path

from playwright.sync_api import Page, expect

from local.aws.notebook_instances import STARTING
from local.deployment import LocalDeployment
from local.places import COLLEAGUE, OUTSIDE
from testing.clock import Clock
from testing.slack_user import run_command, ticket_path
from tests.browser.conftest import picture, sign_in


def _open_the_notebook(page: Page, deployment: LocalDeployment) -> None:
    page.goto(f"{deployment.base_url}/open/alice-notebook")
    sign_in(page, "alice@example.com")
    expect(page).to_have_url(re.compile(r"^http://alice-notebook\.notebook\.eu-west-1\.localhost:\d+/lab"))
    page.locator(".jp-DirListing-item").filter(has_text="welcome.ipynb").dblclick()
    expect(page.locator("#jp-main-statusbar")).to_contain_text("| Idle")


def _run_the_cell(page: Page) -> None:
    page.locator(".jp-CodeCell .cm-content").click()
    page.keyboard.press("Control+Enter")


def test_a_user_signs_in_and_runs_a_cell(lab: Page, deployment: LocalDeployment, tmp_path: Path) -> None:
    refused: list[str] = []
    lab.on("console", lambda message: refused.append(message.text))
    _open_the_notebook(lab, deployment)
    assert "authToken" not in lab.url
    _run_the_cell(lab)
    expect(lab.locator(".jp-OutputArea-output")).to_have_text("42")
    expect(lab.locator(".jp-CodeCell .jp-InputPrompt")).to_have_text("[1]:")
    expect(lab.get_by_text("Jupyter news")).to_have_count(0)
    assert picture(lab, "jupyterlab", tmp_path).stat().st_size > 20_000
    assert [text for text in refused if "Content Security Policy" in text] == []


def test_a_valid_url_is_refused_elsewhere_in_the_browser(page: Page, deployment: LocalDeployment) -> None:
    page.goto(f"{deployment.base_url}/open/alice-notebook")
    sign_in(page, "alice@example.com")
    expect(page).to_have_url(re.compile(r"/lab"))
    url, opened = deployment.urls.made[-1].url, page.url
    for address in (COLLEAGUE, OUTSIDE):
        for stolen in (url, opened):  # the URL, and the session, whose cookie the browser sends to every port
            page.goto(deployment.places.seen_from(address, stolen))
            expect(page.get_by_role("heading")).to_have_text("Access denied")
    page.goto(f"{deployment.base_url_at(OUTSIDE)}/open/alice-notebook")
    expect(page.get_by_role("heading")).to_have_text("You are outside the networks")
    page.goto(url)
    expect(page).to_have_url(re.compile(r"/tree"))


def test_a_colleague_signs_in_and_stays_at_their_port(page: Page, deployment: LocalDeployment, clock: Clock) -> None:
    deployment.instances["alice-notebook"] = "Stopped"
    base_url = deployment.base_url_at(COLLEAGUE)
    page.goto(base_url)
    sign_in(page, "alice@example.com")
    expect(page).to_have_url(f"{base_url}/")
    page.get_by_role("button", name="Start and open alice-notebook").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("alice-notebook is starting")
    clock.ahead += STARTING
    port = deployment.places.ports[COLLEAGUE]
    expect(page).to_have_url(re.compile(rf"^http://alice-notebook\.notebook\.eu-west-1\.localhost:{port}/lab"))


def test_an_expired_url_leads_to_the_sign_in_page(page: Page, deployment: LocalDeployment, clock: Clock) -> None:
    page.goto(f"{deployment.base_url}/open/alice-notebook")
    sign_in(page, "alice@example.com")
    expect(page).to_have_url(re.compile(r"/lab"))
    clock.ahead += 301
    page.goto(deployment.urls.made[-1].url)
    expect(page.get_by_role("heading")).to_have_text("AWS sign-in (local)")
    page.get_by_role("link", name="Your notebooks").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your notebooks")


def test_a_deny_cuts_an_open_notebook(lab: Page, deployment: LocalDeployment) -> None:
    _open_the_notebook(lab, deployment)
    _run_the_cell(lab)
    expect(lab.locator(".jp-OutputArea-output")).to_have_text("42")
    # Typed before the Deny, after which JupyterLab soon covers the cell with a dialog about the lost connection.
    lab.locator(".jp-CodeCell .cm-content").click()
    lab.keyboard.press("End")
    lab.keyboard.type(" + 1")
    role = deployment.template.launch_role
    condition = {"StringEquals": {"aws:SourceIdentity": "alice@example.com"}}
    deny = {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": condition}
    policies = (*role.policies, {"Version": "2012-10-17", "Statement": [deny]})
    deployment.authority.roles[role.arn] = dataclasses.replace(role, policies=policies)
    try:
        lab.keyboard.press("Control+Enter")
        lab.wait_for_timeout(2000)
        assert "43" not in lab.locator(".jp-OutputArea").inner_text()
        lab.reload()
        expect(lab.get_by_role("heading")).to_have_text("Access denied")
    finally:
        deployment.authority.roles[role.arn] = role


def test_a_link_from_slack_starts_the_notebook_and_opens_it(
    page: Page, deployment: LocalDeployment, clock: Clock
) -> None:
    deployment.instances["alice-notebook"] = "Stopped"
    page.goto(f"{deployment.base_url}{ticket_path(deployment, run_command(deployment))}")
    expect(page.get_by_role("heading", level=1)).to_have_text("alice-notebook is stopped")
    assert "ticket" not in page.url
    page.get_by_role("button", name="Start and open").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("alice-notebook is starting")
    clock.ahead += STARTING
    expect(page).to_have_url(re.compile(r"^http://alice-notebook\.notebook\.eu-west-1\.localhost:\d+/lab"))

    link = ticket_path(deployment, run_command(deployment))
    page.goto(f"{deployment.base_url}{link}")
    expect(page).to_have_url(re.compile(r"/lab"))
    page.goto(f"{deployment.base_url}{link}")
    expect(page.get_by_role("heading", level=1)).to_have_text("This link is no longer valid")
