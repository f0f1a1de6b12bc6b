"""The line of the audit log names the rows of the grants that a request was decided by."""

import pytest

from gate.platform.audit import MAX_GRANTED_TO, granted_to
from gate.values.grant import Grant, union
from gate.values.notebook import USER, Notebook
from local.aws.studio_resources import Profile
from testing.asking import browser_of
from testing.environment import JSON
from testing.harness import Harness
from testing.log_lines import Lines
from testing.slack import TEAM, Slack

OWN, GROUP = "user:alice@example.com alice-notebook", "group:data science alice-notebook"


def _last(lines: Lines) -> tuple[str, str, str | None]:
    line = lines.decisions[-1]
    return line["action"], line["outcome"], line.get("granted_to")


def test_all_rows_that_a_union_combines_are_named(harness: Harness, lines: Lines) -> None:
    harness.aws.grant("group:data science", "alice-notebook")
    browser_of(harness, "alice@example.com", groups=["data science"]).get("/open/alice-notebook")
    assert _last(lines) == ("open", "allowed", f"{OWN}\n{GROUP}")


def test_every_way_to_open_a_notebook_names_the_rows(harness: Harness, lines: Lines) -> None:
    harness.sign_in()
    harness.browser.get("/open")
    assert _last(lines) == ("open", "allowed", OWN)
    harness.browser.get("/open/alice-notebook", headers=JSON)
    assert _last(lines) == ("open", "allowed", OWN)
    role = "iam:arn:aws:iam::123456789012:role/Batch"
    harness.aws.grant(role, "alice-notebook")
    harness.browser.get("/iam/open/alice-notebook", iam="arn:aws:sts::123456789012:assumed-role/Batch/job")
    assert _last(lines) == ("open", "allowed", f"{role} alice-notebook")


def test_a_ticket_from_slack_names_the_rows_of_its_person(slack: Slack, lines: Lines) -> None:
    slack.harness.aws.grant(f"slack:{TEAM}/U0ALICE", "alice-notebook")
    link = next(button["url"] for button in slack.ask().buttons if button["action_id"] == "open")
    slack.harness.browser.get(slack.harness.browser.path_of(link))
    assert _last(lines) == ("open", "allowed", f"slack:{TEAM}/U0ALICE alice-notebook\n{OWN}")


@pytest.mark.parametrize("action", ["start", "stop"])
def test_a_start_and_a_stop_name_the_rows(slack: Slack, lines: Lines, action: str) -> None:
    harness = slack.harness
    harness.aws.grant("user:alice@example.com", "alice-notebook", power="start-stop")
    harness.sign_in()
    harness.browser.post(f"/notebooks/alice-notebook/{action}")
    assert _last(lines) == (action, "allowed", OWN)
    slack.ask("press", action_id=action, block_id="all:alice-notebook")
    assert _last(lines) == (action, "allowed", OWN)


def test_a_row_is_named_as_it_is_written(harness: Harness, lines: Lines) -> None:
    harness.configure(
        GATE_STUDIO_DOMAINS="d-abc", GATE_USER_NAMES_SOURCE="address", GATE_USER_NAMES_DOMAIN="example.com"
    )
    harness.aws.studio.profiles["d-abc", "alice"] = Profile()
    harness.aws.grant("group:all", f"studio:d-abc/{USER}")
    alice = browser_of(harness, "alice@example.com", groups=["all"])
    alice.get("/open/studio~d-abc~alice")
    assert _last(lines) == ("open", "allowed", f"group:all studio:d-abc/{USER}")
    harness.aws.table.clear()
    harness.aws.grant("user:alice@example.com", "123456789012/eu-west-1/alice-notebook")
    alice.get("/open/alice-notebook")
    assert _last(lines) == ("open", "allowed", "user:alice@example.com 123456789012/eu-west-1/alice-notebook")


def test_a_refused_request_and_a_list_name_no_rows(harness: Harness, lines: Lines) -> None:
    harness.sign_in()
    harness.browser.get("/open/bob-notebook")
    harness.browser.get("/")
    assert ["granted_to" in line for line in lines.decisions] == [False, False, False]


def test_a_line_stays_short_enough_for_a_log_event(harness: Harness, lines: Lines) -> None:
    groups = [f"{number:03}-{'x' * 500}" for number in range(MAX_GRANTED_TO // 500)]
    for group in groups:
        harness.aws.grant(f"group:{group}", "alice-notebook")
    browser_of(harness, "alice@example.com", groups=groups[:150]).get("/open/alice-notebook")
    assert len(str(_last(lines)[2]).split("\n")) == 151
    browser_of(harness, "alice@example.com", groups=groups).get("/open/alice-notebook")
    assert _last(lines) == ("open", "allowed", None)


def test_the_order_of_the_grants_does_not_matter() -> None:
    grants = [Grant(principal, Notebook("n"), 1800, row_notebook="n") for principal in ("group:a", "user:b", "user:a")]
    assert granted_to(union(grants)) == granted_to(union(grants[::-1])) == "user:a n\nuser:b n\ngroup:a n"
