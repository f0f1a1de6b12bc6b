"""`gate revoke` end to end: a revoked caller loses all access at once, and nobody else does."""

import json
import shlex
import time

import pytest

from gate.launch.denies.launch_role import FORMER_POLICY, REVOKED_POLICY
from gate.launch.kinds.notebook_instance import OPEN
from gate.store import key_prefixes
from gate.store.cutoffs import cutoff_row
from gate.values.revocation import (
    DENY_LIFETIME,
    EVERYBODY,
    SESSION_MARGIN,
    Revocation,
    policy_document,
)
from infra.revocations import NOTHING_REVOKED
from local.aws.calls import ApiError, Call
from local.deployment import LocalDeployment
from testing.clock import Clock
from testing.user import TestUser
from tests.cli.conftest import Gate
from tests.cli.launch_role import inline_policies

pytestmark = pytest.mark.usefixtures("as_new")


@pytest.fixture
def short_margin(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let callers return after a second instead of a minute."""
    monkeypatch.setattr("cli.revoke.denies.SESSION_MARGIN", 1)


class OpenNotebook:
    """A notebook that is open in a browser; `is_open` asks the policies, as AWS does at each request."""

    def __init__(self, deployment: LocalDeployment, email: str, path: str) -> None:
        self.person = TestUser(deployment)
        self._deployment = deployment
        url = self.person.open(path, email).headers["Location"]
        self._made = next(made for made in deployment.urls.made if url.startswith(made.url))

    def is_open(self) -> bool:
        arn = f"arn:aws:sagemaker:eu-west-1:123456789012:notebook-instance/{self._made.notebook}"
        return self._deployment.authority.allows(self._made.creator, OPEN, arn, "127.0.0.1")


def test_a_revoked_caller_loses_access_at_once_and_can_get_it_again(
    gate: Gate, deployment: LocalDeployment, clock: Clock, short_margin: None
) -> None:
    alice, bob = (
        OpenNotebook(deployment, "alice@example.com", "/open"),
        OpenNotebook(deployment, "bob@example.com", "/open/bob-notebook"),
    )
    assert alice.is_open()

    result = gate("revoke", "--yes", "alice@example.com")

    assert result.code == 0
    assert not alice.is_open()
    assert bob.is_open()
    clock.ahead = 2
    # A new sign-in does not help, since there is no grant.
    assert TestUser(deployment).open("/open/alice-notebook", "alice@example.com").status_code == 403
    undo = next(line.strip() for line in result.out.splitlines() if line.strip().startswith("gate --local grants give"))
    assert undo == "gate --local grants give user:alice@example.com alice-notebook --power start-stop"
    time.sleep(2)
    assert gate(*shlex.split(undo)[1:]).code == 0
    # The function still caches credentials from before. They are denied, so it gets new ones.
    assert OpenNotebook(deployment, "alice@example.com", "/open/alice-notebook").is_open()
    assert not alice.is_open()


def test_a_launch_during_the_revocation_is_denied_too(gate: Gate, deployment: LocalDeployment, clock: Clock) -> None:
    assert gate("revoke", "--yes", "alice@example.com", "--json").code == 0
    gate("grants", "give", "alice@example.com", "alice-notebook")
    clock.ahead = 2
    # The credentials are newer than the command, but denied: the grant may have been read before it was removed.
    assert TestUser(deployment).open("/open", "alice@example.com").status_code == 502


def test_everybody_can_be_revoked(gate: Gate, deployment: LocalDeployment, clock: Clock, short_margin: None) -> None:
    opened = [OpenNotebook(deployment, f"{name}@example.com", f"/open/{name}-notebook") for name in ("alice", "bob")]
    granted = gate("grants", "export").out
    result = gate("revoke", "--yes", "--everybody", "--json")
    assert (result.code, result.json["taken"]) == (0, [])
    assert not any(each.is_open() for each in opened)
    assert gate("grants", "export").out == granted
    time.sleep(2)
    clock.ahead = 2
    assert OpenNotebook(deployment, "alice@example.com", "/open/alice-notebook").is_open()


def _cutoffs(deployment: LocalDeployment) -> dict[str, int]:
    """Return the cutoff of each subject, in epoch seconds."""
    items = deployment.operator("dynamodb").scan(TableName=deployment.template.table["TableName"])["Items"]
    rows = {item["principal"]["S"]: item for item in items}
    return {
        key.removeprefix(key_prefixes.CUTOFF): int(item["before"]["N"])
        for key, item in rows.items()
        if key.startswith(key_prefixes.CUTOFF)
    }


@pytest.mark.parametrize(
    ("words", "subjects"),
    [
        (("bob@example.com",), {"user:bob@example.com", "slack:T0LOCAL/U0BOB"}),
        (("iam:arn:aws:iam::123456789012:user/nightly-job",), {"iam:arn:aws:iam::123456789012:user/nightly-job"}),
        (("--everybody",), {EVERYBODY}),
    ],
)
def test_revoke_ends_earlier_sign_ins(
    gate: Gate, deployment: LocalDeployment, words: tuple[str, ...], subjects: set[str]
) -> None:
    before = int(time.time())
    result = gate("revoke", "--yes", *words, "--json")
    assert result.code == 0
    found = _cutoffs(deployment)
    assert found.keys() == subjects
    assert all(before < moment <= result.json["signed_out_before"] for moment in found.values())
    # The rows of cutoffs and denies are not grants.
    assert "cutoff:" not in gate("grants", "list", "--json").out
    assert "revoked:" not in gate("grants", "export").out


def test_a_slow_operator_clock_leaves_no_gap(
    gate: Gate, deployment: LocalDeployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = int(time.time())
    monkeypatch.setattr("cli.aws.next_second.__kwdefaults__", {"clock": lambda: before - 7_200})
    result = gate("revoke", "--yes", "alice@example.com", "--json")
    assert result.json["signed_out_before"] > before
    assert result.json["cut_before"] > before + SESSION_MARGIN


def test_a_later_cutoff_is_kept(gate: Gate, deployment: LocalDeployment) -> None:
    later = int(time.time()) + 100
    deployment.operator("dynamodb").put_item(
        TableName=deployment.template.table["TableName"], Item=cutoff_row("user:alice@example.com", later)
    )
    assert gate("revoke", "--yes", "alice@example.com").code == 0
    assert _cutoffs(deployment)["user:alice@example.com"] == later


def test_grants_and_sign_ins_end_before_the_deny_begins(gate: Gate, deployment: LocalDeployment) -> None:
    deployment.aws.calls.clear()
    gate("revoke", "--yes", "alice@example.com")
    calls = [call.operation for call in deployment.aws.calls]
    order = [each for each in calls if each in ("TransactWriteItems", "PutItem", "PutRolePolicy")]
    # The grants, the cutoffs of both principals, the rows of both denies, and the policy.
    assert order == ["TransactWriteItems", "PutItem", "PutItem", "PutItem", "PutItem", "PutRolePolicy"]


def test_removed_grants_are_reported_if_the_deny_fails(
    gate: Gate, deployment: LocalDeployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    def deny(_call: Call, _answer: object) -> None:
        raise ApiError("AccessDenied", "User is not authorized to perform: iam:PutRolePolicy", 403)

    monkeypatch.setitem(deployment.aws.changes, "PutRolePolicy", deny)
    result = gate("revoke", "--yes", "alice@example.com")
    assert result.code == 3
    assert "Open notebooks are not cut off: AWS denies PutRolePolicy" in result.out
    assert "  gate --local revoke user:alice@example.com --also slack:T0LOCAL/U0ALICE\n" in result.out
    assert "  gate --local grants give user:alice@example.com alice-notebook --power start-stop\n" in result.out
    assert "open notebooks are cut off" not in result.out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "Name a caller"),
        (("a@example.com", "--everybody"), "Name a caller"),
        (("group:x",), "A group is not a caller"),
        (("x",), "is not a principal"),
    ],
)
def test_invalid_callers_are_rejected(gate: Gate, words: tuple[str, ...], message: str) -> None:
    result = gate("revoke", "--yes", *words)
    assert (result.code, message in result.err) == (1, True)


def test_a_stack_that_does_not_own_the_policy_yet_keeps_its_denies(gate: Gate, deployment: LocalDeployment) -> None:
    iam, role = deployment.operator("iam"), deployment.template.launch_role.arn.rpartition("/")[2]
    # The next deployment would create the policy, and so overwrite one of that name.
    iam.delete_role_policy(RoleName=role, PolicyName=REVOKED_POLICY)
    alice = OpenNotebook(deployment, "alice@example.com", "/open")
    assert gate("revoke", "--yes", "alice@example.com").code == 0
    assert inline_policies(deployment).keys() == {"launch", FORMER_POLICY}
    iam.put_role_policy(RoleName=role, PolicyName=REVOKED_POLICY, PolicyDocument=json.dumps(NOTHING_REVOKED))
    assert not alice.is_open()
    assert "so that the stack cannot be removed" in gate("doctor").out.replace("\n", " ")
    assert gate("revoke", "--yes", "bob@example.com").code == 0
    policies = inline_policies(deployment)
    assert policies.keys() == {"launch", REVOKED_POLICY}
    assert all(name in json.dumps(policies[REVOKED_POLICY]) for name in ("alice@example.com", "bob@example.com"))
    assert not alice.is_open()


def test_doctor_counts_expired_denies_and_the_next_revoke_removes_them(gate: Gate, deployment: LocalDeployment) -> None:
    iam, role = deployment.operator("iam"), deployment.template.launch_role.arn.rpartition("/")[2]
    now = int(time.time())
    some = [Revocation(("old@example.com",), now - DENY_LIFETIME - 5), Revocation(("new@example.com",), now)]
    iam.put_role_policy(RoleName=role, PolicyName=REVOKED_POLICY, PolicyDocument=policy_document(some))

    def denied() -> str:
        return json.dumps(iam.get_role_policy(RoleName=role, PolicyName=REVOKED_POLICY)["PolicyDocument"])

    checks = gate("doctor", "--json").json["checks"]
    assert [check["text"] for check in checks if check["name"] == "revocations"] == [
        "1 denies are in effect; 1 have expired, and the next revoke removes them"
    ]
    assert "old@example.com" in denied()
    gate("revoke", "--yes", "alice@example.com")
    assert "old@example.com" not in denied()
    assert "new@example.com" in denied()
