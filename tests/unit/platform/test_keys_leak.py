"""A leaked key: which keys an instance accepts, for how long, and the command that ends all of them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.platform.keys import KeyRing
from gate.platform.secrets import SECRET_TTL, Secret
from gate.platform.signing import CLOCK_SKEW, BadSignatureError, Key, Signer
from gate.values.errors.upstream import AwsError
from testing.clock import StoppedClock

SIGN_IN = 28_800
START = 1_800_000_000


@dataclass
class SecretsManager:
    """The versions of one secret, with the labels that PutSecretValue assigns (API reference)."""

    clock: StoppedClock
    versions: list[Secret] = field(default_factory=list)
    fails: set[str] = field(default_factory=set)
    """Labels whose versions cannot be read."""
    stale: dict[str, Secret] = field(default_factory=dict)
    """Stale versions to return, by label."""

    def put(self, text: str) -> None:
        self.versions.append(Secret(text, self.clock.now))

    def read(self, stage: str) -> Secret:
        index = {"AWSCURRENT": -1, "AWSPREVIOUS": -2}[stage]
        if stage in self.fails or len(self.versions) < -index:
            raise AwsError
        return self.stale.get(stage, self.versions[index])


@dataclass
class Deployment:
    clock: StoppedClock = field(default_factory=lambda: StoppedClock(START))
    instances: list[Signer] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.secrets = SecretsManager(self.clock)
        self.secrets.put("K0")

    def start(self) -> Signer:
        keys = KeyRing(self.secrets.read, clock=self.clock, report_age=lambda _: None)
        signer = Signer(keys, purpose="session", max_age=timedelta(seconds=SIGN_IN), clock=self.clock)
        self.instances.append(signer)
        return signer

    def forge(self, key: str, *, at: float) -> str:
        """Return a value that a thief signed with the stolen `key`, with the timestamp `at`."""

        class StolenKeys:
            def current(self) -> Key:
                return Key(key)

            def with_id(self, key_id: str) -> Key | None:
                raise NotImplementedError

        return Signer(StolenKeys(), purpose="session", max_age=timedelta(1), clock=lambda: at).sign("mallory")

    def rotate(self, text: str) -> None:
        self.secrets.put(text)

    def rotate_leaked(self, text: str) -> None:
        """Do the same as `gate rotate-key --leaked`. tests/cli/test_rotate.py tests the command itself."""
        self.secrets.put(f"{text}-never-used")
        self.secrets.put(text)


def _accepts(instance: Signer, value: str) -> bool:
    try:
        instance.read(value)
    except BadSignatureError:
        return False
    return True


@pytest.fixture
def deployed() -> Deployment:
    return Deployment()


@pytest.mark.parametrize("later", [301, 3_600, 6 * 3_600])
def test_the_previous_key_is_dropped_when_the_current_one_changes(deployed: Deployment, later: int) -> None:
    deployed.rotate("K1")
    signed = deployed.start().sign("alice")
    deployed.rotate("K2")
    instance = deployed.start()
    assert _accepts(instance, signed)  # K1 is the cached previous key
    deployed.rotate("K3")
    deployed.clock.now += later
    assert not _accepts(instance, signed)
    assert not _accepts(instance, deployed.forge("K1", at=deployed.clock.now))


def test_a_previous_key_that_can_no_longer_be_read_is_dropped(deployed: Deployment) -> None:
    signed = deployed.start().sign("alice")
    deployed.rotate("K1")
    instance = deployed.start()
    assert _accepts(instance, signed)
    deployed.secrets.fails.add("AWSPREVIOUS")
    deployed.clock.now += SECRET_TTL
    assert not _accepts(instance, signed)
    deployed.secrets.fails.clear()
    deployed.clock.now += 10
    assert _accepts(instance, signed)


def test_a_stale_previous_key_expires(deployed: Deployment) -> None:
    deployed.rotate("K1")
    leaked = deployed.forge("K0", at=deployed.clock.now)
    deployed.secrets.stale["AWSPREVIOUS"] = deployed.secrets.read("AWSPREVIOUS")
    deployed.rotate_leaked("K2")
    instance = deployed.start()
    assert _accepts(instance, leaked)
    deployed.secrets.stale.clear()
    deployed.clock.now += SECRET_TTL
    assert not _accepts(instance, leaked)


def test_a_plain_rotation_limits_a_stolen_key_and_does_not_end_it(deployed: Deployment) -> None:
    instance, rotated_at = deployed.start(), deployed.clock.now
    instance.sign("alice")
    deployed.rotate("K1")
    deployed.clock.now += SECRET_TTL + CLOCK_SKEW + 3_600
    # The thief chooses the timestamp, so that the value seems to be from before the rotation.
    assert _accepts(instance, deployed.forge("K0", at=rotated_at))
    assert not _accepts(instance, deployed.forge("K0", at=deployed.clock.now))
    # Values that the thief can make expire when a sign-in from before the rotation does.
    deployed.clock.now = rotated_at + SECRET_TTL + CLOCK_SKEW + SIGN_IN + 1
    assert not any(_accepts(instance, deployed.forge("K0", at=rotated_at + s)) for s in range(0, 2 * SIGN_IN, 300))


STEPS = st.one_of(
    st.tuples(st.just("wait"), st.integers(0, 700)),
    st.tuples(st.just("start"), st.just(0)),
    st.tuples(st.just("rotate"), st.just(0)),
    st.tuples(st.just("read"), st.integers(0, 20)),
    st.tuples(st.just("fail"), st.sampled_from([0, 1])),
)


@given(before=st.lists(STEPS, max_size=25), after=st.lists(STEPS, max_size=25))
def test_after_the_command_for_a_leak_no_instance_accepts_an_older_key(
    before: list[tuple[str, int]], after: list[tuple[str, int]]
) -> None:
    deployed = Deployment()
    deployed.start()
    _execute(deployed, before, lambda _: None)
    old_keys = [secret.text for secret in deployed.secrets.versions]
    deployed.secrets.fails.clear()
    deployed.rotate_leaked("NEW")
    rotated_at = deployed.clock.now

    def check(instance: Signer) -> None:
        if deployed.clock.now >= rotated_at + SECRET_TTL:
            times = (rotated_at - 60, rotated_at, deployed.clock.now)
            assert not any(_accepts(instance, deployed.forge(key, at=at)) for key in old_keys for at in times)

    _execute(deployed, after, check)
    deployed.clock.now = max(deployed.clock.now, rotated_at + SECRET_TTL)
    for instance in deployed.instances:
        check(instance)


def _execute(deployed: Deployment, steps: list[tuple[str, int]], check: Callable[[Signer], None]) -> None:
    for number, (step, value) in enumerate(steps):
        match step:
            case "wait":
                deployed.clock.now += value
            case "start":
                deployed.start()
            case "rotate":
                deployed.rotate(f"{len(deployed.secrets.versions)}-{number}")
            case "fail":
                # The current key can always be read: without Secrets Manager, an instance keeps its cached key.
                deployed.secrets.fails = {"AWSPREVIOUS"} if value else set()
            case "read":
                instance = deployed.instances[value % len(deployed.instances)]
                for secret in deployed.secrets.versions:
                    _accepts(instance, deployed.forge(secret.text, at=deployed.clock.now - value))
                check(instance)
