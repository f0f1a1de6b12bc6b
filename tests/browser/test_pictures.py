"""The pictures of the documents: what a person sees who opens, waits, asks for access and allows it."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from cli.grant_schema.spec import GrantSpec
from local.deployment import LocalDeployment
from local.options import LocalOptions
from local.sample import Sample
from tests.browser.conftest import PICTURES, ROOT, new_context, picture, sign_in

SIZES: dict[str, ViewportSize] = {"desktop": {"width": 1200, "height": 750}, "phone": {"width": 360, "height": 740}}

ALICE: dict[str, Any] = {"principal": "user:alice@example.com", "power": "start-stop"}
GRANTS = [
    GrantSpec(notebook="bob-notebook", title="Churn lab", **ALICE),
    GrantSpec(notebook="shared-notebook", title="Forecasts", **ALICE),
]
"""Beside those of the sample: the list of notebooks shows three, of which one is stopped."""


@pytest.fixture
def deployment(tmp_path: Path) -> Iterator[LocalDeployment]:
    sample = Sample.load(ROOT / "dev" / "local" / "sample.yaml")
    sample = sample.model_copy(update={"grants": [*sample.grants, *GRANTS]})
    options = LocalOptions(folder=tmp_path / "notebooks", settings={"requests": {"approvers": sample.approvers}})
    with LocalDeployment(sample, options) as deployment:
        yield deployment


@pytest.mark.parametrize("size", SIZES)
def test_the_list_and_the_page_that_waits(
    chromium: Browser, deployment: LocalDeployment, tmp_path: Path, size: str
) -> None:
    with new_context(chromium, viewport=SIZES[size]) as context:
        page = context.new_page()
        deployment.instances["bob-notebook"] = "Stopped"
        page.goto(deployment.base_url)
        sign_in(page, "alice@example.com")
        _show(page, "Your notebooks", f"list-{size}", tmp_path)
        page.get_by_role("button", name="Start and open Churn lab").click()
        _show(page, "Churn lab is starting", f"starting-{size}", tmp_path)


@pytest.mark.parametrize("size", SIZES)
def test_the_pages_of_an_access_request(
    chromium: Browser, deployment: LocalDeployment, tmp_path: Path, size: str
) -> None:
    with new_context(chromium, viewport=SIZES[size]) as context:
        page = context.new_page()
        page.goto(f"{deployment.base_url}/open/churn-model")
        sign_in(page, "carol@example.com")
        page.get_by_role("link", name="Ask for access").click()
        page.get_by_label("Why do you need it?").fill("The churn report of the third quarter")
        page.get_by_label("For how long?").select_option(label="8 hours")
        _show(page, "Access requests", f"asking-{size}", tmp_path)
        page.get_by_role("button", name="Ask").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Waiting for a decision on churn-model")
    with new_context(chromium, viewport=SIZES[size]) as context:
        page = context.new_page()
        page.goto(f"{deployment.base_url}/requests")
        sign_in(page, "bob@example.com")
        _show(page, "Access requests", f"allowing-{size}", tmp_path)


def _show(page: Page, heading: str, name: str, folder: Path) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text(heading)
    assert picture(page, name, folder).stat().st_size > 5_000


def test_the_documents_show_every_picture_and_the_tests_take_each() -> None:
    documents = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    shown = {Path(name).name for each in documents for name in re.findall(r"pictures/([\w-]+\.png)", each.read_text())}
    taken = {f"{name}-{size}.png" for name in ("list", "starting", "asking", "allowing") for size in SIZES}
    assert shown == taken | {"jupyterlab.png"} == {path.name for path in PICTURES.glob("*.png")}
