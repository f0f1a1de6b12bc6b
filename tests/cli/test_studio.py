"""`gate` for user profiles and spaces of SageMaker Studio."""

from pathlib import Path

import pytest

from local.deployment import LocalDeployment
from local.places import OUTSIDE
from testing.user import TestUser
from tests.cli.conftest import Gate

pytestmark = pytest.mark.usefixtures("as_new")

ALICE = "alice@example.com"
SPACE, FORECAST = "studio:d-local1/dave/churn-space", "studio:d-local1/dave/forecast"
BOOKMARK = "/open/studio:d-local1~dave~churn-space"
HERE = ("--from", "127.0.0.1")


def test_a_space_is_granted_explained_opened_and_revoked(gate: Gate, deployment: LocalDeployment) -> None:
    assert gate("explain", ALICE, SPACE, *HERE).code == 3
    assert gate("grants", "give", ALICE, SPACE, "--power", "start-stop", "--view", "jupyterlab").code == 0
    explained = gate("explain", ALICE, SPACE, *HERE)
    assert (explained.code, "It is running" in explained.out) == (0, True), explained.out
    alice = TestUser(deployment)
    assert alice.open(BOOKMARK, ALICE).status_code == 302
    revoked = gate("revoke", "--yes", ALICE)
    assert revoked.code == 0, revoked.err
    assert SPACE in revoked.out
    assert alice.open(BOOKMARK, ALICE).status_code == 401  # the sign-in from before has ended


def test_explain_says_which_address_may_use_a_space(gate: Gate) -> None:
    gate("grants", "give", ALICE, SPACE)
    elsewhere = gate("explain", ALICE, SPACE, "--opened-from", "127.0.0.1", "--used-from", OUTSIDE)
    assert (elsewhere.code, OUTSIDE in elsewhere.out) == (3, True)


def test_explain_tells_the_state_of_a_space(gate: Gate) -> None:
    gate("grants", "give", ALICE, FORECAST)
    explained = gate("explain", ALICE, FORECAST, *HERE)
    assert "It is stopped" in explained.out


def test_explain_knows_the_owner_of_a_private_space(gate: Gate) -> None:
    editor = "studio:d-local1/dave/editor"
    gate("grants", "give", ALICE, editor)
    explained = gate("explain", ALICE, editor, *HERE)
    assert (explained.code, "a private space of another user profile" in explained.out) == (3, True)


def test_explain_lets_a_user_profile_open_studios_home(gate: Gate) -> None:
    gate("grants", "give", ALICE, "studio:d-local1/dave")
    explained = gate("explain", ALICE, "studio:d-local1/dave", *HERE)
    assert (explained.code, "It is ready" in explained.out) == (0, True)


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        ((SPACE, "--view", "canvas"), "is not a view of studio:d-local1/dave/churn-space; write jupyterlab"),
        (("alice-notebook", "--view", "jupyterlab"), "is not a view of alice-notebook; write lab, classic"),
        (("studio:d-local1",), "is not a valid notebook name; write name, or studio:domain/profile/space"),
        (("studio:D-LOCAL1/dave",), "is not a valid notebook name"),
    ],
)
def test_a_grant_that_does_not_fit_names_the_mend(gate: Gate, words: tuple[str, ...], problem: str) -> None:
    refused = gate("grants", "give", ALICE, *words)
    assert (refused.code, problem in refused.err.replace("\n", " ")) == (1, True), refused.err


TEMPLATE, GROUP = "studio:d-local1/{user}", "group:studio-users"
ERIN = "erin@example.com"


def test_a_grant_for_a_group_says_what_it_becomes(gate: Gate, deployment: LocalDeployment) -> None:
    given = gate("grants", "give", GROUP, TEMPLATE, "--power", "none")
    rule = "the part before the @ of addresses in example.com"
    assert (given.code, rule in given.out.replace("\n", " ")) == (0, True), given.out
    assert gate("grants", "give", ERIN, TEMPLATE).code == 0
    listed = gate("grants", "list", "--notebook", "studio:d-local1/erin").out
    assert ("{user} is erin" in listed, "{user} is the part before the" in listed) == (True, True)
    assert "{user}" not in gate("grants", "list", "--notebook", "studio:d-local1/erin/editor").out
    explained = gate("explain", ERIN, TEMPLATE, "--group", "studio-users", *HERE)
    assert (explained.code, "studio:d-local1/{user} is studio:d-local1/erin" in explained.out) == (0, True)
    assert TestUser(deployment).open("/open/studio:d-local1~erin", ERIN).status_code == 302
    assert TestUser(deployment).open("/open/studio:d-local1~dave", ERIN).status_code == 403
    assert gate("grants", "take", ERIN, TEMPLATE).code == gate("grants", "take", GROUP, TEMPLATE).code == 0


def test_explain_names_the_groups_whose_grant_becomes_the_notebook(gate: Gate) -> None:
    gate("grants", "give", GROUP, TEMPLATE)
    assert "studio-users" in gate("explain", ERIN, "studio:d-local1/erin", *HERE).out


@pytest.mark.parametrize("who", ["e-rin@example.com", "erin@example.org", "slack:T0LOCAL/U0ALICE"])
def test_explain_says_why_somebody_has_no_name(gate: Gate, who: str) -> None:
    refused = gate("explain", who, TEMPLATE, *HERE)
    assert (refused.code, "they have no {user}" in refused.err.replace("\n", " ")) == (1, True), refused.err


def test_plan_says_what_a_grant_becomes(gate: Gate, tmp_path: Path) -> None:
    file = tmp_path / "grants.yaml"
    file.write_text(f'grants:\n  - {{principal: "user:{ERIN}", notebook: "{TEMPLATE}"}}\n')
    planned = gate("grants", "plan", str(file))
    assert "{user} is erin" in planned.out


def test_doctor_reports_patterns_by_which_two_people_meet(gate: Gate) -> None:
    def patterns() -> list[str]:
        checks = gate("doctor", "--json").json["checks"]
        return [each["text"] for each in checks if each["name"] == "grants" and "patterns" in each["text"]]

    gate("grants", "give", GROUP, TEMPLATE)
    gate("grants", "give", GROUP, "studio:d-local1/{user}/{user}-space")
    gate("grants", "give", GROUP, "studio:d-other/ds-{user}")
    gate("grants", "give", GROUP, "{user}-notebook")
    assert patterns() == []
    gate("grants", "give", GROUP, "studio:d-local1/ds-{user}/a")
    (found,) = patterns()
    assert "user profiles of d-local1 by several patterns: ds-{user}, {user}." in found


def test_a_title_is_given_listed_and_restored(gate: Gate) -> None:
    assert gate("grants", "give", ALICE, SPACE, "--title", "Churn lab").code == 0
    assert "title=Churn lab" in gate("grants", "list", ALICE).out
    revoked = gate("revoke", "--yes", ALICE).out.replace("\n", " ")
    assert "--title 'Churn lab'" in revoked
    refused = gate("grants", "give", ALICE, SPACE, "--title", " lab")
    assert (refused.code, "is not a title; write one line of 1 to 60" in refused.err.replace("\n", " ")) == (1, True)


def test_explain_says_what_of_a_space_is_missing(gate: Gate) -> None:
    gate("grants", "give", ALICE, "studio:d-local1/nobody/team-space")
    explained = gate("explain", ALICE, "studio:d-local1/nobody/team-space", *HERE)
    assert (explained.code, "The user profile nobody does not exist" in explained.out) == (3, True)
    assert "Create the user profile nobody, or remove the grant." in explained.out


def test_explain_names_a_domain_that_the_settings_do_not_list(gate: Gate) -> None:
    gate("grants", "give", ALICE, "studio:d-new/alice")
    explained = gate("explain", ALICE, "studio:d-new/alice", *HERE)
    assert (explained.code, "The domain d-new is not in studio.domains" in explained.out) == (3, True), explained.out
