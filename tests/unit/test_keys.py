"""A new signing key signs nobody out, and an old one signs nothing new."""

import datetime

import pytest

from gate.keys import SOON
from gate.secrets import KEPT
from tests.unit.aws import SIGNING_KEY, refusal
from tests.unit.conftest import World

NEW = "unit-test-new-key-0123456789abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJKL"


def _change(world: World) -> None:
    """Change the key, as an operator does."""
    world.aws.previous["arn:session"] = world.aws.secrets["arn:session"]
    world.aws.secrets["arn:session"] = NEW
    world.aws.created = datetime.datetime.fromtimestamp(world.clock.now, datetime.UTC)


def _is_in(world: World) -> bool:
    return world.browser.get("/open").location.startswith("https://alice-notebook.")


@pytest.mark.parametrize("later", [0, 1, KEPT + 1, 3600])
def test_a_change_of_the_key_signs_nobody_out(world: World, later: int) -> None:
    world.sign_in()
    _change(world)
    world.clock.now += later
    assert _is_in(world)


def test_who_signed_in_at_an_instance_that_knows_the_new_key_is_known_to_all(world: World) -> None:
    world.sign_in()
    _change(world)
    world.configure()  # an instance that reads the new key first
    world.sign_in()
    cookies = dict(world.browser.cookies)
    world.aws.secrets["arn:session"] = SIGNING_KEY
    world.configure()  # one that still has the old key, when the change comes
    world.sign_in("bob@example.com")
    world.aws.secrets["arn:session"] = NEW
    world.browser.cookies = cookies
    assert _is_in(world)


def test_the_old_key_signs_nothing_new(world: World) -> None:
    changed = world.clock.now
    world.clock.now += 3 * KEPT
    world.sign_in()  # at a thief's, who has the old key, long after the change
    forged = dict(world.browser.cookies)
    _change(world)
    world.aws.created = datetime.datetime.fromtimestamp(changed, datetime.UTC)
    world.configure()
    world.browser.cookies = forged
    assert not _is_in(world)


def test_an_old_sign_in_still_ends_in_its_time(world: World) -> None:
    world.sign_in()
    _change(world)
    world.clock.now += 28_801
    assert not _is_in(world)


def test_made_up_key_ids_do_not_hammer_secrets_manager(world: World) -> None:
    world.sign_in()
    before = len(world.aws.called("get_secret_value"))
    (name,) = (name for name in world.browser.cookies if "session" in name)
    for number in range(50):
        world.browser.cookies[name] = f"{number:08x}.x.y.z"
        world.browser.get("/open")
    assert len(world.aws.called("get_secret_value")) <= before + 2
    world.clock.now += SOON
    world.browser.get("/open")
    assert len(world.aws.called("get_secret_value")) <= before + 4


def test_while_the_key_cannot_be_read_people_stay_signed_in(world: World) -> None:
    world.sign_in()
    world.aws.errors["get_secret_value"] = refusal("InternalServiceError")
    world.clock.now += KEPT + 1
    assert _is_in(world)
    assert _is_in(world)
    # It is read again soon, but not for each request.
    asked = len(world.aws.called("get_secret_value"))
    world.clock.now += SOON + 1
    assert _is_in(world)
    assert len(world.aws.called("get_secret_value")) == asked + 1


def test_a_forged_cookie_is_no_failure_even_then(world: World) -> None:
    world.sign_in()
    world.aws.errors["get_secret_value"] = refusal("InternalServiceError")
    (name,) = (name for name in world.browser.cookies if "session" in name)
    world.browser.cookies[name] = "deadbeef.x.y.z"
    assert world.browser.get("/open").status == 302
