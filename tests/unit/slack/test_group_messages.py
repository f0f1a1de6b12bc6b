"""The messages to people and operators about groups: pages, errors and log lines."""

import json
import re
from typing import Any

import pytest

from testing.environment import JSON
from testing.harness import Browser, Harness
from testing.log_lines import Lines

OPEN = "/open/shared-notebook"
ENTRA = {"_claim_names": {"groups": "src1"}, "_claim_sources": {"src1": {"endpoint": "https://graph.example"}}}


# Groups that could not be read ---------------------------------------------------------------------------------------


def _warnings(lines: Lines) -> list[dict[str, Any]]:
    return [line for line in map(json.loads, lines.texts) if line["level"] == "WARNING"]


@pytest.mark.parametrize(
    ("claims", "problem"),
    [
        ({}, "absent"),
        ({"groups": None}, "absent"),
        ({"groups": 74_656}, "number"),
        ({"groups": {"data-science": True}}, "object"),
        ({"groups": [["data-science"]]}, "array"),
        ({"groups": "[null]"}, "string"),
        ({"groups": True}, "boolean"),
        (ENTRA, "overage"),
        ({"hasgroups": True}, "overage"),
        ({"hasgroups": "true"}, "overage"),
    ],
)
def test_a_refusal_with_unknown_groups_is_logged_with_claim_and_problem(
    harness: Harness,
    claims: dict[str, object],
    problem: str,
    lines: Lines,
) -> None:
    assert harness.sign_in("bob@example.com", **claims).status == 302
    assert _warnings(lines) == []
    page = harness.browser.get(OPEN)
    assert page.status == 403
    (line,) = _warnings(lines)
    assert (line["message"], line["claim"], line["problem"]) == (
        "the groups of a refused caller are unknown", "groups", problem,
    )  # fmt: skip
    # The line has the reference that the person sees.
    assert re.findall(r"Reference: <code>(.*?)</code>", page.body) == [line["correlation_id"]]
    log = str(lines.texts)
    assert not any(value in log for value in ("data-science", "74656", "graph.example"))


@pytest.mark.parametrize("claims", [{}, {"groups": 7}, ENTRA])
def test_unknown_groups_are_not_logged_if_the_caller_has_a_grant_of_their_own(
    harness: Harness,
    claims: dict[str, object],
    lines: Lines,
) -> None:
    harness.sign_in("bob@example.com", path="/open/bob-notebook", **claims)
    for path in ("/open/bob-notebook", "/open"):
        assert harness.browser.get(path).status == 302
    assert _warnings(lines) == []


def test_a_refusal_with_known_groups_is_not_logged_as_a_problem(harness: Harness, lines: Lines) -> None:
    harness.sign_in("dave@example.com", groups=["others"])
    assert harness.browser.get(OPEN).status == 403
    harness.browser.cookies.clear()
    harness.sign_in("dave@example.com", groups=[])
    assert harness.browser.get(OPEN).status == 403
    assert _warnings(lines) == []


@pytest.mark.parametrize("path", [OPEN, "/open", "/open/no-such-notebook"])
def test_a_person_whose_groups_were_not_sent_is_told_what_helps(harness: Harness, path: str) -> None:
    harness.sign_in("dave@example.com", **ENTRA)
    page = harness.browser.get(path)
    assert page.status == 403
    assert "send only the groups assigned to this application" in page.body
    assert "identity.groups" not in page.body
    assert harness.browser.get(path, headers=JSON).json["error"] == "groups_not_sent"


def test_a_bearer_whose_groups_were_not_sent_gets_the_same_error(harness: Harness, lines: Lines) -> None:
    token = harness.issuer.token(email="dave@example.com", email_verified=True, **ENTRA)
    answer = harness.browser.get(OPEN, headers={**JSON, "Authorization": f"Bearer {token}"})
    assert (answer.status, answer.json["error"]) == (403, "groups_not_sent")
    assert len(_warnings(lines)) == 1


def test_a_pointer_for_another_claim_is_ignored(harness: Harness) -> None:
    harness.configure(GATE_GROUPS_CLAIM="roles")
    harness.sign_in("dave@example.com", hasgroups=True, **ENTRA)
    assert harness.browser.get(OPEN, headers=JSON).json["error"] == "not_granted"


def test_groups_that_were_sent_with_a_pointer_count(harness: Harness) -> None:
    harness.sign_in("dave@example.com", groups=["data-science"], **ENTRA)
    assert harness.browser.get(OPEN).status == 302


def test_without_patterns_groups_are_neither_read_nor_missed(harness: Harness, lines: Lines) -> None:
    harness.configure(GATE_GROUPS="")
    for claims in (ENTRA, {"groups": 7}, {}, {"groups": ["data-science"]}):
        browser = Browser(harness.browser.base_url)
        assert harness.sign_in("dave@example.com", browser=browser, **claims).status == 302
        assert browser.get(OPEN, headers=JSON).json["error"] == "not_granted"
        assert "could not be read" not in browser.get("/").body
    assert _warnings(lines) == []


# The page of notebooks -----------------------------------------------------------------------------------------------


def test_the_page_lists_the_groups_that_match_a_pattern(harness: Harness) -> None:
    harness.configure(GATE_GROUPS="data-*,<*")
    harness.sign_in("bob@example.com", groups=["data-science", "others", "<b>x</b>"])
    page = harness.browser.get("/").body
    assert "<code>data-science</code>" in page
    assert "<code>&lt;b&gt;x&lt;/b&gt;</code>" in page
    assert "others" not in page
    assert "groups that count here</summary>" not in page
    assert "could not be read" not in page


def test_many_groups_are_collapsed_on_the_page(harness: Harness) -> None:
    harness.sign_in("bob@example.com", groups=[f"team-{number}" for number in range(40)])
    page = harness.browser.get("/").body
    assert "<summary>Your 40 groups that count here</summary>" in page
    assert "<code>team-39</code>" in page


@pytest.mark.parametrize(
    ("claims", "note"),
    [
        (ENTRA, "you are in so many"),
        ({"groups": 7}, "Tell your platform team"),
        ({}, None),
        ({"groups": []}, None),
    ],
)
def test_the_page_says_when_groups_could_not_be_read(
    harness: Harness, claims: dict[str, object], note: str | None
) -> None:
    harness.sign_in("bob@example.com", **claims)
    page = harness.browser.get("/").body
    assert "bob-notebook" in page
    assert ("could not be read" in page) is (note is not None)
    assert note is None or note in page
