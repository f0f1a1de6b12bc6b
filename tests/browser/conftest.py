"""A real browser and a local deployment. Without a browser these tests fail; they are never skipped."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from local.deployment import LocalDeployment
from local.notebook.jupyter import JupyterServers
from local.options import LocalOptions
from local.sample import Sample
from testing.clock import Clock
from testing.patience import patient_slack  # noqa: F401

ROOT = Path(__file__).parents[2]
PICTURES = ROOT / "docs" / "pictures"
AXE = (ROOT / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
TIMEOUT = 180_000
"""Milliseconds. JupyterLab takes seconds to start, and the machine may be busy."""
expect.set_options(timeout=TIMEOUT)
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


# Per module, since Playwright's event loop occupies the thread, and other tests run their own loops.
@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    found = ROOT / ".cache" / "browser"
    assert found.exists(), "no browser found: run make test, which finds or installs one"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found.read_text().strip(), args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """A page of a browser with an empty profile. Notebooks are empty pages."""
    with new_context(chromium) as context:
        yield context.new_page()


@pytest.fixture
def lab(page: Page) -> Page:
    """The page, in a test whose notebooks are JupyterLab."""
    return page


@pytest.fixture(autouse=True)
def notebooks(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Empty pages behind the real policies, unless the test uses `lab`: JupyterLab takes seconds to start."""
    if "lab" not in request.fixturenames:
        monkeypatch.setattr(JupyterServers, "socket_of", lambda _self, name: Path(name))
        monkeypatch.setattr("local.notebook.site.forward", _empty_page)


async def _empty_page(_incoming: web.BaseRequest, _socket: Path) -> web.Response:
    return web.Response(text="<!doctype html><title>JupyterLab</title>", content_type="text/html")


@contextmanager
def new_context(chromium: Browser, **options: Any) -> Iterator[BrowserContext]:
    """Yield a browser context with an empty profile. `options` are Playwright's."""
    context = chromium.new_context(**{"viewport": {"width": 1200, "height": 750}, **options})
    context.set_default_timeout(TIMEOUT)
    yield context
    context.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def deployment(clock: Clock, tmp_path: Path) -> Iterator[LocalDeployment]:
    sample = Sample.load(ROOT / "dev" / "local" / "sample.yaml")
    with LocalDeployment(sample, LocalOptions(clock=clock, folder=tmp_path / "notebooks")) as deployment:
        yield deployment


def picture(page: Page, name: str, folder: Path) -> Path:
    """Take a screenshot of `page`; `make pictures` also copies it to the documents."""
    path = folder / f"{name}.png"
    page.screenshot(path=path)
    if "PICTURES" in os.environ:
        shutil.copy(path, PICTURES / path.name)
    return path


def sign_in(page: Page, email: str) -> None:
    """Sign in at the local identity provider's page."""
    page.locator("input[name=sub]").fill(email)
    page.locator("input[name=sub]").press("Enter")


def violations(page: Page) -> list[str]:
    """Return the accessibility violations that axe finds on `page`."""
    page.evaluate(f"() => {{ {AXE} }}")
    found = page.evaluate("async () => (await axe.run()).violations.map(each => `${each.id}: ${each.help}`)")
    return list(found)
