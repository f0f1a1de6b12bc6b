"""The normal form of principals, which is the same for callers and for grants that `gate` writes."""

from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.grant_schema.principal import parse_principal
from gate.identity.iam import iam_caller
from gate.values.principal import normal_principal
from testing.harness import Browser, Harness

ACCOUNT = "arn:aws:iam::123456789012"
SSO = f"{ACCOUNT}:role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_X_0123"


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        (f"iam:{SSO}", f"iam:{ACCOUNT}:role/AWSReservedSSO_X_0123"),
        (f"iam:{ACCOUNT}:role/teams/ml/Batch", f"iam:{ACCOUNT}:role/Batch"),
        (f"iam:{ACCOUNT}:role/Batch", f"iam:{ACCOUNT}:role/Batch"),
        ("iam:arn:aws-cn:iam::123456789012:role/a/B", "iam:arn:aws-cn:iam::123456789012:role/B"),
        (f"iam:{ACCOUNT}:role/odd!path/with:these/B", f"iam:{ACCOUNT}:role/B"),
        (f"iam:{ACCOUNT}:user/division/ann", f"iam:{ACCOUNT}:user/division/ann"),
        (f"iam:{ACCOUNT}:user/ann", f"iam:{ACCOUNT}:user/ann"),
        ("group:\u00e9quipe", "group:\u00e9quipe"),
        ("group:e\u0301quipe", "group:\u00e9quipe"),
        ("slack:T0TEAM/U0ANN", "slack:T0TEAM/U0ANN"),
        ("user:ann@example.com", "user:ann@example.com"),
        ("user:Ann@Example.COM", "user:ann@example.com"),
        ("user:\u212aim@example.com", None),  # a Kelvin sign
        ("user:alice", "user:alice"),
        ("user:00uA1b2", "user:00uA1b2"),  # `sub` is case-sensitive
        ("user:auth0|5f7c", "user:auth0|5f7c"),
        ("user:rene\u0301", "user:ren\u00e9"),
        ("user:alice ", None),
        ("user:al\u200bice", None),
        ("user:", None),
        ("user:a@b@c", None),
        ("user:alice@", None),
        (f"iam:{ACCOUNT}:role/", None),
        (f"iam:{ACCOUNT}:role/path/", None),
        (f"iam:{ACCOUNT}:group/x", None),
        ("iam:arn:aws:sts::123456789012:assumed-role/Batch/x", None),  # a session, and not its role
        ("group:", None),
        ("group: x", None),
        ("ann@example.com", None),
        ("", None),
    ],
)
def test_principals_have_one_normal_form(text: str, normal: str | None) -> None:
    assert normal_principal(text) == normal


SEGMENT = st.text(st.sampled_from("aB0+=,.@_-"), min_size=1, max_size=8)


@given(path=st.lists(SEGMENT, max_size=4), name=SEGMENT, session=st.text(st.sampled_from("aB0=,.@-"), min_size=2))
def test_a_role_in_any_spelling_is_the_principal_of_its_callers(path: list[str], name: str, session: str) -> None:
    arn = f"arn:aws:sts::123456789012:assumed-role/{name}/{session}"
    signed: Any = SimpleNamespace(iam_arn=arn, address="203.0.113.7")
    principal = f"iam:{ACCOUNT}:role/{'/'.join([*path, name])}"
    assert parse_principal(principal) == iam_caller(signed, user_roles=(), now=0.0).subject


@given(text=st.text(max_size=40) | st.from_regex(r"(user|group|iam|slack):.{1,40}", fullmatch=True))
def test_the_normal_form_is_idempotent(text: str) -> None:
    normal = normal_principal(text)
    if normal is not None:
        assert normal_principal(normal) == normal


def test_a_grant_to_a_group_in_another_spelling_applies(
    harness: Harness,
) -> None:
    harness.aws.grant(parse_principal("group:e\u0301quipe"), "third-notebook")
    harness.aws.notebooks["third-notebook"] = "InService"
    for group in ("\u00e9quipe", "e\u0301quipe"):
        browser = Browser(harness.browser.base_url)
        harness.sign_in(browser=browser, groups=[group])
        assert browser.get("/open/third-notebook").status == 302


@pytest.mark.parametrize("group", ["x ", " x", "x\u200b", "x\n", "x" * 513])
def test_a_group_with_an_invalid_name_is_ignored(harness: Harness, group: str) -> None:
    """`gate doctor` reports such a row as without effect. It must be right about rows that were written by hand."""
    assert normal_principal(f"group:{group}") is None
    harness.aws.grant(f"group:{group}", "third-notebook")
    harness.aws.notebooks["third-notebook"] = "InService"
    harness.sign_in(groups=[group, "data-science"])
    assert harness.browser.get("/open/third-notebook").status == 403
    assert harness.browser.get("/open/shared-notebook").status == 302


def test_a_grant_to_a_role_with_a_path_applies_to_its_sessions(harness: Harness) -> None:
    harness.aws.grant(parse_principal(f"iam:{SSO}"), "third-notebook")
    harness.aws.notebooks["third-notebook"] = "InService"
    session = "arn:aws:sts::123456789012:assumed-role/AWSReservedSSO_X_0123/ann"
    assert harness.browser.get("/iam/open/third-notebook", iam=session).status == 302


def test_a_grant_to_an_iam_user_keeps_the_path(harness: Harness) -> None:
    arn = f"{ACCOUNT}:user/division/ann"
    harness.aws.grant(parse_principal(f"iam:{arn}"), "third-notebook")
    harness.aws.notebooks["third-notebook"] = "InService"
    assert harness.browser.get("/iam/open/third-notebook", iam=arn).status == 302
    assert harness.browser.get("/iam/open/third-notebook", iam=f"{ACCOUNT}:user/ann").status == 403
