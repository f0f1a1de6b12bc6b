"""What the tests of access requests share: a deployment in which people can ask, and the forms that they send."""

import json
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import pytest

from gate.access_requests.access_request import AccessRequest
from gate.access_requests.access_requests import AccessRequests
from gate.access_requests.holders import Holders
from gate.access_requests.keys import Reference
from gate.access_requests.rules import RequestRules
from gate.access_requests.store import AccessRequestStore
from gate.platform.aliases import SLACK
from gate.store.grants import Grants
from gate.store.table import Table
from gate.values.user_name import UserNames
from testing.environment import JSON
from testing.harness import Answer, Browser, Harness

RULES = {
    "approvers": {
        "user:dana@example.com": ["*"],
        "group:leads": ["shared-*", "prod-*"],
        "user:erin@example.com": ["prod-*"],
    },
    "eligible": {},
    "two": ["prod-*"],
    "automatic": {},
    "automatic_longest": 3600,
    "durations": [3600, 28800],
    "power": "start",
    "slack_channel": "",
    "slack_groups": {},
    "topic_arn": "",
    "keep_days": 400,
    "remind": 1800,
}


def request_rules(**changes: Any) -> RequestRules:
    """Return rules by which nobody decides, with `changes`."""
    return replace(RequestRules({}, (), (3_600,), "start", "", "", 400 * 86_400, 1_800, ""), **changes)


@pytest.fixture
def asking(harness: Harness) -> Harness:
    """A deployment in which people can ask. `bob` owns his notebook."""
    configure(harness, RULES)
    harness.aws.grant("user:frank@example.com", "bob-notebook", owner=True)
    return harness


def configure(harness: Harness, rules: dict[str, Any], **changes: str) -> None:
    """Deploy both functions as one, in which people can ask by `rules`, with other `changes` of the environment."""
    harness.configure(
        GATE_ACCESS_REQUESTS=json.dumps({**RULES, **rules}),
        GATE_REQUESTS_FUNCTION_ARN=f"arn:requests:{SLACK}",
        GATE_DECISION_SECRET_ARN="arn:decision",
        GATE_DENIES_FUNCTION_ARN="arn:denies:live",
        **changes,
    )


class NoNotices:
    """Notices of access requests that reach nobody."""

    def asked(self, _request: AccessRequest) -> None:
        return None

    def changed(self, _request: AccessRequest) -> None:
        pass

    def ends(self, _reference: Reference) -> None:
        pass

    show = changed


def access_requests(table: Table, rules: RequestRules) -> AccessRequests:
    """Return the access requests in `table`."""
    return AccessRequests(
        AccessRequestStore(table, keep=rules.keep),
        grants=Grants(table, max_session=43_200, home=rules.home, user_names=UserNames()),
        holders=Holders(table),
        rules=rules,
        notices=NoNotices(),
        cut_off=lambda: None,
        user_claim="email",
        clock=table.now,
    )


def browser_of(harness: Harness, email: str, **claims: Any) -> Browser:
    browser = Browser(harness.environ["GATE_BASE_URL"])
    harness.sign_in(email, browser=browser, **claims)
    return browser


def post(browser: Browser, path: str, /, **fields: object) -> Answer:
    form = urlencode(fields, errors="surrogatepass")
    return browser.post(path, headers={"Content-Type": "application/x-www-form-urlencoded"}, body=form)


def ask(browser: Browser, notebook: str = "bob-notebook", reason: str = "churn analysis", seconds: int = 3600) -> str:
    answer = post(browser, "/requests", notebook=notebook, reason=reason, seconds=seconds)
    assert answer.status == 303, answer.body
    return browser.path_of(answer.location)


def state_of(browser: Browser, path: str) -> object:
    return browser.get(path, headers=JSON).json.get("state")
