"""`gate rotate-key` end to end: a rotation signs nobody out, and `--leaked` invalidates every older key."""

from typing import Any

import pytest

from gate.platform.secrets import SECRET_TTL
from local.deployment import LocalDeployment
from testing.clock import Clock
from testing.user import TestUser
from tests.cli.conftest import Gate


def test_rotation_signs_nobody_out(gate: Gate, deployment: LocalDeployment) -> None:
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


def test_leaked_invalidates_every_older_key(gate: Gate, deployment: LocalDeployment, clock: Clock) -> None:
    gate("rotate-key", "--now")
    alice = TestUser(deployment)
    alice.open("/open", "alice@example.com")
    leaked = _versions(deployment)

    result = gate("rotate-key", "--leaked")

    assert result.code == 0
    assert "everybody signs in again" in result.out
    assert "gate --local revoke --everybody" in result.out
    assert not {*leaked.values()} & {*_versions(deployment).values()}
    clock.ahead += SECRET_TTL  # until now, the running instance may have cached the leaked key
    assert "/login" in alice.go("/open").headers["Location"]
    deployment.function.restart()
    assert "/login" in alice.go("/open").headers["Location"]
    assert alice.open("/open", "alice@example.com").status_code == 302
    assert gate("rotate-key", "--leaked", "--json").json.keys() == {"rotated", "older_keys_end"}


def test_an_incomplete_leak_rotation_is_a_failure(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    from cli import rotate_key
    from cli.errors import CommandError

    real, done = rotate_key._put_new_key, []

    def fails_at_the_second(client: Any, arn: str) -> None:
        if done:
            raise CommandError("AWS can't be reached")
        done.append(arn)
        real(client, arn)

    monkeypatch.setattr(rotate_key, "_put_new_key", fails_at_the_second)
    result = gate("rotate-key", "--leaked")
    assert result.code == 1
    assert "Run this again: gate --local rotate-key --leaked" in result.err
