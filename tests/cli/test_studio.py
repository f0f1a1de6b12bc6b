"""`gate` for user profiles and spaces of SageMaker Studio."""

import pytest

from local.deployment import LocalDeployment
from testing.user import TestUser
from tests.cli.conftest import Gate

pytestmark = pytest.mark.usefixtures("as_new")

DAVE = "dave@example.com"
SPACE, FORECAST = "studio:d-local1/dave/churn-space", "studio:d-local1/dave/forecast"
BOOKMARK = "/open/studio:d-local1~dave~churn-space"
HERE = ("--from", "127.0.0.1")


def test_a_space_is_granted_explained_opened_and_revoked(gate: Gate, deployment: LocalDeployment) -> None:
    assert gate("explain", DAVE, SPACE, *HERE).code == 3
    assert gate("grants", "give", DAVE, SPACE, "--power", "start-stop", "--view", "jupyterlab").code == 0
    explained = gate("explain", DAVE, SPACE, *HERE)
    assert (explained.code, "It is running" in explained.out) == (0, True), explained.out
    dave = TestUser(deployment)
    assert dave.open(BOOKMARK, DAVE).status_code == 302
    revoked = gate("revoke", DAVE, "--yes")
    assert revoked.code == 0, revoked.err
    assert SPACE in revoked.out
    assert dave.open(BOOKMARK, DAVE).status_code == 403


def test_explain_says_which_address_may_use_a_space(gate: Gate) -> None:
    gate("grants", "give", DAVE, SPACE)
    elsewhere = gate("explain", DAVE, SPACE, "--opened-from", "127.0.0.1", "--used-from", "127.0.0.2")
    assert (elsewhere.code, "127.0.0.2" in elsewhere.out) == (3, True)


def test_explain_tells_the_state_of_a_space(gate: Gate) -> None:
    gate("grants", "give", DAVE, FORECAST)
    explained = gate("explain", DAVE, FORECAST, *HERE)
    assert "It is stopped" in explained.out


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
    refused = gate("grants", "give", DAVE, *words)
    assert (refused.code, problem in refused.err.replace("\n", " ")) == (1, True), refused.err
