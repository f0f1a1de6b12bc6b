"""People in an organisation (Enterprise Grid) have one principal, whichever workspace Slack names as theirs."""

import json
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest

from gate.slack.api import SlackApi
from gate.values.errors.slack import SlackDownError
from testing.asking import RULES, configure
from testing.log_lines import Lines
from testing.slack import TEAM, Slack

HOME, GRID, PARTNER = "T0HOME9", "E0GRID", "T0PARTNER"
MEMBER = {"id": "U0ALICE", "team_id": HOME, "enterprise_user": {"enterprise_id": GRID, "teams": [HOME, TEAM]}}
STRANGERS: dict[str, Any] = {
    "of another company": {"id": "U0ALICE", "team_id": PARTNER, "is_stranger": True},
    "of another organisation": {"id": "U0ALICE", "enterprise_user": {"enterprise_id": "E0OTHER", "teams": [PARTNER]}},
    "a stranger with our workspace": {**MEMBER, "is_stranger": True},
    "of an unlisted workspace": {"id": "U0ALICE", "team_id": HOME, "enterprise_user": {"teams": [HOME]}},
    "whom Slack does not show": "user_not_found",
}


@pytest.fixture
def grid(slack: Slack, monkeypatch: pytest.MonkeyPatch) -> Slack:
    """A workspace of an organisation. The user has another workspace, too."""
    return _with_user(slack, monkeypatch, MEMBER)


def _with_user(slack: Slack, monkeypatch: pytest.MonkeyPatch, user: Any, **changes: str) -> Slack:
    def fetch(_self: SlackApi, _user: str) -> Any:
        if isinstance(user, str):
            raise SlackDownError(user)
        return user

    monkeypatch.setattr(SlackApi, "user", fetch)
    slack.harness.configure(**{"GATE_SLACK_EMAIL_DOMAINS": "", **changes})
    return slack


def _body(slack: Slack, kind: str, *, home: str, team: str | None = TEAM) -> bytes:
    """Return a request from the workspace `team` in which Slack names `home` as the user's own."""
    if kind == "command":
        return slack.body(kind, team_id=team, enterprise_id=GRID, enterprise_name="Grid")
    payload = slack.payload(kind)
    return slack.body(
        kind,
        user={**payload["user"], "id": "U0ALICE", "team_id": home},
        team={"id": team, "domain": "x", "enterprise_id": GRID} if team else None,
        enterprise={"id": GRID, "name": "Grid"},
    )


def _principal(slack: Slack, lines: Lines, body: bytes) -> str:
    lines.texts.clear()
    assert slack.post(body).status == 200
    with suppress(SlackDownError):  # the window of the press is not open
        slack.deliver_events()
    return str(lines.decisions[-1]["subject"])


INTERACTIONS = ("shortcut", "press", "press_in_window")


@pytest.mark.parametrize("teams", [TEAM, f"{TEAM},{GRID}", f"{GRID},{TEAM}"])
@pytest.mark.parametrize("home", [TEAM, HOME, GRID])
@pytest.mark.parametrize("kind", ["command", *INTERACTIONS])
def test_every_request_of_a_person_has_one_principal(
    grid: Slack, lines: Lines, kind: str, home: str, teams: str
) -> None:
    grid.harness.configure(GATE_SLACK_TEAMS=teams)
    assert _principal(grid, lines, _body(grid, kind, home=home)) == f"slack:{TEAM}/U0ALICE"


@pytest.mark.parametrize("home", [HOME, GRID])
@pytest.mark.parametrize("kind", ["command", *INTERACTIONS])
def test_with_the_organisation_alone_it_is_the_team_of_the_principal(
    grid: Slack, lines: Lines, kind: str, home: str
) -> None:
    grid.harness.configure(GATE_SLACK_TEAMS=GRID)
    for team in (TEAM, HOME):
        assert _principal(grid, lines, _body(grid, kind, home=home, team=team)) == f"slack:{GRID}/U0ALICE"


@pytest.mark.parametrize("home", [HOME, GRID])
@pytest.mark.parametrize("kind", INTERACTIONS)
def test_a_request_without_a_workspace_has_the_listed_one(grid: Slack, lines: Lines, kind: str, home: str) -> None:
    grid.harness.configure(GATE_SLACK_TEAMS=f"{GRID},{TEAM}")
    assert _principal(grid, lines, _body(grid, kind, home=home, team=None)) == f"slack:{TEAM}/U0ALICE"


@pytest.mark.parametrize("who", STRANGERS)
@pytest.mark.parametrize("home", [HOME, PARTNER, "E0OTHER"])
@pytest.mark.parametrize("kind", INTERACTIONS)
def test_strangers_in_a_shared_channel_get_an_empty_401(
    slack: Slack, monkeypatch: pytest.MonkeyPatch, kind: str, home: str, who: str
) -> None:
    _with_user(slack, monkeypatch, STRANGERS[who])
    answer = slack.post(_body(slack, kind, home=home))
    assert (answer.status, answer.body) == (401, "")
    assert not slack.harness.aws.called("invoke")
    assert not slack.harness.aws.called("put_item")


def test_a_person_of_another_listed_company_keeps_the_principal_of_their_own_workspace(
    slack: Slack, monkeypatch: pytest.MonkeyPatch, lines: Lines
) -> None:
    _with_user(slack, monkeypatch, STRANGERS["of another company"], GATE_SLACK_TEAMS=f"{TEAM},{PARTNER}")
    for team in (TEAM, PARTNER):
        body = _body(slack, "press", home=PARTNER, team=team)
        assert _principal(slack, lines, body) == f"slack:{PARTNER}/U0ALICE"


def test_the_window_to_ask_for_access_has_the_same_principal(grid: Slack, lines: Lines) -> None:
    configure(grid.harness, RULES)
    values = {"notebook": {"value": "churn-model"}, "reason": {"value": "report"}}
    values["seconds"] = {"selected_option": {"value": "3600"}}  # type: ignore[dict-item]
    submission = {
        **json.loads(dict(parse_qsl(_body(grid, "press", home=HOME).decode()))["payload"]),
        "type": "view_submission",
        "view": {
            "id": "V0",
            "callback_id": "ask",
            "state": {"values": {name: {name: value} for name, value in values.items()}},
        },
    }
    body = urlencode({"payload": json.dumps(submission)}).encode()
    assert _principal(grid, lines, body) == f"slack:{TEAM}/U0ALICE"


def test_if_slack_does_not_say_where_a_user_belongs_nothing_happens(
    slack: Slack, monkeypatch: pytest.MonkeyPatch
) -> None:
    _with_user(slack, monkeypatch, "ratelimited")
    answer = slack.post(_body(slack, "press", home=HOME))
    assert (answer.status, answer.json["error"]) == (502, "slack_down")
    assert not slack.harness.aws.called("invoke")
    # Slack is not asked about people whom it names in the workspace itself.
    assert slack.post(_body(slack, "press", home=TEAM)).status == 200


def test_what_slack_says_about_a_user_is_cached_for_five_minutes(slack: Slack, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    monkeypatch.setattr(SlackApi, "user", lambda _self, user: asked.append(user) or MEMBER)
    slack.harness.configure()
    for _ in range(3):
        assert slack.post(_body(slack, "press", home=HOME)).status == 200
        slack.deliver_events()
    assert asked == ["U0ALICE"]
    slack.harness.clock.now += 301
    assert slack.post(_body(slack, "press", home=HOME)).status == 200
    assert len(asked) == 2
