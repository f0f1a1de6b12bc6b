"""The identification of callers by IAM."""

import pytest

from gate.values.principal import role_arn
from testing.harness import Harness

ACCOUNT = "123456789012"
PEOPLE = f"arn:aws:sts::{ACCOUNT}:assumed-role/People"


@pytest.mark.parametrize(
    ("arn", "principal"),
    [
        (f"arn:aws:iam::{ACCOUNT}:user/scripts", f"iam:arn:aws:iam::{ACCOUNT}:user/scripts"),
        (f"arn:aws:sts::{ACCOUNT}:assumed-role/Batch/i-0abc", f"iam:arn:aws:iam::{ACCOUNT}:role/Batch"),
        (f"{PEOPLE}/alice@example.com", "user:alice@example.com"),
        (f"{PEOPLE}/ALICE@Example.com", "user:alice@example.com"),
        ("arn:aws-cn:sts::123456789012:assumed-role/Batch/x", "iam:arn:aws-cn:iam::123456789012:role/Batch"),
    ],
)
def test_a_signed_request_has_the_principal_of_its_arn(harness: Harness, arn: str, principal: str) -> None:
    harness.aws.table.clear()
    harness.aws.grant(principal, "alice-notebook")
    answer = harness.browser.get("/iam/open/alice-notebook", iam=arn)
    assert answer.status == 302
    assert answer.location.startswith("https://alice-notebook.")


@pytest.mark.parametrize(
    "arn",
    [
        "arn:aws:sts::999999999999:assumed-role/People/alice@example.com",  # a role of the same name in another account
        f"arn:aws:sts::{ACCOUNT}:assumed-role/Mallory/alice@example.com",  # a session name that the caller chose
        f"arn:aws:sts::{ACCOUNT}:assumed-role/people/alice@example.com",
        f"arn:aws:iam::{ACCOUNT}:user/alice@example.com",
        f"arn:aws:sts::{ACCOUNT}:federated-user/alice@example.com",
        f"arn:aws-cn:sts::{ACCOUNT}:assumed-role/People/alice@example.com",
    ],
)
def test_a_session_name_counts_only_for_listed_roles(harness: Harness, arn: str) -> None:
    assert harness.browser.get("/iam/open/alice-notebook", iam=arn).status == 403
    assert not harness.aws.called("assume_role")


@pytest.mark.parametrize("arn", [None, "", f"{PEOPLE}/no-address", f"{PEOPLE}/a@b@c"])
def test_a_request_without_a_usable_identity_is_refused(harness: Harness, arn: str | None) -> None:
    harness.sign_in()  # a session does not count on this route
    answer = harness.browser.get("/iam/open/alice-notebook", iam=arn, headers={"Accept": "application/json"})
    assert (answer.status, answer.json["error"]) == (403, "unknown_iam_caller")


def test_an_iam_identity_is_ignored_on_other_routes(harness: Harness) -> None:
    answer = harness.browser.get("/open/alice-notebook", iam=f"{PEOPLE}/alice@example.com")
    assert answer.location.startswith(f"{harness.browser.base_url}/login")


def test_roles_are_compared_without_their_path() -> None:
    assert role_arn(f"arn:aws:iam::{ACCOUNT}:role/aws-reserved/sso.amazonaws.com/x/Y") == (
        f"arn:aws:iam::{ACCOUNT}:role/Y"
    )
    assert role_arn(f"arn:aws:iam::{ACCOUNT}:user/a/b") == f"arn:aws:iam::{ACCOUNT}:user/a/b"
