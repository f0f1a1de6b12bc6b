"""Opening, starting and stopping user profiles and spaces of SageMaker Studio."""

import json
from typing import cast, get_args

import pytest

from gate.launch.allowed_sources import AllowedSources
from gate.launch.kinds.studio import DESCRIBE, OPEN, START, STOP, Studio
from gate.launch.policy import MAX_POLICY_LENGTH, session_policy
from gate.values.errors.upstream import PolicyTooLargeError
from gate.values.grant import Grant, Power
from gate.values.notebook import Notebook
from local.aws.studio_resources import Profile
from testing.harness import Harness
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


def test_a_space_is_opened_in_its_application_for_a_minute(studio: Harness) -> None:
    answer = studio.browser.get(SPACE_PATH)
    assert (answer.status, answer.location.startswith("https://d-abc.alice.churn.studio")) == (302, True)
    assert presigned(studio) == [
        {
            "DomainId": "d-abc",
            "UserProfileName": "alice",
            "SpaceName": "churn",
            "LandingUri": "app:JupyterLab:",
            "ExpiresInSeconds": 60,
            "SessionExpirationDurationInSeconds": 43_200,
        }
    ]
    assert studio.browser.get(SPACE_PATH, headers=JSON).json["expires_in"] == 60


def test_a_user_profile_is_opened_in_studios_home(studio: Harness) -> None:
    assert studio.browser.get(HOME_PATH).status == 302
    (call,) = presigned(studio)
    assert call["LandingUri"] == "studio::"
    assert "SpaceName" not in call


def test_the_colon_may_stay_in_the_address_and_the_case_does_not_matter(studio: Harness) -> None:
    for path in ("/open/studio:d-abc~alice~churn", "/open/studio~d-abc~Alice~CHURN", "/open/studio%3Ad-abc~alice"):
        assert studio.browser.get(path).status == 302


def test_calls_use_the_names_as_the_grant_writes_them(studio: Harness) -> None:
    studio.aws.table.clear()
    studio.aws.grant(ALICE, "studio:d-abc/Alice/Churn")
    assert studio.browser.get(SPACE_PATH).status == 302
    (call,) = presigned(studio)
    assert (call["UserProfileName"], call["SpaceName"]) == ("Alice", "Churn")
    # SageMaker's ARNs have the names in lower case.
    assert SPACE_ARN in studio.aws.called("assume_role")[0]["Policy"]


def test_the_session_policy_names_one_user_profile_and_one_space(studio: Harness) -> None:
    studio.aws.grant(ALICE, SPACE, power="start-stop")
    studio.browser.get(SPACE_PATH)
    policy = json.loads(studio.aws.called("assume_role")[0]["Policy"])
    addresses = {"IpAddress": {"aws:SourceIp": ["203.0.113.7/32", "198.51.100.10/32"]}}
    assert policy["Statement"] == [
        {"Effect": "Allow", "Action": OPEN, "Resource": [PROFILE_ARN, SPACE_ARN], "Condition": addresses},
        {"Effect": "Allow", "Action": [*DESCRIBE, START, STOP], "Resource": [PROFILE_ARN, SPACE_ARN, APPS_ARN]},
    ]


@pytest.mark.parametrize("power", get_args(Power))
def test_power_allows_creating_and_deleting_the_application(power: Power) -> None:
    notebook = Notebook.parse(SPACE)
    grant = Grant(ALICE, notebook, 1800, power=power)
    arns = Studio().arns(notebook, PREFIX)
    manage = json.loads(session_policy(Studio(), arns, grant, None))["Statement"][1]["Action"]
    assert (START in manage, STOP in manage) == (power != "none", power in ("start-stop", "auto-start"))


@pytest.mark.parametrize(
    ("path", "view", "landing"),
    [
        (SPACE_PATH, "jupyterlab", "app:JupyterLab:"),
        (SPACE_PATH, "code-editor", None),
        (SPACE_PATH, "lab", None),
        (SPACE_PATH, "studio", None),
        (HOME_PATH, "studio", "studio::"),
        (HOME_PATH, "canvas", "app:Canvas:"),
        (HOME_PATH, "rstudio", "app:RStudioServerPro:"),
        (HOME_PATH, "classic", "app:JupyterServer:"),
        (HOME_PATH, "jupyterlab", None),
        (HOME_PATH, "code-editor", None),
        (HOME_PATH, "lab", None),
        ("/open/alice-notebook", "jupyterlab", None),
    ],
)
def test_a_view_opens_its_application_or_is_refused(studio: Harness, path: str, view: str, landing: str | None) -> None:
    studio.aws.grant(ALICE, "alice-notebook")
    answer = studio.browser.get(f"{path}?view={view}", headers=JSON)
    if landing is None:
        assert (answer.status, answer.json["error"], presigned(studio)) == (400, "invalid_view", [])
    else:
        assert (answer.status, [call["LandingUri"] for call in presigned(studio)]) == (200, [landing])


def test_the_view_of_a_grant_that_does_not_fit_is_ignored(studio: Harness) -> None:
    studio.aws.grant(ALICE, SPACE, view="code-editor")
    studio.aws.grant(ALICE, HOME, view="lab")
    assert studio.browser.get(SPACE_PATH).status == studio.browser.get(HOME_PATH).status == 302
    assert [call["LandingUri"] for call in presigned(studio)] == ["app:JupyterLab:", "studio::"]
    studio.aws.grant(ALICE, HOME, view="canvas")
    studio.browser.get(HOME_PATH)
    assert presigned(studio)[-1]["LandingUri"] == "app:Canvas:"


def test_a_private_space_of_somebody_else_is_refused_and_a_shared_one_is_not(studio: Harness) -> None:
    studio.aws.grant(ALICE, SPACE, power="start-stop")
    change_space(studio, owner="bob")
    assert studio.browser.reason(SPACE_PATH) == "other_profile"
    for verb in ("start", "stop"):
        assert studio.browser.post(f"/notebooks/studio~d-abc~alice~churn/{verb}").status == 403
    assert not presigned(studio)
    assert not studio.aws.called("delete_app")
    change_space(studio, owner="")
    assert studio.browser.get(SPACE_PATH).status == 302


@pytest.mark.parametrize("path", [HOME_PATH, SPACE_PATH])
def test_a_domain_that_signs_in_with_identity_center_says_where_to_go(studio: Harness, path: str) -> None:
    studio.aws.studio.profiles["d-abc", "alice"] = Profile(identity_center_user="alice")
    answer = studio.browser.get(path, headers=JSON)
    assert (answer.status, answer.json["error"]) == (409, "identity_center")


@pytest.mark.parametrize(
    ("domains", "reason"),
    [("", "location_unknown"), ("d-other", "location_unknown"), ("210987654321/eu-west-1/d-abc", "location_unknown")],
)
def test_only_the_domains_of_the_settings_are_opened(studio: Harness, domains: str, reason: str) -> None:
    studio.configure(
        GATE_STUDIO_DOMAINS=domains,
        GATE_REMOTE_LOCATIONS="210987654321/eu-west-1",
        GATE_REMOTE_ROLE="gate-launch",
        GATE_EXTERNAL_ID="external-id",
    )
    studio.sign_in()
    assert studio.browser.reason(SPACE_PATH) == reason
    assert not studio.aws.called("assume_role")


def test_a_domain_in_another_account_is_opened_with_its_role(studio: Harness) -> None:
    location = "210987654321/us-east-1"
    studio.configure(
        GATE_STUDIO_DOMAINS=f"{location}/d-abc",
        GATE_REMOTE_LOCATIONS=location,
        GATE_REMOTE_ROLE="gate-launch",
        GATE_EXTERNAL_ID="external-id",
    )
    studio.aws.grant(ALICE, f"{location}/{SPACE}")
    studio.sign_in()
    assert studio.browser.get("/open/210987654321~us-east-1~studio~d-abc~alice~churn").status == 302
    (assumed,) = studio.aws.called("assume_role")
    assert assumed["RoleArn"] == "arn:aws:iam::210987654321:role/gate-launch"
    assert "arn:aws:sagemaker:us-east-1:210987654321:space/d-abc/churn" in assumed["Policy"]
    assert studio.aws.regions[-1] == "us-east-1"


def test_the_longest_session_policy_with_the_usual_addresses_is_within_the_size_limit() -> None:
    notebook = Notebook.parse(f"studio:d-{'d' * 12}/{'p' * 63}/{'s' * 63}")  # SageMaker's ids have twelve characters
    arns = Studio().arns(notebook, "arn:aws-us-gov:sagemaker:us-gov-west-1:123456789012:")
    addresses = ["2001:1db8:1111:2222:3333:4444:5555:6666/128"] * 2
    sources = AllowedSources(addresses, addresses, ["vpce-0123456789abcdef0"] * 2)
    grant = Grant(ALICE, notebook, 1800, power=cast(Power, "start-stop"), until=4_102_444_800)
    assert len(session_policy(Studio(), arns, grant, sources)) <= MAX_POLICY_LENGTH
    # AWS would refuse a longer one with an error that says nothing.
    with pytest.raises(PolicyTooLargeError):
        session_policy(Studio(), arns, grant, AllowedSources(addresses * 4, addresses * 4, sources.endpoints))
