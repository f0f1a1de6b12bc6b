"""`gate` as an operator types it, at a running gate."""

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from cli.main import main
from local.deployment import LocalDeployment
from local.sample import Sample

ROOT = Path(__file__).parents[2]


@dataclass
class Said:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Gate = Callable[..., Said]


@pytest.fixture(scope="session")
def sample() -> Sample:
    return Sample.load(ROOT / "local" / "sample.yaml")


@pytest.fixture(scope="module")
def deployment(sample: Sample) -> Iterator[LocalDeployment]:
    with LocalDeployment(sample) as deployment:
        yield deployment


@pytest.fixture
def gate(
    deployment: LocalDeployment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Gate:
    """Types a command, and gives back what it said."""
    told = {
        "endpoint_url": deployment.aws.url,
        "region": "eu-west-1",
        "access_key_id": deployment.authority.operator_key,
        "secret_access_key": "local",
    }
    place = tmp_path / "operator.json"
    place.write_text(json.dumps(told))
    monkeypatch.setattr("cli.aws.LOCAL_ACCESS_FILE", place)
    monkeypatch.setenv("COLUMNS", "120")

    def typed(*words: str, confirm: str = "") -> Said:
        monkeypatch.setattr(sys, "argv", ["gate", "--local", *words])
        monkeypatch.setattr("typer.confirm", lambda *_, **__: confirm == "y")
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return Said(int(ended.value.code or 0), said.out, said.err)

    return typed
