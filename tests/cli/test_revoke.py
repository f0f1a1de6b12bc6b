"""`gate revoke` and `gate rotate-key` end to end: who is out is out at once, and nobody else notices."""

import json
import shlex
import time
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.errors import CommandError
from cli.revocations import EVERYBODY, LIMIT, LONGEST, MARGIN, POLICY, Revocation, document, with_another
from gate.launch.policy import OPEN
from local.sample import Sample
from local.world import World
from tests.cli.conftest import Gate
from trials.person import Person


@pytest.fixture
def world(sample: Sample) -> Iterator[World]:
    with World(sample=sample) as world:
        yield world


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let people come back after a second, not a minute."""
    monkeypatch.setattr("cli.revocations.MARGIN", 1)


class Opened:
    """A notebook that somebody has open in a browser, as AWS sees each of its requests."""

    def __init__(self, world: World, email: str, path: str) -> None:
        self.person = Person(world)
        self._world = world
        url = self.person.open(path, email).headers["Location"]
        self._made = next(made for made in world.urls.made if url.startswith(made.url))

    def is_open(self) -> bool:
        arn = f"arn:aws:sagemaker:eu-west-1:123456789012:notebook-instance/{self._made.notebook}"
        return self._world.authority.allows(self._made.creator, OPEN, arn, "127.0.0.1")


def test_who_is_revoked_is_out_at_once_and_can_be_let_in_again(gate: Gate, world: World, at_once: None) -> None:
    alice, bob = Opened(world, "alice@example.com", "/open"), Opened(world, "bob@example.com", "/open/bob-notebook")
    assert alice.is_open()

    said = gate("revoke", "alice@example.com")

    assert said.code == 0
    assert not alice.is_open()
    assert bob.is_open()
    assert alice.person.go("/open/alice-notebook").status_code == 403
    undo = next(line.strip() for line in said.out.splitlines() if line.strip().startswith("gate grants give"))
    assert undo == "gate grants give user:alice@example.com alice-notebook --power start-stop"
    time.sleep(2)
    assert gate(*shlex.split(undo)[1:]).code == 0
    # The function still keeps credentials from before, which the deny makes worthless: it takes new ones.
    assert alice.person.go("/open/alice-notebook").status_code == 302
    assert not alice.is_open()


def test_a_request_under_way_at_that_moment_is_cut_too(gate: Gate, world: World) -> None:
    assert gate("revoke", "alice@example.com", "--json").code == 0
    gate("grants", "give", "alice@example.com", "alice-notebook")
    # As if the grant had been read just before: the credentials are newer than the command, yet denied.
    assert Person(world).open("/open", "alice@example.com").status_code == 502


def test_everybody_can_be_cut(gate: Gate, world: World, at_once: None) -> None:
    opened = [Opened(world, f"{name}@example.com", f"/open/{name}-notebook") for name in ("alice", "bob")]
    said = gate("revoke", "--everybody", "--json")
    assert (said.code, said.json["taken"]) == (0, [])
    assert not any(each.is_open() for each in opened)
    time.sleep(2)
    assert opened[0].person.go("/open/alice-notebook").status_code == 302


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((), "Say who"),
        (("a@example.com", "--everybody"), "Say who"),
        (("group:x",), "A group has no sessions"),
        (("x",), "is nobody"),
    ],
)
def test_whom_to_revoke_has_to_be_said(gate: Gate, words: tuple[str, ...], told: str) -> None:
    said = gate("revoke", *words)
    assert (said.code, told in said.err) == (1, True)


def test_what_is_elsewhere_is_said_not_to_be_cut(gate: Gate) -> None:
    gate("grants", "give", "alice@example.com", "210987654321/eu-central-1/far")
    said = gate("revoke", "alice@example.com", "--json")
    assert (said.code, said.json["not_cut_in"]) == (3, ["210987654321"])


def test_denies_that_are_over_are_tidied_up_by_the_doctor(gate: Gate, world: World) -> None:
    iam, role = world.operator("iam"), world.deployment.launch_role.arn.rpartition("/")[2]
    now = int(time.time())
    some = [Revocation(("old@example.com",), now - LONGEST - 5), Revocation(("new@example.com",), now)]
    iam.put_role_policy(RoleName=role, PolicyName=POLICY, PolicyDocument=document(some))
    checks = gate("doctor", "--json").json["checks"]
    assert [check["text"] for check in checks if check["name"] == "revocations"] == [
        "1 denies of gate revoke were over, and are tidied up", "1 denies of gate revoke stand",
    ]  # fmt: skip
    kept = iam.get_role_policy(RoleName=role, PolicyName=POLICY)["PolicyDocument"]
    assert "old@example.com" not in json.dumps(kept)


NAMES = st.from_regex(r"[a-z]{2,20}@[a-z]{2,20}\.example", fullmatch=True) | st.just("Batch=" + "a" * 58)


@given(
    steps=st.lists(st.tuples(NAMES, st.sampled_from([0, 1, 600, 15_000, 30_000])), min_size=1, max_size=80),
    room=st.integers(1_500, LIMIT),
)
def test_every_revocation_holds_for_its_time_and_the_policy_fits(steps: list[tuple[str, int]], room: int) -> None:
    now, present = 1_800_000_000, []
    revoked: dict[str, int] = {}
    for name, later in steps:
        now += later
        try:
            present = with_another(present, [name], now=now, room=room)
        except CommandError:
            assert room < 5_000
            return
        revoked[name] = now
        assert len(document(present)) <= room
        assert all(each.before + LONGEST > now for each in present)
        statements = json.loads(document(present))["Statement"]
        assert [Revocation.read(statement) for statement in statements] == present
        for who, since in revoked.items():
            if since + LONGEST > now:
                denied = [each.before for each in present if who in each.names]
                assert denied
                assert max(denied) >= since + MARGIN


def test_one_for_everybody_names_nobody() -> None:
    statement = Revocation((EVERYBODY,), 1_800_000_000).statement()
    assert statement["Condition"] == {"DateLessThan": {"aws:TokenIssueTime": "2027-01-15T08:00:00Z"}}
    assert Revocation.read(statement).names == (EVERYBODY,)


def test_more_than_iam_holds_is_refused_with_a_way_out() -> None:
    present: list[Any] = []

    def revoke_all() -> None:
        for number in range(1_000):
            present[:] = with_another(present, [f"person{number}@example.com"], now=1_800_000_000 + number, room=LIMIT)

    with pytest.raises(CommandError, match="gate revoke --everybody"):
        revoke_all()
    assert sum(len(each.names) for each in present) > 100
