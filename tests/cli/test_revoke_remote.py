"""`gate revoke` and launch roles in other accounts: what it can't cut is said, with commands that do."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gate.launch.policy import OPEN
from local.aws.authority import ALLOW_ALL
from local.deployment import LocalDeployment
from local.evaluator import Access
from local.options import LocalOptions
from local.sample import Sample
from tests.aws_command import AwsCommand
from tests.cli.conftest import Gate
from trials.user import TestUser

HOME, THEIRS, MORE = "123456789012", "210987654321", "321098765432"
LOCATIONS = [f"{THEIRS}/eu-central-1", f"{THEIRS}/eu-west-1", f"{MORE}/eu-west-1", f"{HOME}/eu-central-1"]


@pytest.fixture
def deployment(sample: Sample) -> Iterator[LocalDeployment]:
    with LocalDeployment(
        sample, LocalOptions(settings={"remote": {"locations": LOCATIONS, "external_id": "gate-4711"}})
    ) as deployment:
        yield deployment


@pytest.mark.parametrize("words", [("--everybody",), ("bob@example.com",)])
def test_other_accounts_count_by_the_settings(gate: Gate, words: tuple[str, ...]) -> None:
    # Nobody has a grant there; a group's may have led there all the same.
    said = gate("revoke", *words, "--json")
    assert (said.code, said.json["not_cut_in"]) == (3, [THEIRS, MORE])
    (left,) = said.json["left_to_do"]
    assert [each["account"] for each in left["commands"]] == [HOME, THEIRS, MORE]


def test_an_account_that_left_the_settings_counts_while_there_is_a_grant(gate: Gate) -> None:
    gate("grants", "give", "alice@example.com", "999999999999/eu-central-1/far")
    assert gate("revoke", "alice@example.com", "--json").json["not_cut_in"] == [THEIRS, MORE, "999999999999"]


def test_another_region_of_the_gates_own_account_is_cut_here(gate: Gate) -> None:
    gate("grants", "give", "alice@example.com", f"{HOME}/eu-central-1/near")
    assert gate("revoke", "alice@example.com", "--json").json["not_cut_in"] == [THEIRS, MORE]


def test_the_commands_that_it_says_cut_what_is_open_there(
    gate: Gate, deployment: LocalDeployment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    opened = [_session(deployment, name) for name in ("bob", "alice")]

    said = gate("revoke", "bob@example.com")

    lines = [line.strip() for line in said.out.splitlines() if " aws " in line]
    assert [line.partition(": ")[0] for line in lines] == [
        f"with credentials of {account}" for account in (HOME, THEIRS, MORE)
    ]
    # What stands for the role there: the name that the stack LaunchRole gives it.
    name = "notebook-gate-launch"
    iam = deployment.operator("iam")
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(ALLOW_ALL))
    for line in lines:
        _type(iam, line.partition(": ")[2])
    there = iam.get_role_policy(RoleName=name, PolicyName="notebook-gate-revoked")["PolicyDocument"]
    assert [_may_open(deployment, made, there) for made in opened] == [False, True]


def _session(deployment: LocalDeployment, name: str) -> Any:
    url = TestUser(deployment).open(f"/open/{name}-notebook", f"{name}@example.com").headers["Location"]
    return next(made for made in deployment.urls.made if url.startswith(made.url))


def _type(iam: Any, line: str) -> None:
    """Do what a shell and the AWS command line do with `line`."""
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
    """Tell whether the session of `made`, at a role that may do anything but what `added` denies, opens a notebook."""
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
