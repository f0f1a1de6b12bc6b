"""The health check: silent for strangers, with the version for people who are signed in."""

import pytest

from gate.container import get_gate
from gate.values.version import VERSION
from testing.harness import Harness


def test_the_health_check_calls_no_service(harness: Harness) -> None:
    assert harness.browser.get("/health").json == {"status": "ok"}
    assert harness.aws.calls == []
    # Nor does it make the parts that identify callers, which take time at a cold start.
    assert "identity" not in vars(get_gate())


def test_the_health_check_tells_the_version_to_people_who_are_signed_in(harness: Harness) -> None:
    token = harness.issuer.token(email="alice@example.com", email_verified=True)
    bearer = {"Authorization": f"Bearer {token}"}
    assert harness.browser.get("/health", headers=bearer).json == {"status": "ok", "version": VERSION}
    harness.sign_in()
    assert harness.browser.get("/health").json == {"status": "ok", "version": VERSION}


@pytest.mark.parametrize(
    "headers", [{"Authorization": "Bearer forged"}, {"Cookie": "__Secure-gate-session=forged"}], ids=["token", "cookie"]
)
def test_the_health_check_answers_whatever_the_proof_of_identity_is_worth(
    harness: Harness, headers: dict[str, str]
) -> None:
    answer = harness.browser.get("/health", headers=headers)
    assert (answer.status, answer.json) == (200, {"status": "ok"})
