"""Grants with `{user}`: one for a whole group, by which each person opens their own notebook."""

import pytest

from gate.values.notebook import USER
from local.aws.studio_resources import App, Profile, Space
from testing.asking import RULES, browser_of, configure, post
from testing.environment import JSON
from testing.harness import Harness
from testing.slack import Slack

GROUP = "group:data-science"
PROFILE, SPACE = f"studio:d-abc/{USER}", f"studio:d-abc/{USER}/{USER}-space"
MEMBER = {"groups": ["data-science"]}


@pytest.fixture
def users(harness: Harness) -> Harness:
    """A deployment in which a group has one grant for the profiles and one for the spaces of its members."""
    harness.configure(
        GATE_STUDIO_DOMAINS="d-abc", GATE_USER_NAMES_SOURCE="address", GATE_USER_NAMES_DOMAIN="example.com"
    )
    for name in ("alice", "bob", "a-b"):
        harness.aws.studio.profiles["d-abc", name] = Profile()
        harness.aws.studio.spaces["d-abc", f"{name}-space"] = Space(owner=name, app=App("InService", 0, "ml.t3.medium"))
    harness.aws.table.clear()
    harness.aws.grant(GROUP, SPACE, power="start")
    return harness


def _status(harness: Harness, email: str, path: str, **claims: object) -> int:
    return browser_of(harness, email, **(MEMBER | claims)).get(path).status


def test_each_person_opens_their_own_space_and_no_other(users: Harness) -> None:
    for name, other in (("alice", "bob"), ("bob", "alice")):
        assert _status(users, f"{name}@example.com", f"/open/studio~d-abc~{name}~{name}-space") == 302
        assert _status(users, f"{name}@example.com", f"/open/studio~d-abc~{other}~{other}-space") == 403
        assert _status(users, f"{name}@example.com", f"/open/studio~d-abc~{name}~{other}-space") == 403
    assert {call["UserProfileName"] for call in users.aws.called("create_presigned_domain_url")} == {"alice", "bob"}
    policies = [call["Policy"] for call in users.aws.called("assume_role")]
    assert all(USER not in policy for policy in policies)


def test_the_list_shows_what_it_becomes(users: Harness) -> None:
    alice = browser_of(users, "alice@example.com", **MEMBER)
    (row,) = alice.get("/", headers=JSON).json["notebooks"]
    assert (row["notebook"], row["power"]) == ("studio:d-abc/alice/alice-space", "start")
    assert USER not in alice.get("/").body
    assert alice.get("/open").status == 302


@pytest.mark.parametrize(
    "email",
    [
        "a-b@example.com",  # a.b@example.com has this name
        "a_b@example.com",
        "a.b@example.org",
        "a.b+x@example.com",
        "A.B@EXAMPLE.ORG",
    ],
)
def test_addresses_that_collide_are_refused(users: Harness, email: str) -> None:
    assert _status(users, "a.b@example.com", "/open/studio~d-abc~a-b~a-b-space") == 302
    assert _status(users, email, "/open/studio~d-abc~a-b~a-b-space") == 403
    assert browser_of(users, email, **MEMBER).get("/", headers=JSON).json == {"notebooks": []}


def test_people_outside_the_group_have_nothing(users: Harness) -> None:
    assert _status(users, "alice@example.com", "/open/studio~d-abc~alice~alice-space", groups=[]) == 403


def test_without_the_setting_nobody_has_a_name(users: Harness) -> None:
    users.configure(GATE_USER_NAMES_SOURCE="", GATE_USER_NAMES_DOMAIN="")
    assert _status(users, "alice@example.com", "/open/studio~d-abc~alice~alice-space") == 403


def test_the_placeholder_itself_opens_nothing(users: Harness) -> None:
    alice = browser_of(users, "alice@example.com", **MEMBER)
    for name in (USER, "%7Buser%7D", f"studio~d-abc~{USER}~{USER}-space", "studio~d-abc~%7Buser%7D"):
        assert alice.get(f"/open/{name}").status == 400


def test_all_grants_for_one_notebook_are_one_union(users: Harness) -> None:
    users.aws.grant("user:alice@example.com", "studio:d-abc/alice/alice-space", power="none", default=True)
    alice = browser_of(users, "alice@example.com", **MEMBER)
    (row,) = alice.get("/", headers=JSON).json["notebooks"]
    assert (row["power"], row["default"]) == ("start", True)
    users.aws.studio.spaces["d-abc", "alice-space"].app = None
    # The way that opens one notebook finds the same union as the list.
    assert "/start" in alice.get("/open/studio~d-abc~alice~alice-space").body


def test_a_name_that_slack_or_a_client_chose_gives_nothing(users: Harness, slack: Slack) -> None:
    users.aws.table.clear()
    # Granted to the very principal, so that only the way of proof decides.
    users.aws.grant("user:alice@example.com", SPACE)
    slack.harness.configure(
        GATE_SLACK_EMAIL_DOMAINS="example.com",
        GATE_STUDIO_DOMAINS="d-abc",
        GATE_USER_NAMES_SOURCE="address",
        GATE_USER_NAMES_DOMAIN="example.com",
        GATE_USER_ROLES="arn:aws:iam::123456789012:role/DataScientist",
    )
    users.aws.grant("user:alice@example.com", "alice-notebook")
    shown = str(slack.ask().blocks)
    assert ("alice-notebook" in shown, "alice-space" in shown) == (True, False)
    role_session = "arn:aws:sts::123456789012:assumed-role/DataScientist/alice@example.com"
    assert users.browser.get("/iam/open/alice-notebook", iam=role_session).status == 302
    assert users.browser.get("/iam/open/studio~d-abc~alice~alice-space", iam=role_session).status == 403
    assert _status(users, "alice@example.com", "/open/studio~d-abc~alice~alice-space") == 302


def test_an_owner_by_such_a_grant_decides_on_their_own_notebook_alone(users: Harness) -> None:
    configure(users, {**RULES, "approvers": {}})
    users.aws.grant(GROUP, SPACE, owner=True)
    bob, alice = browser_of(users, "bob@example.com", **MEMBER), browser_of(users, "alice@example.com", **MEMBER)
    carol = browser_of(users, "carol@example.com")
    asked = post(carol, "/requests", notebook="studio:d-abc/alice/alice-space", reason="r", seconds=3600)
    request = carol.path_of(asked.location)
    assert bob.get(request).status == 404
    assert "asks for studio:d-abc/alice/alice-space" in alice.get(request).body
    assert post(alice, request, decision="allow", seconds=3600).status == 303
    assert carol.get("/open/studio~d-abc~alice~alice-space").status == 302
