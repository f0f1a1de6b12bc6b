"""The names that `{user}` stands for: who has one, and that two people never have the same one."""

import re
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from gate.values.caller import Caller, Via, normal_address
from gate.values.errors.notebook import InvalidNotebookNameError
from gate.values.notebook import Notebook
from gate.values.user_name import UserNames

ADDRESSES = UserNames(source="address", domain="example.com")
CLAIM = UserNames(source="claim", separator="-")


def _caller(name: str, via: Via = "session", **others: Any) -> Caller:
    return Caller(f"user:{name}", (), via, "203.0.113.7", 0, **others)


@pytest.mark.parametrize(
    ("rule", "value", "name"),
    [
        (ADDRESSES, "alice@example.com", "alice"),
        (ADDRESSES, "alice.smith@example.com", "alice-smith"),
        (ADDRESSES, "a..b@example.com", "a--b"),
        (UserNames(source="address", domain="example.com", separator="_"), "a_b@example.com", "a-b"),
        (UserNames(source="address", domain="example.com", separator="-"), "a-b@example.com", "a-b"),
        (CLAIM, "alice", "alice"),
        (CLAIM, "7f6d8c1e-93e5-4b1e-8f0a-6c2b9a1d4e5f", "7f6d8c1e-93e5-4b1e-8f0a-6c2b9a1d4e5f"),
        # Addresses that would become the name of somebody else.
        (ADDRESSES, "alice@example.org", ""),
        (ADDRESSES, "alice@mail.example.com", ""),
        (ADDRESSES, "alice@example.com.evil.example", ""),
        (ADDRESSES, "alice-smith@example.com", ""),
        (ADDRESSES, "alice_smith@example.com", ""),
        (ADDRESSES, "alice+smith@example.com", ""),
        (ADDRESSES, "alice'smith@example.com", ""),
        (ADDRESSES, "alice/smith@example.com", ""),
        (ADDRESSES, "{user}@example.com", ""),
        (ADDRESSES, ".alice@example.com", ""),
        (ADDRESSES, "alice.@example.com", ""),
        (ADDRESSES, "élise@example.com", ""),
        (ADDRESSES, "\u0430lice@example.com", ""),  # a Cyrillic letter
        (ADDRESSES, "alice", ""),
        (CLAIM, "Alice", ""),  # other than alice, where the provider distinguishes them
        (CLAIM, "alice.smith", ""),
        (CLAIM, "alice@example.com", ""),
        (UserNames(), "alice@example.com", ""),
        (UserNames(), "alice", ""),
    ],
)
def test_names(rule: UserNames, value: str, name: str) -> None:
    assert rule.of(_caller(value)) == name


@pytest.mark.parametrize("via", ["slack", "iam", "ticket"])
def test_only_people_whom_the_provider_named_have_a_name(via: Via) -> None:
    assert ADDRESSES.of(_caller("alice@example.com", via)) == ""
    assert ADDRESSES.of(_caller("alice@example.com", "bearer")) == "alice"


LOCAL_PARTS = st.text(alphabet="ab.-_+A\u0430é'", min_size=1, max_size=5)


@given(LOCAL_PARTS, LOCAL_PARTS, st.sampled_from([".", "-", "_"]))
def test_two_people_never_have_one_name(one: str, other: str, separator: str) -> None:
    for rule, end in (
        (UserNames(source="address", domain="example.com", separator=separator), "@example.com"),
        (UserNames(source="claim", separator=separator), ""),
    ):
        people = {normal_address(each + end) if end else each for each in (one, other)}
        assume(len(people) == 2 and None not in people)
        names = [name for person in people if (name := rule.of(_caller(str(person))))]
        assert len(names) == len(set(names))
        assert all(re.fullmatch("[a-z0-9](-*[a-z0-9])*", name) for name in names)


@pytest.mark.parametrize(
    ("written", "notebook"),
    [
        ("{user}", "alice"),
        ("{user}-notebook", "alice-notebook"),
        ("studio:d-abc/{user}", "studio:d-abc/alice"),
        ("studio:d-abc/{user}/{user}-space", "studio:d-abc/alice/alice-space"),
        ("210987654321/eu-central-1/studio:d-abc/ds-{user}", "210987654321/eu-central-1/studio:d-abc/ds-alice"),
        ("alice-notebook", "alice-notebook"),
    ],
)
def test_a_grant_names_a_notebook_for_each_person(written: str, notebook: str) -> None:
    granted = Notebook.parse_granted(written)
    assert str(granted) == written
    assert granted.of_user("alice") == Notebook.parse(notebook)
    assert granted.of_user("") == (None if granted.is_for_users else granted)


@pytest.mark.parametrize(
    "written",
    [
        "studio:d-{user}/alice",
        "studio:{user}/alice",
        "{user}/eu-west-1/nb",
        "123456789012/{user}/nb",
        "123456789012/eu-{user}-1/nb",
        "12345678901{user}/eu-west-1/nb",
        "{user}:d-abc/alice",
        "{User}",
        "{user",
        "{{user}}",
        "{user.name}",
        "-{user}",
        "{user}-",
        "studio:d-abc/{user}/a/b",
    ],
)
def test_the_placeholder_stands_for_names_alone(written: str) -> None:
    with pytest.raises(InvalidNotebookNameError):
        Notebook.parse_granted(written)
    with pytest.raises(InvalidNotebookNameError):
        Notebook.parse(written)


def test_a_name_that_becomes_too_long_is_no_notebook() -> None:
    granted = Notebook.parse_granted("{user}-" + "n" * 50)
    assert granted.of_user("a" * 12) is not None
    assert granted.of_user("a" * 13) is None
