"""Notebooks in other accounts and regions, and cached credentials after a revocation."""

import json

import pytest

from testing.aws import refusal
from testing.environment import JSON
from testing.harness import Harness

LOCATION, SAME_ACCOUNT = "210987654321/eu-central-1", "123456789012/us-east-1"


@pytest.fixture
def remote(harness: Harness) -> Harness:
    harness.configure(
        GATE_REMOTE_LOCATIONS=f"{LOCATION},{SAME_ACCOUNT}", GATE_REMOTE_ROLE="gate-launch", GATE_EXTERNAL_ID="x-42"
    )
    harness.aws.notebooks["theirs"] = harness.aws.notebooks["far"] = "InService"
    harness.aws.grant("user:carol@example.com", f"{LOCATION}/theirs", power="start")
    harness.aws.grant("user:dan@example.com", f"{SAME_ACCOUNT}/far")
    harness.aws.grant("user:eve@example.com", "999999999999/eu-west-1/nowhere")
    return harness


def test_the_role_of_that_account_is_assumed_with_the_external_id(remote: Harness) -> None:
    answer = remote.sign_in("carol@example.com", "/open")
    answer = remote.browser.get(remote.browser.path_of(answer.location))
    assert answer.location.startswith("https://theirs.")
    (assumed,) = remote.aws.called("assume_role")
    assert assumed["RoleArn"] == "arn:aws:iam::210987654321:role/gate-launch"
    assert assumed["ExternalId"] == "x-42"
    arn = "arn:aws:sagemaker:eu-central-1:210987654321:notebook-instance/theirs"
    assert {each["Resource"] for each in json.loads(assumed["Policy"])["Statement"]} == {arn}
    assert remote.aws.regions[-1] == "eu-central-1"


def test_another_region_of_the_same_account_needs_no_other_role(remote: Harness) -> None:
    remote.sign_in("dan@example.com")
    remote.browser.get("/open")
    (assumed,) = remote.aws.called("assume_role")
    assert assumed["RoleArn"] == "arn:aws:iam::123456789012:role/launch"
    assert "ExternalId" not in assumed
    assert remote.aws.regions[-1] == "us-east-1"


def test_links_forms_and_state_contain_the_location(remote: Harness) -> None:
    remote.sign_in("carol@example.com")
    segment = f"{LOCATION.replace('/', '~')}~theirs"
    page = remote.browser.get("/").body
    assert f"/open/{segment}" in page
    remote.aws.notebooks["theirs"] = "Stopped"
    page = remote.browser.get("/").body
    assert f"/notebooks/{segment}/start" in page
    assert remote.browser.get(f"/notebooks/{segment}").json["notebook"] == f"{LOCATION}/theirs"
    assert remote.browser.post(f"/notebooks/{segment}/start").location.endswith(f"/open/{segment}")
    assert remote.browser.get(f"/open/{segment}").status == 202
    # The same name without a location is another notebook.
    assert remote.browser.get("/open/theirs", headers=JSON).json["error"] == "not_granted"


def test_a_sign_in_returns_to_a_remote_notebook(remote: Harness) -> None:
    path = f"/open/{LOCATION.replace('/', '~')}~theirs"
    assert remote.browser.path_of(remote.sign_in("carol@example.com", path).location) == path


def test_a_location_that_is_not_configured_has_its_own_error(remote: Harness) -> None:
    remote.sign_in("eve@example.com")
    answer = remote.browser.get("/open", headers=JSON)
    assert (answer.status, answer.json["error"]) == (404, "location_unknown")
    assert not remote.aws.called("assume_role")
    # A caller without a grant learns nothing about the settings.
    remote.browser.cookies.clear()
    remote.sign_in("alice@example.com")
    segment = "999999999999~eu-west-1~nowhere"
    assert remote.browser.get(f"/open/{segment}", headers=JSON).json["error"] == "not_granted"


def test_a_row_without_a_valid_notebook_does_not_affect_other_rows(harness: Harness) -> None:
    harness.aws.grant("user:alice@example.com", "not a name")
    harness.sign_in()
    assert harness.browser.get("/open").status == 302


def test_a_caller_with_access_again_gets_new_credentials(harness: Harness) -> None:
    harness.sign_in()
    assert harness.browser.get("/open").status == 302
    harness.aws.errors["create_presigned_notebook_instance_url"] = refusal("AccessDeniedException")
    harness.aws.error_counts = {"create_presigned_notebook_instance_url": 1}
    assert harness.browser.get("/open").status == 302
    assert len(harness.aws.called("assume_role")) == 2


def test_new_credentials_that_are_denied_are_not_retried(harness: Harness) -> None:
    harness.sign_in()
    harness.aws.errors["create_presigned_notebook_instance_url"] = refusal("AccessDeniedException")
    assert harness.browser.get("/open").status == 502
    assert len(harness.aws.called("create_presigned_notebook_instance_url")) == 1
