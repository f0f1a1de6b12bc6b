"""`gate` as an operator runs it, on a local deployment."""

import io
import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import typer

from cli.main import main
from local.deployment import LocalDeployment
from local.options import LocalOptions
from local.sample import Sample
from testing.clock import Clock
from testing.patience import patient_slack  # noqa: F401
from testing.renewal import renew, renew_table

ROOT = Path(__file__).parents[2]

ROLE = "iam:arn:aws:iam::123456789012:role"
ROLE_WITH_PATH = f"{ROLE}/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_X_0123"
NORMAL_ROLE = f"{ROLE}/AWSReservedSSO_X_0123"

WANTED = """\
grants:
  - principal: user:alice@example.com
    notebook: alice-notebook
    power: start
    until: 2099-12-31
  - principal: group:data-science
    notebook: shared-notebook
    view: classic
  - {principal: "user:dora@example.com", notebook: 210987654321/eu-central-1/far, default: true, session: 7200}
"""


@dataclass
class CommandResult:
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Gate = Callable[..., CommandResult]
PutRow = Callable[..., None]
Use = Callable[..., None]


@pytest.fixture(scope="session")
def sample() -> Sample:
    """The sample without the grants in Studio, which have tests of their own, and those of grace, which end."""
    sample = Sample.load(ROOT / "dev" / "local" / "sample.yaml")
    grants = [each for each in sample.grants if "studio:" not in each.notebook and "user:grace" not in each.principal]
    return sample.model_copy(update={"grants": grants})


@pytest.fixture(scope="module")
def clock() -> Clock:
    """The clock of the deployment, but not of `gate`. A revoke ends the sign-ins of its second, too."""
    return Clock()


@pytest.fixture(scope="module")
def deployment(sample: Sample, clock: Clock) -> Iterator[LocalDeployment]:
    with LocalDeployment(sample, LocalOptions(clock=clock)) as deployment:
        yield deployment


@pytest.fixture
def gate(
    deployment: LocalDeployment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Gate:
    """Runs a command on the local deployment, and returns its result.

    `confirm`: the answer to its question, or None for a pipe that gives none. `first`: the options before the command.
    """
    access = {
        "endpoint_url": deployment.aws.url,
        "region": "eu-west-1",
        "access_key_id": deployment.authority.operator_key,
        "secret_access_key": "local",
    }
    confirmed = typer.confirm
    file = tmp_path / "operator.json"
    file.write_text(json.dumps(access))
    monkeypatch.setattr("cli.aws.LOCAL_ACCESS_FILE", file)
    monkeypatch.setenv("COLUMNS", "120")

    def run(*words: str, confirm: str | None = "", first: Sequence[str] = ("--local",)) -> CommandResult:
        monkeypatch.setattr(sys, "argv", ["gate", *first, *words])
        monkeypatch.setattr(sys, "stdin", io.StringIO())
        answer = confirmed if confirm is None else lambda *_, **__: confirm == "y"
        monkeypatch.setattr("typer.confirm", answer)
        capsys.readouterr()
        with pytest.raises(SystemExit) as exit_:
            main()
        captured = capsys.readouterr()
        return CommandResult(int(exit_.value.code or 0), captured.out, captured.err)

    return run


@pytest.fixture
def sample_grants(deployment: LocalDeployment, sample: Sample) -> None:
    """Empties the grants table, and fills it with the grants of the sample."""
    renew_table(deployment, sample)


@pytest.fixture
def as_new(deployment: LocalDeployment, sample: Sample, clock: Clock) -> None:
    renew(deployment, sample, clock)


@pytest.fixture
def put(deployment: LocalDeployment) -> PutRow:
    """Writes a row with any attributes, as `aws dynamodb put-item` does."""

    def write(principal: str, notebook: str = "n", **attributes: Any) -> None:
        item = {"principal": {"S": principal}, "notebook": {"S": notebook}, **attributes}
        deployment.operator("dynamodb").put_item(TableName=deployment.template.table["TableName"], Item=item)

    return write


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A grants file that adds one grant to those of the sample, changes one and removes three."""
    path = tmp_path / "grants.yaml"
    path.write_text(WANTED)
    return path


@pytest.fixture
def no_grants(deployment: LocalDeployment, sample_grants: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Removes all grants and all lines of the log, which has existed for a year."""
    monkeypatch.setattr("cli.insights.POLL_INTERVAL", 0.01)
    dynamodb, table = deployment.operator("dynamodb"), deployment.template.table["TableName"]
    for item in dynamodb.scan(TableName=table)["Items"]:
        dynamodb.delete_item(TableName=table, Key={name: item[name] for name in ("principal", "notebook")})
    for group in deployment.logs.groups.values():
        group.lines.clear()
        monkeypatch.setattr(group, "created", time.time() - 365 * 86_400)


@pytest.fixture
def use(deployment: LocalDeployment) -> Use:
    """Writes a line of the log of the function that opens notebooks: a use `age` days ago."""

    def write(*granted_to: str, age: float = 1, **fields: Any) -> None:
        line = {"message": "decision", "action": "open", "outcome": "allowed", "notebook": "alice-notebook", **fields}
        if granted_to:
            line["granted_to"] = "\n".join(granted_to)
        group = deployment.logs.groups[deployment.template.function.log_group]
        group.lines.append((time.time() - age * 86_400, line))

    return write
