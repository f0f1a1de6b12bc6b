"""The normal form of principals: what a caller has, and what `gate` writes, are one."""

from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.identity.iam import iam_caller
from gate.identity.principal import normal_principal
from grant_schema.principal import parse_principal
from tests.unit.conftest import Browser, Harness

ACCOUNT = "arn:aws:iam::123456789012"
SSO = f"{ACCOUNT}:role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_X_0123"


@pytest.mark.parametrize(
    ("typed", "normal"),
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
        ("iam:arn:aws:sts::123456789012:assumed-role/Batch/x", None),  # a session, not what it is a session of
        ("group:", None),
        ("group: x", None),
        ("ann@example.com", None),
        ("", None),
    ],
)
def test_principals_have_one_normal_form(typed: str, normal: str | None) -> None:
    assert normal_principal(typed) == normal


SEGMENT = st.text(st.sampled_from("aB0+=,.@_-"), min_size=1, max_size=8)


@given(path=st.lists(SEGMENT, max_size=4), name=SEGMENT, session=st.text(st.sampled_from("aB0=,.@-"), min_size=2))
def test_a_role_however_it_is_typed_is_what_its_callers_are(path: list[str], name: str, session: str) -> None:
    arn = f"arn:aws:sts::123456789012:assumed-role/{name}/{session}"
    signed: Any = SimpleNamespace(iam_arn=arn, address="203.0.113.7")
    typed = f"iam:{ACCOUNT}:role/{'/'.join([*path, name])}"
    assert parse_principal(typed) == iam_caller(signed, user_roles=(), now=0.0).subject


@given(text=st.text(max_size=40) | st.from_regex(r"(user|group|iam|slack):.{1,40}", fullmatch=True))
def test_the_normal_form_is_its_own(text: str) -> None:
    normal = normal_principal(text)
    if normal is not None:
        assert normal_principal(normal) == normal


def test_a_grant_to_a_group_in_another_spelling_is_given_to_the_one_that_the_function_compares(
    harness: Harness,
) -> None:
    harness.aws.grant(parse_principal("group:e\u0301quipe"), "third-notebook")
    harness.aws.notebooks["third-notebook"] = "InService"
    for group in ("\u00e9quipe", "e\u0301quipe"):
        browser = Browser(harness.browser.base_url)
        harness.sign_in(browser=browser, groups=[group])
        assert browser.get("/open/third-notebook").status == 302


@pytest.mark.parametrize("group", ["x ", " x", "x\u200b", "x\n", "x" * 513])
def test_a_group_that_no_grant_can_be_given_to_counts_for_nothing(harness: Harness, group: str) -> None:
    """So that what `gate doctor` says of such a row is so, also of one that somebody wrote by hand."""
    assert normal_principal(f"group:{group}") is None
    harness.aws.grant(f"group:{group}", "third-notebook")
    harness.aws.notebooks["third-notebook"] = "InService"
    harness.sign_in(groups=[group, "data-science"])
    assert harness.browser.get("/open/third-notebook").status == 403
    assert harness.browser.get("/open/shared-notebook").status == 302


def test_a_grant_to_a_role_with_a_path_lets_its_sessions_in(harness: Harness) -> None:
    harness.aws.grant(parse_principal(f"iam:{SSO}"), "third-notebook")
    harness.aws.notebooks["third-notebook"] = "InService"
    session = "arn:aws:sts::123456789012:assumed-role/AWSReservedSSO_X_0123/ann"
    assert harness.browser.get("/iam/open/third-notebook", iam=session).status == 302


def test_a_grant_to_an_iam_user_keeps_the_path_that_api_gateway_tells(harness: Harness) -> None:
    arn = f"{ACCOUNT}:user/division/ann"
    harness.aws.grant(parse_principal(f"iam:{arn}"), "third-notebook")
    harness.aws.notebooks["third-notebook"] = "InService"
    assert harness.browser.get("/iam/open/third-notebook", iam=arn).status == 302
    assert harness.browser.get("/iam/open/third-notebook", iam=f"{ACCOUNT}:user/ann").status == 403
