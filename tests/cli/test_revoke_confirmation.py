"""`gate revoke` shows what it ends, says if nobody knows the person, and asks."""

import time
from typing import Any

import pytest

from gate.access_requests.access_request import AccessRequest
from gate.access_requests.participant import EMAIL, Participant
from gate.access_requests.row import to_row
from gate.store.cutoffs import cutoff_row
from gate.values.notebook import Notebook
from local.aws.calls import ApiError, Call
from local.deployment import LocalDeployment
from tests.cli.conftest import Gate
from tests.cli.launch_role import inline_policies

pytestmark = pytest.mark.usefixtures("as_new")

UNKNOWN = "Nobody here knows user:alcie@example.com"


def _state(gate: Gate, deployment: LocalDeployment) -> Any:
    table = deployment.template.table["TableName"]
    return (
        gate("grants", "export").out,
        inline_policies(deployment),
        deployment.operator("dynamodb").scan(TableName=table)["Count"],
    )


def test_revoke_shows_what_it_ends_and_asks(gate: Gate, deployment: LocalDeployment) -> None:
    deployment.instances["bob-notebook"] = "Stopped"
    gate("grants", "give", "slack:T0LOCAL/U0BOB", "shared-notebook")
    gate("grants", "give", "bob@example.com", "gone-notebook", "--owner")
    before = _state(gate, deployment)
    refused = gate("revoke", "bob@example.com", confirm="n")
    assert (refused.code, refused.err.strip()) == (1, "Nothing was changed")
    assert _state(gate, deployment) == before
    where = "in the stack local (account 123456789012, region eu-west-1)"
    assert f"This revokes user:bob@example.com and slack:T0LOCAL/U0BOB {where}:\n" in refused.out
    assert "- user:bob@example.com bob-notebook (session=14400): stopped\n" in refused.out
    assert "- user:bob@example.com gone-notebook (owner=true): the notebook instance does not exist" in refused.out
    assert "- slack:T0LOCAL/U0BOB shared-notebook: running, may be open\n" in refused.out
    assert "Nobody here knows" not in refused.out

    agreed = gate("revoke", "bob@example.com", confirm="y")
    assert (agreed.code, "bob@example.com" in gate("grants", "export").out) == (0, False)


def test_everybody_is_not_revoked_without_an_answer(gate: Gate, deployment: LocalDeployment) -> None:
    before = _state(gate, deployment)
    refused = gate("revoke", "--everybody", confirm="n")
    assert (refused.code, "signs everybody out in the stack local (account 123456789012" in refused.out) == (1, True)
    assert _state(gate, deployment) == before
    assert gate("revoke", "--everybody", confirm="y").code == 0


def test_a_script_needs_an_option(gate: Gate, deployment: LocalDeployment) -> None:
    before = _state(gate, deployment)
    result = gate("revoke", "bob@example.com", "--json", confirm=None)
    assert (result.code, result.out.strip()) == (1, "")
    assert result.err.endswith("\nNothing was changed. In a script, add --yes\n")
    assert _state(gate, deployment) == before
    assert gate("revoke", "--yes", "bob@example.com", "--json").json["known"] is True


def test_a_preview_that_aws_refuses_in_part_still_asks(
    gate: Gate, deployment: LocalDeployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(_call: Call, _answer: Any) -> None:
        raise ApiError("AccessDeniedException", "User is not authorized", 400)

    monkeypatch.setitem(deployment.aws.changes, "DescribeNotebookInstance", denied)
    result = gate("revoke", "alice@example.com", confirm="y")
    assert "its state is unknown: AWS denies DescribeNotebookInstance" in result.out
    assert result.code == 0


def test_a_person_whom_nobody_knows_is_named_before_anything_is_written(
    gate: Gate, deployment: LocalDeployment
) -> None:
    before = _state(gate, deployment)
    refused = gate("revoke", "alcie@example.com", confirm="n")
    assert UNKNOWN in refused.out
    assert _state(gate, deployment) == before
    # A script is told, too. It may be a person whose groups have grants.
    done = gate("revoke", "alcie@example.com", "--yes", "--json")
    assert (done.json["known"], UNKNOWN in done.err) == (False, True)
    assert "alcie@example.com" in str(inline_policies(deployment))


@pytest.mark.parametrize("trace", ["an ended sign-in", "an access request"])
def test_what_the_table_has_of_a_person_makes_them_known(gate: Gate, deployment: LocalDeployment, trace: str) -> None:
    who, now = "user:alcie@example.com", int(time.time())
    request = AccessRequest.new(Participant((who,), EMAIL, now), Notebook("n"), reason="why", seconds=3600, now=now)
    row = cutoff_row(who, now) if trace == "an ended sign-in" else to_row(request, keep=86_400)
    deployment.operator("dynamodb").put_item(TableName=deployment.template.table["TableName"], Item=row)
    assert UNKNOWN not in gate("revoke", who, confirm="n").out


def test_a_person_whom_slack_confirms_is_known(gate: Gate) -> None:
    gate("grants", "take", "alice@example.com", "alice-notebook")
    asked = gate("revoke", "alice@example.com", confirm="n").out
    assert "This revokes user:alice@example.com and slack:T0LOCAL/U0ALICE in the stack" in asked
    assert "They have no grants of their own." in asked
    assert "Nobody here knows" not in asked


def test_one_known_name_is_enough(gate: Gate) -> None:
    asked = gate("revoke", "alcie@example.com", "--also", "alice@example.com", confirm="n")
    assert "Nobody here knows" not in asked.out
    both = gate("revoke", "alcie@example.com", "--also", "user:bbo@example.com", confirm="n")
    assert "Nobody here knows user:alcie@example.com or user:bbo@example.com" in both.out
