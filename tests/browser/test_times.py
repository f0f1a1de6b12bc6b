"""Times on the pages: in the reader's time zone, with the time that is left; in UTC without JavaScript."""

import re
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from local.deployment import LocalDeployment
from local.sample import Sample
from tests.browser.conftest import ROOT, new_context, sign_in

HOUR = 3_600


@pytest.fixture
def deployment() -> Iterator[LocalDeployment]:
    with LocalDeployment(Sample.load(ROOT / "dev" / "local" / "sample.yaml")) as deployment:
        yield deployment


def _grant_carol(deployment: LocalDeployment, until: int) -> None:
    item = {"principal": {"S": "user:carol@example.com"}, "notebook": {"S": "churn-model"}, "until": {"N": str(until)}}
    deployment.operator("dynamodb").put_item(TableName=deployment.template.table["TableName"], Item=item)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(8 * HOUR + 120, "8 hours left"), (2 * 24 * HOUR + 60, "2 days left"), (90, "1 minute left")],
)
def test_the_end_of_access_is_in_the_readers_time_zone(
    chromium: Browser, deployment: LocalDeployment, seconds: int, words: str
) -> None:
    until = int(time.time()) + seconds
    _grant_carol(deployment, until)
    with new_context(chromium, timezone_id="Asia/Tokyo", locale="en-GB") as context:
        page = context.new_page()
        page.goto(f"{deployment.base_url}/")
        sign_in(page, "carol@example.com")
        in_tokyo = time.strftime("%H:%M", time.gmtime(until + 9 * HOUR))
        end = page.get_by_text(re.compile(f"{in_tokyo} \\({words}\\)$"))
        expect(end).to_be_visible()
        expect(end).to_have_attribute("title", time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(until)))


def test_without_javascript_times_are_in_utc(chromium: Browser, deployment: LocalDeployment) -> None:
    until = int(time.time()) + HOUR
    _grant_carol(deployment, until)
    with new_context(chromium, java_script_enabled=False, timezone_id="Asia/Tokyo") as context:
        page = context.new_page()
        page.goto(f"{deployment.base_url}/")
        sign_in(page, "carol@example.com")
        expect(page.get_by_text(time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(until)))).to_be_visible()
