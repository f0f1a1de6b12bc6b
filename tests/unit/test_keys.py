"""A new signing key signs nobody out, and an old one signs nothing new."""

import datetime

import pytest

from gate.keys import KEY_LOOKUP_INTERVAL
from gate.secrets import SECRET_TTL
from tests.unit.aws import SIGNING_KEY, refusal
from tests.unit.conftest import Harness

NEW = "unit-test-new-key-0123456789abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJKL"


def _change(harness: Harness) -> None:
    """Change the key, as an operator does."""
    harness.aws.previous["arn:session"] = harness.aws.secrets["arn:session"]
    harness.aws.secrets["arn:session"] = NEW
    harness.aws.created = datetime.datetime.fromtimestamp(harness.clock.now, datetime.UTC)


def _is_in(harness: Harness) -> bool:
    return harness.browser.get("/open").location.startswith("https://alice-notebook.")


@pytest.mark.parametrize("later", [0, 1, SECRET_TTL + 1, 3600])
def test_a_change_of_the_key_signs_nobody_out(harness: Harness, later: int) -> None:
    harness.sign_in()
    _change(harness)
    harness.clock.now += later
    assert _is_in(harness)


def test_who_signed_in_at_an_instance_that_knows_the_new_key_is_known_to_all(harness: Harness) -> None:
    harness.sign_in()
    _change(harness)
    harness.configure()  # an instance that reads the new key first
    harness.sign_in()
    cookies = dict(harness.browser.cookies)
    harness.aws.secrets["arn:session"] = SIGNING_KEY
    harness.configure()  # one that still has the old key, when the change comes
    harness.sign_in("bob@example.com")
    harness.aws.secrets["arn:session"] = NEW
    harness.browser.cookies = cookies
    assert _is_in(harness)


def test_the_old_key_signs_nothing_new(harness: Harness) -> None:
    changed = harness.clock.now
    harness.clock.now += 3 * SECRET_TTL
    harness.sign_in()  # at a thief's, who has the old key, long after the change
    forged = dict(harness.browser.cookies)
    _change(harness)
    harness.aws.created = datetime.datetime.fromtimestamp(changed, datetime.UTC)
    harness.configure()
    harness.browser.cookies = forged
    assert not _is_in(harness)


def test_an_old_sign_in_still_ends_in_its_time(harness: Harness) -> None:
    harness.sign_in()
    _change(harness)
    harness.clock.now += 28_801
    assert not _is_in(harness)


def test_made_up_key_ids_do_not_hammer_secrets_manager(harness: Harness) -> None:
    harness.sign_in()
    before = len(harness.aws.called("get_secret_value"))
    (name,) = (name for name in harness.browser.cookies if "session" in name)
    for number in range(50):
        harness.browser.cookies[name] = f"{number:08x}.x.y.z"
        harness.browser.get("/open")
    assert len(harness.aws.called("get_secret_value")) <= before + 2
    harness.clock.now += KEY_LOOKUP_INTERVAL
    harness.browser.get("/open")
    assert len(harness.aws.called("get_secret_value")) <= before + 4


def test_while_the_key_cannot_be_read_people_stay_signed_in(harness: Harness) -> None:
    harness.sign_in()
    harness.aws.errors["get_secret_value"] = refusal("InternalServiceError")
    harness.clock.now += SECRET_TTL + 1
    assert _is_in(harness)
    assert _is_in(harness)
    # It is read again soon, but not for each request.
    asked = len(harness.aws.called("get_secret_value"))
    harness.clock.now += KEY_LOOKUP_INTERVAL + 1
    assert _is_in(harness)
    assert len(harness.aws.called("get_secret_value")) == asked + 1


def test_a_forged_cookie_is_no_failure_even_then(harness: Harness) -> None:
    harness.sign_in()
    harness.aws.errors["get_secret_value"] = refusal("InternalServiceError")
    (name,) = (name for name in harness.browser.cookies if "session" in name)
    harness.browser.cookies[name] = "deadbeef.x.y.z"
    assert harness.browser.get("/open").status == 302
