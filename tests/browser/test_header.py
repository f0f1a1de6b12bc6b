"""What every page says: where one is, as whom, what waits for a decision, and the one next step."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from local.deployment import LocalDeployment
from local.options import LocalOptions
from local.sample import Sample
from testing.clock import Clock
from tests.browser.conftest import ROOT, new_context, sign_in, violations

SAMPLE = Sample.load(ROOT / "dev" / "local" / "sample.yaml")
APPROVERS = {"user:alice@example.com": ["*"], "group:data-science": ["shared-*"]}
MODES: list[dict[str, Any]] = [
    {"viewport": {"width": width, "height": 740}, "java_script_enabled": script, "color_scheme": scheme}
    for width, script, scheme in ((1200, True, "light"), (360, False, "light"), (360, True, "dark"))
]


@pytest.fixture
def deployment(clock: Clock, tmp_path: Path) -> Iterator[LocalDeployment]:
    settings = {"requests": {"approvers": APPROVERS, "two": ["shared-*"]}}
    options = LocalOptions(clock=clock, folder=tmp_path / "notebooks", settings=settings)
    with LocalDeployment(SAMPLE, options) as deployment:
        yield deployment


def _enter(page: Page, deployment: LocalDeployment, email: str, path: str = "/") -> None:
    page.goto(f"{deployment.base_url}{path}")
    sign_in(page, email)


def _ask(page: Page, notebook: str, reason: str = "the churn report") -> None:
    page.get_by_role("link", name="Access requests").click()
    page.get_by_label("Notebook", exact=True).fill(notebook)
    page.get_by_label("Why do you need it?").fill(reason)
    page.get_by_role("button", name="Ask", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Waiting for a decision on {notebook}")


def _check(page: Page, mode: dict[str, Any]) -> None:
    if mode["java_script_enabled"]:
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= mode["viewport"]["width"]


@pytest.mark.parametrize("mode", MODES)
def test_an_approver_sees_what_waits_and_goes_from_one_decision_to_the_next(
    chromium: Browser, deployment: LocalDeployment, mode: dict[str, Any]
) -> None:
    with new_context(chromium, **mode) as context, new_context(chromium, **mode) as other:
        carol, alice = context.new_page(), other.new_page()
        _enter(alice, deployment, "alice@example.com")
        expect(alice.get_by_text("for you to decide")).to_have_count(0)
        _enter(carol, deployment, "carol@example.com")
        _ask(carol, "churn-model")
        expect(carol.get_by_text("Who decides: alice@example.com, or the owner of the notebook.")).to_be_visible()
        _check(carol, mode)
        alice.reload()
        expect(alice.get_by_role("link", name="1 request for you to decide", exact=True)).to_be_visible()
        _ask(carol, "bob-notebook")
        alice.goto(f"{deployment.base_url}/open")
        alice.goto(f"{deployment.base_url}/")
        _check(alice, mode)
        expect(alice.get_by_role("navigation").get_by_text("2 for you to decide")).to_have_count(1)
        alice.get_by_role("link", name="2 requests for you to decide", exact=True).click()
        alice.get_by_role("button", name="Allow carol@example.com to open churn-model").click()
        heading = alice.get_by_role("heading", level=1)
        expect(heading).to_have_text("carol@example.com may open churn-model")
        expect(alice.get_by_role("status")).to_contain_text("Allowed by alice@example.com until")
        _check(alice, mode)
        alice.get_by_role("link", name="Next: carol@example.com asks for bob-notebook").click()
        alice.get_by_role("button", name="Deny carol@example.com access to bob-notebook").click()
        expect(heading).to_have_text("You denied carol@example.com access to bob-notebook")
        expect(alice.get_by_text("Nothing else waits for you to decide.")).to_be_visible()
        expect(alice.get_by_role("navigation").get_by_text("for you to decide")).to_have_count(0)


def test_the_first_of_two_people_reads_that_one_more_is_needed(page: Page, deployment: LocalDeployment) -> None:
    _enter(page, deployment, "carol@example.com")
    _ask(page, "shared-notebook")
    expect(page.get_by_text("Who decides: alice@example.com, somebody in data-science, or the owner")).to_be_visible()
    request = page.url
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("You are signed out")
    expect(page.get_by_role("button", name="Sign out")).to_have_count(0)
    page.goto(request)
    sign_in(page, "alice@example.com")
    expect(page.get_by_text("Two people must allow access to this notebook.")).to_be_visible()
    page.get_by_role("button", name="Allow").click()
    expect(page.get_by_role("status")).to_have_text(
        "Allowed by alice@example.com (1 hour), waiting for another person."
    )
    expect(page.get_by_text("You have allowed this. It needs one more person.")).to_be_visible()


@pytest.mark.parametrize("mode", MODES)
def test_a_refusal_names_the_notebook_and_the_account(
    chromium: Browser, deployment: LocalDeployment, mode: dict[str, Any]
) -> None:
    with new_context(chromium, **mode) as context:
        page = context.new_page()
        _enter(page, deployment, "carol@example.com", "/open/chrun-model")
        expect(page).to_have_title("You have no access to chrun-model · Notebook Gate")
        expect(page.get_by_role("heading", level=1)).to_have_text("You have no access to chrun-model")
        expect(page.get_by_text("You are signed in as carol@example.com.")).to_be_visible()
        expect(page.locator("main").get_by_role("link")).to_have_text(["Sign in as somebody else", "Ask for access"])
        expect(page.get_by_text("platform team")).to_have_count(0)
        _check(page, mode)
        page.get_by_role("link", name="Sign in as somebody else").click()
        sign_in(page, "bob@example.com")
        expect(page.get_by_text("You are signed in as bob@example.com.")).to_be_visible()


def test_the_account_of_another_tab_is_seen_at_once(page: Page, deployment: LocalDeployment) -> None:
    _enter(page, deployment, "carol@example.com", "/open/bob-notebook")
    other = page.context.new_page()
    other.goto(f"{deployment.base_url}/login?next=/&fresh=1")
    sign_in(other, "bob@example.com")
    expect(other.get_by_role("heading", level=1)).to_have_text("Your notebooks")
    page.goto(f"{deployment.base_url}/open/alice-notebook")
    expect(page.get_by_text("You are signed in as bob@example.com.")).to_be_visible()


def test_open_without_any_grant_shows_the_empty_list(page: Page, deployment: LocalDeployment) -> None:
    _enter(page, deployment, "carol@example.com", "/open")
    expect(page.get_by_role("heading", level=1)).to_have_text("Your notebooks")
    expect(page.get_by_text("You have no notebooks yet.")).to_be_visible()
    expect(page.get_by_text("this notebook")).to_have_count(0)
    page.get_by_role("link", name="Ask for access to a notebook").click()
    expect(page.get_by_label("Notebook", exact=True)).to_be_visible()


@pytest.mark.parametrize("mode", MODES)
def test_a_form_keeps_what_was_typed(chromium: Browser, deployment: LocalDeployment, mode: dict[str, Any]) -> None:
    with new_context(chromium, **mode) as context:
        page = context.new_page()
        _enter(page, deployment, "carol@example.com", "/requests")
        name, reason = page.get_by_label("Notebook", exact=True), page.get_by_label("Why do you need it?")
        name.fill("churn model")
        reason.fill("the churn report")
        page.get_by_label("For how long?").select_option(label="8 hours")
        page.get_by_role("button", name="Ask", exact=True).click()
        # The browser itself refuses the name. Without its check, the gate does.
        expect(page).to_have_url(f"{deployment.base_url}/requests")
        expect(page.get_by_role("alert")).to_have_count(0)
        page.goto(f"{deployment.base_url}/requests")
        name.fill("churn-model")
        reason.fill("  \n ")
        page.get_by_label("For how long?").select_option(label="8 hours")
        page.get_by_role("button", name="Ask", exact=True).click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Your request was not sent")
        expect(page.get_by_role("alert")).to_contain_text("Say why you need access")
        expect(reason).to_have_attribute("aria-invalid", "true")
        expect(reason).to_have_accessible_description(
            "Your request is not complete. Say why you need access, in at most 300 characters, and choose for how long."
        )
        expect(name).to_have_value("churn-model")
        expect(page.get_by_label("For how long?")).to_have_value("28800")
        _check(page, mode)
        reason.fill("the churn report")
        page.get_by_role("button", name="Ask", exact=True).click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Waiting for a decision on churn-model")


def test_a_second_request_shows_the_first_and_says_so(page: Page, deployment: LocalDeployment) -> None:
    _enter(page, deployment, "carol@example.com")
    _ask(page, "churn-model")
    expect(page.get_by_text("You asked for it before")).to_have_count(0)
    _ask(page, "churn-model")
    expect(page.get_by_text("You asked for it before")).to_have_count(0)
    _ask(page, "churn-model", "something else")
    expect(page.get_by_text("You asked for it before, and that request still waits")).to_be_visible()
    expect(page.locator(".reason")).to_have_text("the churn report")


def test_shortened_access_is_told_before_the_notebook_opens(page: Page, deployment: LocalDeployment) -> None:
    _enter(page, deployment, "carol@example.com", "/requests?notebook=churn-model")
    page.get_by_label("Why do you need it?").fill("the churn report")
    page.get_by_label("For how long?").select_option(label="8 hours")
    page.get_by_role("button", name="Ask", exact=True).click()
    request = page.url
    with new_context(page.context.browser) as other:  # type: ignore[arg-type]
        alice = other.new_page()
        _enter(alice, deployment, "alice@example.com", request.removeprefix(deployment.base_url))
        alice.get_by_role("combobox").select_option(label="1 hour")
        alice.get_by_role("button", name="Allow").click()
        expect(alice.get_by_role("heading", level=1)).to_have_text("carol@example.com may open churn-model")
    expect(page.get_by_role("heading", level=1)).to_have_text("Your access to churn-model")
    expect(page.get_by_text("for 1 hour of the 8 hours you asked for")).to_be_visible()
    expect(page.get_by_role("link", name="Open churn-model")).to_be_visible()


@pytest.mark.parametrize(
    ("email", "button", "text"),
    [
        ("alice@example.com", "Start and open", "It opens as soon as it runs."),
        ("bob@example.com", "", "You may open it, not start it."),
    ],
)
def test_a_stopped_notebook_has_one_next_step(
    page: Page, deployment: LocalDeployment, email: str, button: str, text: str
) -> None:
    name = f"{email.partition('@')[0]}-notebook"
    deployment.instances[name] = "Stopped"
    _enter(page, deployment, email, f"/open/{name}")
    expect(page).to_have_title(f"{name} is stopped · Notebook Gate")
    expect(page.get_by_text(text)).to_be_visible()
    expect(page.locator("main").get_by_role("button")).to_have_text([button] if button else [])
    expect(page.locator("main").get_by_role("link")).to_have_count(0)
