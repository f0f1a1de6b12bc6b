"""The states of user profiles and spaces of SageMaker Studio: what is opened, started and stopped in each."""

import json
import re

import pytest

from gate.launch.kinds.studio import DESCRIBE
from local.aws.studio_resources import App, Profile
from testing.harness import Harness
from testing.log_lines import Lines
from tests.unit.launch.studio_domain import (
    ALICE,
    APPS_ARN,
    HOME,
    HOME_PATH,
    JSON,
    PREFIX,
    PROFILE_ARN,
    SPACE,
    SPACE_ARN,
    SPACE_PATH,
    change_space,
    presigned,
)


@pytest.mark.parametrize(
    ("status", "code", "reason"),
    [
        (None, 409, "notebook_stopped"),
        ("Deleted", 409, "notebook_stopped"),
        ("Pending", 202, "notebook_starting"),
        ("Deleting", 409, "notebook_stopping"),
        ("Failed", 409, "notebook_failed"),
        ("SomethingNew", 409, "notebook_busy"),
    ],
)
def test_no_url_is_created_for_a_space_whose_application_does_not_run(
    studio: Harness, status: str | None, code: int, reason: str
) -> None:
    change_space(studio, app=status and App(status, 0, "ml.t3.medium"))
    answer = studio.browser.get(SPACE_PATH, headers=JSON)
    assert (answer.status, answer.json["error"], answer.json["state"]) == (code, reason, status or "Deleted")
    page = studio.browser.get(SPACE_PATH)
    assert (page.status, f'data-state="{status or "Deleted"}"' in page.body) == (code, True)
    assert not presigned(studio)


@pytest.mark.parametrize(
    ("status", "reason", "can_start"),
    [
        ("Pending", "notebook_busy", False),
        ("Updating", "notebook_busy", False),
        ("Deleting", "notebook_busy", False),
        ("Failed", "notebook_failed", False),
        ("Delete_Failed", "notebook_failed", False),
        ("Update_Failed", "notebook_stopped", True),
    ],
)
def test_a_space_that_cannot_be_used_is_not_offered_to_start(
    studio: Harness, status: str, reason: str, can_start: bool
) -> None:
    studio.aws.grant(ALICE, SPACE, power="start")
    change_space(studio, status=status, app=None)
    assert studio.browser.get(SPACE_PATH, headers=JSON).json["error"] == reason
    assert ("Start and open" in studio.browser.get(SPACE_PATH).body) is can_start


def test_auto_start_creates_the_application_with_the_resources_of_the_space(studio: Harness) -> None:
    studio.aws.grant(ALICE, SPACE, power="auto-start")
    change_space(studio, app=None, app_type="CodeEditor", instance_type="ml.m5.large")
    assert studio.browser.get(SPACE_PATH).status == 202
    assert studio.aws.called("create_app") == [
        {
            "DomainId": "d-abc",
            "SpaceName": "churn",
            "AppType": "CodeEditor",
            "AppName": "default",
            "ResourceSpec": {"InstanceType": "ml.m5.large"},
        }
    ]


def test_a_space_is_started_and_stopped_from_the_page(studio: Harness) -> None:
    studio.aws.grant(ALICE, SPACE, power="start-stop")
    state = "/notebooks/studio~d-abc~alice~churn"
    assert studio.browser.post(f"{state}/stop").status == 303
    assert studio.browser.get(state).json["status"] == "stopping"
    assert studio.browser.post(f"{state}/stop").status == 303  # has no effect
    change_space(studio, app=App("Deleted", 0, ""))
    assert studio.browser.post(f"{state}/start").location.endswith(SPACE_PATH)
    assert studio.browser.get(state).json["status"] == "starting"
    assert studio.browser.post(f"{state}/start").location.endswith("/")  # has no effect


def test_a_user_profile_is_listed_as_ready_and_has_nothing_to_start(studio: Harness) -> None:
    studio.aws.grant(ALICE, HOME, power="start-stop")
    rows = {row["notebook"]: row for row in studio.browser.get("/", headers=JSON).json["notebooks"]}
    assert {name: row["status"] for name, row in rows.items()} == {HOME: "ready", SPACE: "running"}
    page = studio.browser.get("/").body
    assert re.search(r"<strong>Ready</strong> since <time [^·]*</time></p>", page)  # there is no machine to name
    assert f"{HOME}</button>" not in page
    for verb in ("start", "stop"):
        assert studio.browser.post(f"/notebooks/studio~d-abc~alice/{verb}").status == 403


def test_the_list_describes_both_kinds_with_credentials_of_their_own(studio: Harness) -> None:
    studio.aws.grant(ALICE, "alice-notebook")
    studio.browser.get("/")
    policies = [json.loads(call["Policy"])["Statement"][0] for call in studio.aws.called("assume_role")]
    by_action = {str(policy["Action"]): set(policy["Resource"]) for policy in policies}
    assert by_action == {
        "sagemaker:DescribeNotebookInstance": {f"{PREFIX}notebook-instance/alice-notebook"},
        str(list(DESCRIBE)): {PROFILE_ARN, SPACE_ARN, APPS_ARN},
    }


@pytest.mark.parametrize("path", [HOME_PATH, SPACE_PATH])
def test_a_missing_user_profile_or_space_is_reported(studio: Harness, path: str) -> None:
    studio.aws.studio.profiles.clear()
    assert studio.browser.reason(path) == "notebook_missing"
    studio.aws.studio.spaces.clear()
    assert studio.browser.reason(SPACE_PATH) == "notebook_missing"


def test_a_user_profile_that_is_being_deleted_is_not_opened(studio: Harness) -> None:
    studio.aws.studio.profiles["d-abc", "alice"] = Profile("Deleting")
    rows = studio.browser.get("/", headers=JSON).json["notebooks"]
    assert [row["status"] for row in rows if row["notebook"] == HOME] == ["deleting"]


def test_why_an_application_failed_is_told_to_people_in_short_and_logged_in_full(studio: Harness, lines: Lines) -> None:
    text = "LifecycleConfig arn:aws:sagemaker:eu-west-1:1:studio-lifecycle-config/setup ended with code 1"
    change_space(studio, app=App("Failed", 0, "", text))
    answer = studio.browser.get(SPACE_PATH, headers=JSON)
    assert (answer.json["failure"], text in answer.body) == ("lifecycle", False)
    (logged,) = [line for line in map(json.loads, lines.texts) if line["message"] == "a notebook has failed"]
    assert logged["failure_reason"] == text
