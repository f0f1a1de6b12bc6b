"""`gate revoke` and launch roles in other accounts: it prints the commands that cut off notebooks there."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gate.launch.kinds.notebook_instance import OPEN
from local.aws.authority import ALLOW_ALL
from local.deployment import LocalDeployment
from local.evaluator import Access
from local.options import LocalOptions
from local.sample import Sample
from testing.aws_command import AwsCommand
from testing.user import TestUser
from tests.cli.conftest import Gate

HOME, THEIRS, MORE = "123456789012", "210987654321", "321098765432"
LOCATIONS = [f"{THEIRS}/eu-central-1", f"{THEIRS}/eu-west-1", f"{MORE}/eu-west-1", f"{HOME}/eu-central-1"]


pytestmark = pytest.mark.usefixtures("as_new")


@pytest.fixture(scope="module")
def deployment(sample: Sample) -> Iterator[LocalDeployment]:
    with LocalDeployment(
        sample, LocalOptions(settings={"remote": {"locations": LOCATIONS, "external_id": "gate-4711"}})
    ) as deployment:
        yield deployment


@pytest.mark.parametrize("words", [("--everybody",), ("bob@example.com",)])
def test_every_account_of_the_settings_is_reported(gate: Gate, words: tuple[str, ...]) -> None:
    # Nobody has a grant there now, but the grant of a group may have led there.
    result = gate("revoke", "--yes", *words, "--json")
    assert (result.code, result.json["not_cut_in"]) == (3, [THEIRS, MORE])
    (left,) = result.json["left_to_do"]
    assert [each["account"] for each in left["commands"]] == [HOME, THEIRS, MORE]


def test_the_account_of_a_removed_grant_is_reported(gate: Gate) -> None:
    gate("grants", "give", "alice@example.com", "999999999999/eu-central-1/far")
    assert gate("revoke", "--yes", "alice@example.com", "--json").json["not_cut_in"] == [THEIRS, MORE, "999999999999"]


def test_another_region_of_the_own_account_needs_no_command(gate: Gate) -> None:
    gate("grants", "give", "alice@example.com", f"{HOME}/eu-central-1/near")
    assert gate("revoke", "--yes", "alice@example.com", "--json").json["not_cut_in"] == [THEIRS, MORE]


def test_the_printed_commands_cut_off_notebooks_in_other_accounts(
    gate: Gate, deployment: LocalDeployment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    opened = [_session(deployment, name) for name in ("bob", "alice")]

    result = gate("revoke", "--yes", "bob@example.com")

    lines = [line.strip() for line in result.out.splitlines() if " aws " in line]
    assert [line.partition(": ")[0] for line in lines] == [
        f"with credentials of {account}" for account in (HOME, THEIRS, MORE)
    ]
    # This role stands for the one there, and has the name that the stack LaunchRole gives it.
    name = "notebook-gate-launch"
    iam = deployment.operator("iam")
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(ALLOW_ALL))
    for line in lines:
        _run(iam, line.partition(": ")[2])
    there = iam.get_role_policy(RoleName=name, PolicyName="notebook-gate-revocations")["PolicyDocument"]
    assert [_may_open(deployment, made, there) for made in opened] == [False, True]


def _session(deployment: LocalDeployment, name: str) -> Any:
    url = TestUser(deployment).open(f"/open/{name}-notebook", f"{name}@example.com").headers["Location"]
    return next(made for made in deployment.urls.made if url.startswith(made.url))


def _run(iam: Any, line: str) -> None:
    """Run `line` as a shell and the AWS command line would."""
    command, file = AwsCommand.parse(line), line.partition(" > ")[2]
    assert command.service == "iam"
    parameters = {
        name: Path(value.removeprefix("file://")).read_text() if value.startswith("file://") else value
        for name, value in command.parameters.items()
    }
    answer = getattr(iam, command.operation)(**parameters)
    if file:
        assert command.own["output"] == "json"
        Path(file).write_text(json.dumps(answer[command.own["query"]], indent=4))


def _may_open(deployment: LocalDeployment, made: Any, added: Any) -> bool:
    """Return whether the session of `made` can open a notebook if its role allows all except what `added` denies."""
    return deployment.evaluator.allows(
        Access(
            action=OPEN,
            resource=f"arn:aws:sagemaker:eu-central-1:{THEIRS}:notebook-instance/team-notebook",
            account=THEIRS,
            principal=made.creator.arn.replace(HOME, THEIRS),
            context={"aws:SourceIp": "127.0.0.1", **made.creator.context},
            identity_policies=[ALLOW_ALL, added],
        )
    )
