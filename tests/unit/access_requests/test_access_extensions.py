"""More access is never less: an approved request keeps the later end, and what an operator gave or edited."""

from typing import Any

import pytest

from testing.asking import JSON, ask, browser_of, post
from testing.harness import Harness

ALICE = "user:alice@example.com"


def _allowed(asking: Harness, seconds: int) -> str:
    """Ask for `seconds` and allow it; return the path of the request."""
    path = ask(browser_of(asking, "alice@example.com"), seconds=seconds)
    answer = post(browser_of(asking, "dana@example.com"), path, decision="allow", seconds=seconds)
    assert answer.status == 303
    return path


def _grant(asking: Harness) -> dict[str, Any]:
    grant = asking.aws.table.row(ALICE, "bob-notebook")
    assert grant
    return grant


@pytest.mark.parametrize(("first", "second", "kept"), [(28_800, 3_600, True), (3_600, 28_800, False)])
def test_an_extension_keeps_the_later_end(asking: Harness, first: int, second: int, kept: bool) -> None:
    start = int(asking.clock())
    _allowed(asking, first)
    earlier = _grant(asking)
    asking.clock.now += 60
    path = _allowed(asking, second)
    assert int(_grant(asking)["until"]["N"]) == max(start + first, start + 60 + second)
    assert (_grant(asking) == earlier) == kept
    for person in ("alice@example.com", "dana@example.com"):
        browser = browser_of(asking, person)
        shown = browser.get("/requests" if person.startswith("alice") else path).body
        assert ("the end of the earlier access, which is later" in shown) == kept
    assert browser.get(path, headers=JSON).json["until"] == int(_grant(asking)["until"]["N"])


def test_after_its_end_earlier_access_does_not_count(asking: Harness) -> None:
    _allowed(asking, 3_600)
    asking.clock.now += 3_600
    _allowed(asking, 3_600)
    assert int(_grant(asking)["until"]["N"]) == int(asking.clock()) + 3_600


@pytest.mark.parametrize(
    ("edit", "replaced"),
    [
        ({}, True),
        ({"owner": {"BOOL": True}}, False),
        ({"session": {"N": "1800"}}, False),
        ({"until": None}, False),
        ({"request_id": None, "granted_by": None, "reason": None}, False),
    ],
)
def test_a_grant_that_an_operator_edited_is_theirs(asking: Harness, edit: dict[str, Any], replaced: bool) -> None:
    _allowed(asking, 3_600)
    path = ask(browser_of(asking, "alice@example.com"), seconds=28_800)
    edited = {name: value for name, value in {**_grant(asking), **edit}.items() if value is not None}
    asking.aws.table.put(edited)
    dana = browser_of(asking, "dana@example.com")
    answer = post(dana, path, decision="allow", seconds=28_800)
    assert (answer.status, _grant(asking) != edited) == ((303, True) if replaced else (409, False))
