"""Groups in Slack: who is in the Slack user group that stands for a group asks and decides as its member."""

from collections.abc import Callable
from typing import Any

import pytest

from gate.slack.api import SlackApi
from gate.values.errors.slack import SlackDownError
from local.slack.page import SlackPage
from testing.asking import RULES, configure
from testing.slack import TEAM, Slack

ALICE, BOB, DANA = "U0ALICE", "U0BOB", "U0DANA"
CHANNEL, LEADS = "C0APPROVERS", "S0LEADS"
BY_GROUP = {"approvers": {"group:leads": ["*"]}, "slack_channel": CHANNEL, "slack_groups": {"leads": LEADS}}


@pytest.fixture
def access(slack: Slack) -> Slack:
    """A workspace in which the members of the group `leads` decide, which the Slack user group stands for."""
    slack.harness.aws.table.clear("user:alice", "group:")
    configure(slack.harness, {**RULES, **BY_GROUP})
    slack.workspace.user_groups[LEADS] = [BOB]
    return slack


def _ask(slack: Slack, user: str = ALICE) -> str:
    """Ask for a notebook, and return what the user reads."""
    slack.post(slack.body("command", user_id=user, text="ask churn-model quarterly report"))
    return _seen(slack, user).text


def _seen(slack: Slack, user: str) -> SlackPage:
    slack.deliver_events()
    page = slack.workspace.seen_by(user, timeout=0)
    assert page is not None
    return page


def _allow(slack: Slack, user: str) -> None:
    page = slack.workspace.seen_by(CHANNEL, timeout=0)
    assert page is not None
    button = next(each for each in page.buttons if each["action_id"] == "access-allow")
    pressed = {"block_id": button["block_id"], "action_id": "access-allow", "value": button["value"]}
    assert slack.post(slack.body("press", user_id=user, actions=[pressed])).status == 200
    slack.deliver_events()


def _granted_by(slack: Slack) -> list[str]:
    return [row["granted_by"]["S"] for row in slack.harness.aws.table.query(["user:alice@example.com"])]


def test_a_member_of_the_user_group_decides(access: Slack) -> None:
    _ask(access)
    _allow(access, DANA)
    assert not _granted_by(access)
    assert "not yours to see or decide" in _seen(access, DANA).text
    _allow(access, BOB)
    assert _granted_by(access) == ["user:bob@example.com"]


def test_a_member_does_not_decide_on_their_own_request(access: Slack) -> None:
    access.workspace.user_groups[LEADS] = [ALICE]
    _ask(access)
    _allow(access, ALICE)
    assert not _granted_by(access)


@pytest.mark.parametrize(
    "profile",
    [
        {},
        {"is_restricted": True},
        {"is_ultra_restricted": True},
        {"is_stranger": True},
        {"deleted": True},
        {"team_id": "T0OTHER", "enterprise_user": {}},
    ],
)
def test_guests_and_users_of_other_workspaces_are_in_no_group(
    access: Slack, monkeypatch: pytest.MonkeyPatch, profile: dict[str, Any]
) -> None:
    user: Callable[[SlackApi, str], Any] = SlackApi.user
    monkeypatch.setattr(SlackApi, "user", lambda self, name: {**user(self, name), **profile})
    # Without domains, nobody loses a name with the membership.
    configure(access.harness, {**RULES, **BY_GROUP}, GATE_SLACK_EMAIL_DOMAINS="")
    _ask(access)
    _allow(access, BOB)
    granted = access.harness.aws.table.query([f"slack:{TEAM}/{ALICE}"])
    assert [row["granted_by"]["S"] for row in granted] == ([] if profile else [f"slack:{TEAM}/{BOB}"])


def test_somebody_who_has_left_the_user_group_decides_for_a_minute_at_most(access: Slack) -> None:
    _ask(access)
    _allow(access, DANA)  # reads the members
    access.workspace.user_groups[LEADS] = []
    access.harness.clock.now += 61
    _allow(access, BOB)
    assert not _granted_by(access)


def test_the_members_are_read_once_a_minute(access: Slack) -> None:
    _ask(access)
    for _ in range(3):
        _allow(access, DANA)
    assert access.workspace.api_calls.count("usergroups.users.list") == 1
    access.harness.clock.now += 60
    _allow(access, DANA)
    assert access.workspace.api_calls.count("usergroups.users.list") == 2


@pytest.mark.parametrize("failure", ["no answer", "no such group"])
def test_if_slack_does_not_name_the_members_nobody_decides_by_the_group(
    access: Slack, monkeypatch: pytest.MonkeyPatch, failure: str
) -> None:
    _ask(access)
    access.harness.clock.now += 61
    if failure == "no such group":
        access.workspace.user_groups.clear()
    else:
        monkeypatch.setattr(SlackApi, "members", _down)
        configure(access.harness, {**RULES, **BY_GROUP})
    _allow(access, BOB)
    assert not _granted_by(access)
    assert "Slack" in _seen(access, BOB).text


def _down(*_: object) -> None:
    raise SlackDownError


def test_without_the_setting_slack_is_not_asked_for_groups(access: Slack) -> None:
    configure(access.harness, {**RULES, **BY_GROUP, "slack_groups": {}})
    _ask(access)
    _allow(access, BOB)
    assert not _granted_by(access)
    assert "usergroups.users.list" not in access.workspace.api_calls


def test_a_member_may_ask_and_gets_access_at_once(access: Slack) -> None:
    rules = {**RULES, **BY_GROUP, "eligible": {"group:leads": ["*"]}, "automatic": {"group:leads": ["churn-*"]}}
    configure(access.harness, rules)
    assert "Allowed by the rule requests.automatic" in _ask(access, BOB)
    assert "no notebook of this name" in _ask(access, DANA).lower()


def test_a_grant_of_the_group_does_not_apply_in_slack(access: Slack) -> None:
    access.harness.aws.grant("group:leads", "churn-model")
    access.post(access.body("command", user_id=BOB, text="churn-model"))
    assert "Open" not in [each.get("text", {}).get("text") for each in _seen(access, BOB).buttons]
