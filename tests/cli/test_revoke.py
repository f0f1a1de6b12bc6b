"""`gate revoke` end to end: who is out is out at once, by all of their names, and nobody else notices."""

import json
import shlex
import time
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.errors import CommandError
from cli.revoke.revocations import (
    DENY_LIFETIME,
    EVERYBODY,
    MAX_POLICY_CHARACTERS,
    REVOKED_POLICY,
    SESSION_MARGIN,
    Revocation,
    merged,
    policy_document,
)
from gate.launch.policy import OPEN
from gate.store import key_prefixes
from gate.store.cutoffs import cutoff_write
from local.aws.authority import Authority
from local.aws.calls import ApiError, Call
from local.deployment import LocalDeployment
from local.options import LocalOptions
from local.sample import Sample
from tests.cli.conftest import Gate
from tests.local.clock import Clock
from trials.user import TestUser


@pytest.fixture
def clock() -> Clock:
    """The gate's own clock. Tests move it on, past the second in which a revoke ends sign-ins."""
    return Clock()


@pytest.fixture
def deployment(sample: Sample, clock: Clock) -> Iterator[LocalDeployment]:
    with LocalDeployment(sample, LocalOptions(clock=clock)) as deployment:
        yield deployment


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let people come back after a second, not a minute."""
    monkeypatch.setattr("cli.revoke.denies.SESSION_MARGIN", 1)


class Opened:
    """A notebook that somebody has open in a browser, as AWS sees each of its requests."""

    def __init__(self, deployment: LocalDeployment, email: str, path: str) -> None:
        self.person = TestUser(deployment)
        self._world = deployment
        url = self.person.open(path, email).headers["Location"]
        self._made = next(made for made in deployment.urls.made if url.startswith(made.url))

    def is_open(self) -> bool:
        arn = f"arn:aws:sagemaker:eu-west-1:123456789012:notebook-instance/{self._made.notebook}"
        return self._world.authority.allows(self._made.creator, OPEN, arn, "127.0.0.1")


def test_who_is_revoked_is_out_at_once_and_can_be_let_in_again(
    gate: Gate, deployment: LocalDeployment, clock: Clock, at_once: None
) -> None:
    alice, bob = (
        Opened(deployment, "alice@example.com", "/open"),
        Opened(deployment, "bob@example.com", "/open/bob-notebook"),
    )
    assert alice.is_open()

    said = gate("revoke", "alice@example.com")

    assert said.code == 0
    assert not alice.is_open()
    assert bob.is_open()
    clock.ahead = 2
    # Not even by a new sign-in, since nothing is granted.
    assert TestUser(deployment).open("/open/alice-notebook", "alice@example.com").status_code == 403
    undo = next(line.strip() for line in said.out.splitlines() if line.strip().startswith("gate grants give"))
    assert undo == "gate grants give user:alice@example.com alice-notebook --power start-stop"
    time.sleep(2)
    assert gate(*shlex.split(undo)[1:]).code == 0
    # The function still keeps credentials from before, which the deny makes worthless: it takes new ones.
    assert Opened(deployment, "alice@example.com", "/open/alice-notebook").is_open()
    assert not alice.is_open()


def test_a_request_under_way_at_that_moment_is_cut_too(gate: Gate, deployment: LocalDeployment, clock: Clock) -> None:
    assert gate("revoke", "alice@example.com", "--json").code == 0
    gate("grants", "give", "alice@example.com", "alice-notebook")
    clock.ahead = 2
    # As if the grant had been read just before: the credentials are newer than the command, yet denied.
    assert TestUser(deployment).open("/open", "alice@example.com").status_code == 502


def test_everybody_can_be_cut(gate: Gate, deployment: LocalDeployment, clock: Clock, at_once: None) -> None:
    opened = [Opened(deployment, f"{name}@example.com", f"/open/{name}-notebook") for name in ("alice", "bob")]
    granted = gate("grants", "export").out
    said = gate("revoke", "--everybody", "--json")
    assert (said.code, said.json["taken"]) == (0, [])
    assert not any(each.is_open() for each in opened)
    assert gate("grants", "export").out == granted
    time.sleep(2)
    clock.ahead = 2
    assert Opened(deployment, "alice@example.com", "/open/alice-notebook").is_open()


def _cutoffs(deployment: LocalDeployment) -> dict[str, int]:
    """Return the moments before which sign-ins count for nothing, by subject."""
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
def test_sign_ins_from_before_count_for_nothing(
    gate: Gate, deployment: LocalDeployment, words: tuple[str, ...], subjects: set[str]
) -> None:
    before = int(time.time())
    said = gate("revoke", *words, "--json")
    assert said.code == 0
    found = _cutoffs(deployment)
    assert found.keys() == subjects
    assert all(before < moment <= said.json["signed_out_before"] for moment in found.values())
    # Neither these rows nor the denies' are grants.
    assert "cutoff:" not in gate("grants", "list", "--json").out
    assert "revoked:" not in gate("grants", "export").out


def test_a_slow_clock_leaves_no_gap(gate: Gate, deployment: LocalDeployment, monkeypatch: pytest.MonkeyPatch) -> None:
    before = int(time.time())
    monkeypatch.setattr("cli.clock.next_second.__kwdefaults__", {"clock": lambda: before - 7_200})
    said = gate("revoke", "alice@example.com", "--json")
    assert said.json["signed_out_before"] > before
    assert said.json["cut_before"] > before + SESSION_MARGIN


def test_a_later_end_of_sign_ins_stays(gate: Gate, deployment: LocalDeployment) -> None:
    later = int(time.time()) + 100
    deployment.operator("dynamodb").put_item(
        **cutoff_write(deployment.template.table["TableName"], "user:alice@example.com", later)
    )
    assert gate("revoke", "alice@example.com").code == 0
    assert _cutoffs(deployment)["user:alice@example.com"] == later


def test_grants_and_sign_ins_end_before_the_deny_begins(
    gate: Gate, deployment: LocalDeployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []
    real = Authority.check

    def check(self: Authority, call: Call) -> None:
        calls.append(call.operation)
        real(self, call)

    monkeypatch.setattr(Authority, "check", check)
    gate("revoke", "alice@example.com")
    order = [each for each in calls if each in ("TransactWriteItems", "PutItem", "PutRolePolicy")]
    # The grants, the end of the sign-ins by both names, the rows of both denies, and the denies.
    assert order == ["TransactWriteItems", "PutItem", "PutItem", "PutItem", "PutItem", "PutRolePolicy"]


def test_what_was_taken_is_said_where_the_deny_cannot_be_written(
    gate: Gate, deployment: LocalDeployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Authority.check

    def check(self: Authority, call: Call) -> None:
        if call.operation == "PutRolePolicy":
            raise ApiError("AccessDenied", "User is not authorized to perform: iam:PutRolePolicy", 403)
        real(self, call)

    monkeypatch.setattr(Authority, "check", check)
    said = gate("revoke", "alice@example.com")
    assert said.code == 3
    assert "Open notebooks are not cut off: AWS denies PutRolePolicy" in said.out
    assert "  gate revoke user:alice@example.com --also slack:T0LOCAL/U0ALICE\n" in said.out
    assert "  gate grants give user:alice@example.com alice-notebook --power start-stop\n" in said.out
    assert "open notebooks are cut off" not in said.out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((), "Name a caller"),
        (("a@example.com", "--everybody"), "Name a caller"),
        (("group:x",), "A group is not a caller"),
        (("x",), "is not a principal"),
    ],
)
def test_whom_to_revoke_has_to_be_said(gate: Gate, words: tuple[str, ...], told: str) -> None:
    said = gate("revoke", *words)
    assert (said.code, told in said.err) == (1, True)


def test_denies_that_are_over_are_tidied_up_by_the_next_revoke(gate: Gate, deployment: LocalDeployment) -> None:
    iam, role = deployment.operator("iam"), deployment.template.launch_role.arn.rpartition("/")[2]
    now = int(time.time())
    some = [Revocation(("old@example.com",), now - DENY_LIFETIME - 5), Revocation(("new@example.com",), now)]
    iam.put_role_policy(RoleName=role, PolicyName=REVOKED_POLICY, PolicyDocument=policy_document(some))

    def denied() -> str:
        return json.dumps(iam.get_role_policy(RoleName=role, PolicyName=REVOKED_POLICY)["PolicyDocument"])

    checks = gate("doctor", "--json").json["checks"]
    assert [check["text"] for check in checks if check["name"] == "revocations"] == [
        "1 denies of gate revoke are in effect; 1 have expired, and the next revoke removes them"
    ]
    assert "old@example.com" in denied()
    gate("revoke", "alice@example.com")
    assert "old@example.com" not in denied()
    assert "new@example.com" in denied()


NAMES = st.from_regex(r"[a-z]{2,20}@[a-z]{2,20}\.example", fullmatch=True) | st.just("Batch=" + "a" * 58)


@given(
    steps=st.lists(st.tuples(NAMES, st.sampled_from([0, 1, 600, 15_000, 30_000])), min_size=1, max_size=80),
    max_characters=st.integers(1_500, MAX_POLICY_CHARACTERS),
)
def test_every_revocation_holds_for_its_time_and_the_policy_fits(
    steps: list[tuple[str, int]], max_characters: int
) -> None:
    now, present = 1_800_000_000, []
    revoked: dict[str, int] = {}
    for name, later in steps:
        now += later
        try:
            present = merged(
                [*present, Revocation((name,), now + SESSION_MARGIN)], now=now, max_characters=max_characters
            )
        except CommandError:
            assert max_characters < 5_000
            return
        revoked[name] = now
        assert len(policy_document(present)) <= max_characters
        assert all(each.before + DENY_LIFETIME > now for each in present)
        statements = json.loads(policy_document(present))["Statement"]
        assert [Revocation.parse(statement) for statement in statements] == present
        for who, since in revoked.items():
            if since + DENY_LIFETIME > now:
                denied = [each.before for each in present if who in each.names]
                assert denied
                assert max(denied) >= since + SESSION_MARGIN


def test_one_for_everybody_names_nobody() -> None:
    statement = Revocation((EVERYBODY,), 1_800_000_000).statement()
    assert statement["Condition"] == {"DateLessThan": {"aws:TokenIssueTime": "2027-01-15T08:00:00Z"}}
    assert Revocation.parse(statement).names == (EVERYBODY,)


def test_more_than_iam_holds_is_refused_with_a_way_out() -> None:
    present: list[Any] = []

    def revoke_all() -> None:
        for number in range(1_000):
            another = Revocation((f"person{number}@example.com",), 1_800_000_000 + number + SESSION_MARGIN)
            present[:] = merged([*present, another], now=1_800_000_000 + number, max_characters=MAX_POLICY_CHARACTERS)

    with pytest.raises(CommandError, match="gate revoke --everybody"):
        revoke_all()
    assert sum(len(each.names) for each in present) > 100
