"""`gate rotate-key` end to end: a change signs nobody out, and `--leaked` ends every older key."""

from collections.abc import Iterator
from typing import Any

import pytest

from gate.secrets import SECRET_TTL
from local.deployment import LocalDeployment
from local.options import LocalOptions
from local.sample import Sample
from tests.cli.conftest import Gate
from tests.local.clock import Clock
from trials.user import TestUser


@pytest.fixture(scope="module")
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="module")
def deployment(sample: Sample, clock: Clock) -> Iterator[LocalDeployment]:
    with LocalDeployment(sample, LocalOptions(clock=clock)) as deployment:
        yield deployment


def test_a_new_key_signs_nobody_out(gate: Gate, deployment: LocalDeployment) -> None:
    alice = TestUser(deployment)
    alice.open("/open", "alice@example.com")
    before = alice.cookies["gate-session"]
    assert gate("rotate-key").code == 0
    assert alice.go("/open").status_code == 302
    bob = TestUser(deployment)
    bob.open("/", "bob@example.com")
    assert alice.go("/open").status_code == 302
    assert alice.cookies["gate-session"] == before
    again = gate("rotate-key")
    assert (again.code, "add --now" in again.err) == (1, True)
    assert gate("rotate-key", "--now", "--json").json == {"rotated": True}


def _versions(deployment: LocalDeployment) -> dict[str, str]:
    """Return the key of each label."""
    client, arn = deployment.operator("secretsmanager"), deployment.template.environment["GATE_SESSION_SECRET_ARN"]
    return {
        stage: client.get_secret_value(SecretId=arn, VersionStage=stage)["SecretString"]
        for stage in ("AWSCURRENT", "AWSPREVIOUS")
    }


def test_one_command_ends_every_key_that_was_there(gate: Gate, deployment: LocalDeployment, clock: Clock) -> None:
    gate("rotate-key", "--now")
    alice = TestUser(deployment)
    alice.open("/open", "alice@example.com")
    leaked = _versions(deployment)

    said = gate("rotate-key", "--leaked")

    assert said.code == 0
    assert "everybody signs in again" in said.out
    assert "gate revoke --everybody" in said.out
    assert not {*leaked.values()} & {*_versions(deployment).values()}
    clock.ahead += SECRET_TTL  # the instance that runs has kept the leaked key until now
    assert "/login" in alice.go("/open").headers["Location"]
    deployment.function.restart()
    assert "/login" in alice.go("/open").headers["Location"]
    assert alice.open("/open", "alice@example.com").status_code == 302
    assert gate("rotate-key", "--leaked", "--json").json.keys() == {"rotated", "older_keys_end"}


def test_half_of_it_is_no_success(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    from cli import rotate_key
    from cli.errors import CommandError

    real, done = rotate_key._put_new_key, []

    def fails_at_the_second(client: Any, arn: str) -> None:
        if done:
            raise CommandError("AWS can't be reached")
        done.append(arn)
        real(client, arn)

    monkeypatch.setattr(rotate_key, "_put_new_key", fails_at_the_second)
    said = gate("rotate-key", "--leaked")
    assert said.code == 1
    assert "Run gate rotate-key --leaked again" in said.err
