"""A real browser with a certified identity provider: signing in, and signing out of both."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from local.deployment import LocalDeployment
from local.options import LocalOptions
from local.provider import CLIENT_ID, ExternalProvider
from local.sample import Sample
from testing.providers.provider import PEOPLE, SECRET, Certified, Setup, client
from tests.browser.conftest import ROOT


@pytest.fixture
def provider() -> Iterator[Certified]:
    provider = Certified()
    provider.configure(Setup([]))
    yield provider
    provider.close()


@pytest.fixture
def deployment(provider: Certified, tmp_path: Path) -> Iterator[LocalDeployment]:
    sample = Sample.load(ROOT / "dev" / "local" / "sample.yaml")
    registration = ExternalProvider(provider.issuer, CLIENT_ID, SECRET)
    options = LocalOptions(folder=tmp_path / "notebooks", provider=registration)
    with LocalDeployment(sample, options) as deployment:
        provider.configure(Setup([client(deployment.base_url)], claims_in="userinfo"))
        yield deployment


def test_signing_in_and_out_of_both(provider: Certified, deployment: LocalDeployment, page: Page) -> None:
    page.route(re.compile("googleapis"), lambda route: route.abort())  # the provider's fonts
    page.goto(f"{deployment.base_url}/")
    for name, value in provider.fields(PEOPLE[0]).items():
        page.locator(f"input[name={name}]").fill(value)
    page.get_by_role("button", name="Sign-in").click()
    page.get_by_role("button", name=provider.AGREE).click()
    expect(page.get_by_text("alice-notebook").first).to_be_visible()

    page.get_by_role("button", name="Sign out", exact=True).click()
    page.get_by_role("button", name=provider.SIGN_OUT).click()  # the gate's page redirects there

    expect(page.locator("input[name=login]")).to_be_visible()
    assert page.url.startswith(provider.issuer)
