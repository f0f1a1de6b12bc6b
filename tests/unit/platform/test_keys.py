"""The rotation of the signing key: it signs nobody out, and the previous key signs no new values."""

import datetime

import pytest

from gate.platform.keys import KEY_LOOKUP_INTERVAL
from gate.platform.secrets import SECRET_TTL
from testing.aws import SIGNING_KEY, refusal
from testing.harness import Harness

NEW = "unit-test-new-key-0123456789abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJKL"


def _rotate(harness: Harness) -> None:
    """Rotate the key, as an operator does."""
    harness.aws.previous["arn:session"] = harness.aws.secrets["arn:session"]
    harness.aws.secrets["arn:session"] = NEW
    harness.aws.created = datetime.datetime.fromtimestamp(harness.clock.now, datetime.UTC)


def _is_signed_in(harness: Harness) -> bool:
    return harness.browser.get("/open").location.startswith("https://alice-notebook.")


@pytest.mark.parametrize("later", [0, 1, SECRET_TTL + 1, 3600])
def test_a_rotation_of_the_key_signs_nobody_out(harness: Harness, later: int) -> None:
    harness.sign_in()
    _rotate(harness)
    harness.clock.now += later
    assert _is_signed_in(harness)


def test_a_sign_in_at_an_instance_with_the_new_key_is_valid_at_all_instances(harness: Harness) -> None:
    harness.sign_in()
    _rotate(harness)
    harness.configure()  # an instance that reads the new key first
    harness.sign_in()
    cookies = dict(harness.browser.cookies)
    harness.aws.secrets["arn:session"] = SIGNING_KEY
    harness.configure()  # an instance that has cached the old key at the time of the rotation
    harness.sign_in("bob@example.com")
    harness.aws.secrets["arn:session"] = NEW
    harness.browser.cookies = cookies
    assert _is_signed_in(harness)


def test_the_previous_key_signs_no_new_values(harness: Harness) -> None:
    rotated_at = harness.clock.now
    harness.clock.now += 3 * SECRET_TTL
    harness.sign_in()  # by a thief who has the old key, long after the rotation
    forged = dict(harness.browser.cookies)
    _rotate(harness)
    harness.aws.created = datetime.datetime.fromtimestamp(rotated_at, datetime.UTC)
    harness.configure()
    harness.browser.cookies = forged
    assert not _is_signed_in(harness)


def test_a_sign_in_by_the_previous_key_expires_as_usual(harness: Harness) -> None:
    harness.sign_in()
    _rotate(harness)
    harness.clock.now += 28_801
    assert not _is_signed_in(harness)


def test_invented_key_ids_do_not_flood_secrets_manager(harness: Harness) -> None:
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


def test_people_stay_signed_in_while_the_key_cannot_be_read(harness: Harness) -> None:
    harness.sign_in()
    harness.aws.errors["get_secret_value"] = refusal("InternalServiceError")
    harness.clock.now += SECRET_TTL + 1
    assert _is_signed_in(harness)
    assert _is_signed_in(harness)
    # The key is read again soon, but not for each request.
    reads = len(harness.aws.called("get_secret_value"))
    harness.clock.now += KEY_LOOKUP_INTERVAL + 1
    assert _is_signed_in(harness)
    assert len(harness.aws.called("get_secret_value")) == reads + 1


def test_a_forged_cookie_causes_no_failure_while_the_key_cannot_be_read(harness: Harness) -> None:
    harness.sign_in()
    harness.aws.errors["get_secret_value"] = refusal("InternalServiceError")
    (name,) = (name for name in harness.browser.cookies if "session" in name)
    harness.browser.cookies[name] = "deadbeef.x.y.z"
    assert harness.browser.get("/open").status == 302
