"""Who may ask for which notebooks: the refusal depends on the name, the person and the settings alone."""

from typing import Any
from urllib.parse import urlencode

import pytest

from gate.access_requests.keys import COUNT
from testing.asking import JSON, RULES, ask, browser_of, configure, post, state_of
from testing.harness import Answer, Harness
from testing.log_lines import Lines
from testing.slack import TEAM, Slack

WORDS = "There is no notebook of this name that you can ask for."
LOCATED = "123456789012/eu-west-1"


def _configure(harness: Harness, eligible: dict[str, list[str]], **changes: Any) -> None:
    configure(harness, {**RULES, "eligible": eligible}, **changes)


def _answer(harness: Harness, notebook: str, email: str = "alice@example.com", **claims: Any) -> Answer:
    form = urlencode({"notebook": notebook, "reason": "churn analysis", "seconds": 3600})
    return browser_of(harness, email, **claims).post("/requests", headers=JSON, body=form)


@pytest.mark.parametrize(
    ("principal", "claims", "eligible"),
    [
        ("user:alice@example.com", {}, True),
        ("user:bob@example.com", {}, False),
        ("group:analysts", {"groups": ["analysts"]}, True),
        ("group:analysts", {"groups": ["Analysts", "others"]}, False),
        ("group:analysts", {}, False),
        (f"slack:{TEAM}/U0ALICE", {}, False),
    ],
)
def test_who_may_ask(asking: Harness, principal: str, claims: dict[str, Any], eligible: bool) -> None:
    _configure(asking, {principal: ["bob-*"]})
    answer = _answer(asking, "bob-notebook", **claims)
    assert answer.status == (303 if eligible else 404)
    assert eligible or answer.json["error"] == "not_eligible"
    assert bool(asking.aws.table.requests()) == eligible


@pytest.mark.parametrize(
    ("pattern", "notebook", "eligible"),
    [
        ("bob-*", "bob-notebook", True),
        ("BOB-*", "Bob-Notebook", True),
        ("bob-*", f"{LOCATED}/bob-notebook", True),
        (f"{LOCATED}/bob-*", "bob-notebook", True),
        ("alice-*", "bob-notebook", False),
        ("alice-*", f"{LOCATED}/BOB-notebook", False),
        ("*west*", "bob-notebook", False),
        ("*west*", f"{LOCATED}/bob-notebook", False),
    ],
)
def test_every_spelling_of_a_notebook_has_the_same_answer(
    asking: Harness, pattern: str, notebook: str, eligible: bool
) -> None:
    _configure(asking, {"user:alice@example.com": [pattern]})
    assert _answer(asking, notebook).status == (303 if eligible else 404)


def test_without_the_setting_everybody_may_ask(asking: Harness) -> None:
    assert _answer(asking, "no-such-notebook", "stranger@example.com").status == 303


NAMES = {
    "missing": "no-such-notebook",
    "existing": "bob-notebook",
    "granted": "alice-notebook",
    "requested": "asked-before",
    "allowed": "allowed-before",
    "of somebody else": "carols-notebook",
    "of a group": "team-notebook",
    "remote": "210987654321/eu-central-1/x",
}


def test_the_refusal_tells_nothing_but_the_name(asking: Harness) -> None:
    alice, dana = browser_of(asking, "alice@example.com"), browser_of(asking, "dana@example.com")
    ask(alice, NAMES["requested"])
    post(dana, ask(alice, NAMES["allowed"]), decision="allow", seconds=3600)
    ask(browser_of(asking, "carol@example.com"), NAMES["of somebody else"])
    asking.aws.grant("group:data-science", NAMES["of a group"])
    _configure(asking, {"user:bob@example.com": ["*"]})
    before = [*asking.aws.table.requests(), *asking.aws.table.query([COUNT])]
    browser = browser_of(asking, "alice@example.com", groups=["data-science"])
    pages, calls = set(), set()
    for name in NAMES.values():
        asking.aws.calls.clear()
        page = post(browser, "/requests", notebook=name, reason="churn", seconds=3600).body
        pages.add(page.replace(f'value="{name}"', 'value=""'))
        calls.add(tuple(operation for operation, _ in asking.aws.calls))
    assert len(pages) == 1
    assert WORDS in pages.pop()
    assert len(calls) == 1  # those of the page, whatever the name
    assert [*asking.aws.table.requests(), *asking.aws.table.query([COUNT])] == before


def test_a_refused_request_does_not_count_and_is_logged(asking: Harness, lines: Lines) -> None:
    _configure(asking, {"user:alice@example.com": ["mine-*"]})
    alice = browser_of(asking, "alice@example.com")
    for _ in range(11):
        assert post(alice, "/requests", notebook="bob-notebook", reason="r", seconds=3600).status == 404
    assert lines.decisions[-1]["outcome"] == "not_eligible"
    ask(alice, "mine-1")


def test_an_earlier_request_of_somebody_who_is_no_longer_eligible_can_be_allowed(asking: Harness) -> None:
    alice, dana = browser_of(asking, "alice@example.com"), browser_of(asking, "dana@example.com")
    path = ask(alice)
    _configure(asking, {"user:bob@example.com": ["*"]})
    assert post(dana, path, decision="allow", seconds=3600).status == 303
    assert state_of(alice, path) == "allowed"


@pytest.mark.parametrize(
    ("principal", "eligible"),
    [("user:alice@example.com", True), (f"slack:{TEAM}/U0ALICE", True), ("group:analysts", False)],
)
def test_the_same_rule_applies_in_slack(slack: Slack, principal: str, eligible: bool) -> None:
    slack.harness.aws.table.clear("user:alice", "group:")
    _configure(slack.harness, {principal: ["churn-*"]})
    for text in ("ask CHURN-model report", "ask other report"):
        slack.post(slack.body("command", text=text))
        slack.deliver_events()
        page = slack.workspace.seen_by("U0ALICE", timeout=0)
        assert page is not None
        assert (WORDS in page.text) == (not eligible or "other" in text)
    assert len(slack.harness.aws.table.requests()) == int(eligible)
