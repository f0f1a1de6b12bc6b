"""Groups in the shapes that providers send, and the grants that they match."""

import hashlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.container import get_gate
from gate.identity.groups import MAX_GROUPS, find_claim, read_groups
from gate.values.caller import normal_group
from testing.harness import Harness

OPEN = "/open/shared-notebook"


@pytest.mark.parametrize(
    ("value", "groups"),
    [
        (["a", "b"], ["a", "b"]),
        (["b", "a", "a"], ["a", "b"]),
        ([], []),
        ("a", ["a"]),
        ("a, b", ["a, b"]),
        ('["a", "b, c"]', ["a", "b, c"]),
        ("[]", []),
        ("[a, b]", ["a", "b"]),
        ("[a]", ["a"]),
        ("[ a ,b,, ]", ["a", "b"]),
        ("[1001, 1002]", ["1001", "1002"]),
        ("[a b, c/d]", ["a b", "c/d"]),
        ("[a", ["[a"]),
        ([{"name": "a"}, {"value": "b"}], ["a", "b"]),
        ([{"name": "a", "value": "b"}], ["a"]),
        ([{"name": 7, "value": "b"}], ["b"]),
        ([{"value": "9f3c", "display": "a"}], ["9f3c"]),
        ({"name": "a"}, ["a"]),
        ('[{"name": "a"}]', ["a"]),
        # Keycloak sends full paths.
        (["/teams/a", "a"], ["/teams/a", "a"]),
        # Unreadable entries are ignored, and an entry that looks like a list is a name.
        (["a", 7, None, ["b"], {"id": "c"}], ["a"]),
        (["[a, b]"], ["[a, b]"]),
        (["", " a", "a\u200b", "e\u0301"], ["\u00e9"]),
    ],
)
def test_groups_are_read_in_every_supported_shape(value: object, groups: list[str]) -> None:
    assert read_groups(value, ["*"]) == tuple(groups)


@pytest.mark.parametrize("value", [7, 1.5, True, {"a": True}, {}, [7], [["a"]], [{"id": "a"}], '[["a"]]', "[null]"])
def test_other_values_are_not_groups(value: object) -> None:
    assert read_groups(value, ["*"]) is None


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.sampled_from(["name", "value"]), inner),
    max_leaves=20,
)


@given(value=JSON_VALUES | st.text().map("[{}]".format) | JSON_VALUES.map(json.dumps))
def test_any_value_gives_normal_groups_or_none(value: Any) -> None:
    groups = read_groups(value, ["*"])
    assert groups is None or (isinstance(groups, tuple) and all(normal_group(group) == group for group in groups))


@given(claims=st.dictionaries(st.sampled_from(["a", "b", "a.b", ""]), JSON_VALUES), path=st.text("ab."))
def test_any_claims_can_be_searched(claims: dict[str, Any], path: str) -> None:
    find_claim(claims, path)


def test_the_number_of_groups_that_are_read_is_limited() -> None:
    names = [str(number) for number in range(MAX_GROUPS + 5)]
    assert len(read_groups(names, ["*"]) or ()) == MAX_GROUPS
    assert read_groups("[" * 200_000 + "]", ["*"]) is not None


@pytest.mark.parametrize(
    ("path", "claims", "groups"),
    [
        ("groups", {"groups": ["a"]}, ["a"]),
        ("realm_access.roles", {"realm_access": {"roles": ["a"]}}, ["a"]),
        ("realm_access.roles", {"realm_access.roles": ["b"], "realm_access": {"roles": ["a"]}}, ["b"]),
        ("https://corp.example/groups", {"https://corp.example/groups": ["a"]}, ["a"]),
        ("a.b.c", {"a": {"b": {"c": "x"}}}, "x"),
        ("a.b.c", {"a": {"b": ["c"]}}, None),
        ("a.b.c", {"a": 7}, None),
        ("groups", {"groups": None}, None),
    ],
)
def test_a_claim_is_found_by_its_name_or_its_path(path: str, claims: dict[str, Any], groups: object) -> None:
    assert find_claim(claims, path) == groups


@pytest.mark.parametrize(
    "groups", ["data-science", "[data-science, x]", '["data-science"]', [{"name": "data-science"}]]
)
def test_a_grant_to_a_group_works_in_every_shape_of_the_claim(harness: Harness, groups: object) -> None:
    harness.sign_in("bob@example.com", groups=groups)
    assert harness.browser.get(OPEN).status == 302


def test_a_grant_to_a_group_works_with_a_nested_claim(harness: Harness) -> None:
    harness.configure(GATE_GROUPS_CLAIM="realm_access.roles")
    harness.sign_in("bob@example.com", realm_access={"roles": ["data-science"]})
    assert harness.browser.get(OPEN).status == 302


def test_groups_that_match_no_pattern_are_ignored(harness: Harness) -> None:
    harness.configure(GATE_GROUPS="sagemaker-*,data-science")
    harness.aws.grant("group:sagemaker-x", "alice-notebook")
    harness.aws.grant("group:others", "alice-notebook")
    harness.sign_in("dave@example.com", groups=["others"])
    assert harness.browser.get("/open/alice-notebook").status == 403
    harness.configure()
    harness.sign_in("dave@example.com", groups=["others", "sagemaker-x"])
    assert harness.browser.get("/open/alice-notebook").status == 302


def test_a_person_in_a_hundred_groups_causes_few_calls(harness: Harness) -> None:
    harness.sign_in("bob@example.com", groups=["data-science", *(f"team-{number:03}" for number in range(99))])
    harness.aws.calls.clear()
    assert harness.browser.get("/open/shared-notebook").status == 302
    reads = harness.aws.called("batch_get_item")
    # The person, their groups, and two cutoffs: the person's own and everybody's.
    assert [len(read["RequestItems"]["grants"]["Keys"]) for read in reads] == [100, 3]
    harness.aws.calls.clear()
    assert harness.browser.get("/", headers={"Accept": "application/json"}).status == 200
    assert [len(read["Parameters"]) for read in harness.aws.called("execute_statement")] == [50, 50, 3]


def test_more_groups_than_a_cookie_can_hold_are_refused(harness: Harness) -> None:
    names = [hashlib.sha256(str(number).encode()).hexdigest() for number in range(400)]
    answer = harness.sign_in(groups=names)
    assert answer.status == 403
    assert "identity.groups" in answer.body
    assert harness.sign_in(groups=names[:60]).status == 302
    assert all(len(line) <= 4096 for line in harness.browser.cookies.values())


def test_a_groups_claim_without_names_gives_no_groups(harness: Harness) -> None:
    for groups in (7, {"data-science": True}, [["data-science"], None, 3, ""]):
        harness.sign_in("bob@example.com", groups=groups)
        assert harness.browser.get("/open/shared-notebook").status == 403
        harness.browser.cookies.clear()
    harness.sign_in("bob@example.com", groups="data-science")
    assert harness.browser.get("/open/shared-notebook").status == 302


def test_the_format_of_sessions_with_groups_is_unchanged(harness: Harness) -> None:
    """A new version signs nobody out, and does not mistake a group for the reason why the groups are unknown."""
    harness.sign_in("bob@example.com", groups=["data-science", "overage"])
    (value,) = (value for name, value in harness.browser.cookies.items() if "gate-session" in name)
    signer = get_gate().identity.sessions._signer
    assert signer.read(value) == ["bob@example.com", "data-science", "overage"]
    assert harness.browser.get(OPEN).status == 302
    assert "could not be read" not in harness.browser.get("/").body
