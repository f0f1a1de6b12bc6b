"""Titles of grants: what people read in place of a notebook's name."""

import pytest

from testing.environment import JSON
from testing.harness import Harness
from testing.slack import Slack

ALICE, NOTEBOOK = "user:alice@example.com", "alice-notebook"
TITLE = 'Churn <lab> & "friends"'


def _listed(harness: Harness) -> dict[str, object]:
    return next(row for row in harness.browser.get("/", headers=JSON).json["notebooks"] if row["notebook"] == NOTEBOOK)


def test_pages_show_the_title_and_addresses_keep_the_name(harness: Harness) -> None:
    harness.aws.grant(ALICE, NOTEBOOK, title=TITLE, power="start-stop")
    harness.sign_in()
    page = harness.browser.get("/").body
    shown = "Churn &lt;lab&gt; &amp; &#34;friends&#34;"
    assert f"<h2>{shown}</h2>" in page
    assert f'aria-label="Stop {shown}"' in page
    assert f'href="/prod/open/{NOTEBOOK}"' in page
    assert _listed(harness)["title"] == TITLE
    harness.aws.notebooks[NOTEBOOK] = "Stopped"
    assert f"<h1>{shown} is stopped</h1>" in harness.browser.get(f"/open/{NOTEBOOK}").body


def test_the_persons_own_title_comes_before_that_of_a_group(harness: Harness) -> None:
    harness.aws.grant("group:data-science", NOTEBOOK, title="Group")
    harness.sign_in(groups=["data-science"])
    assert _listed(harness)["title"] == "Group"
    harness.aws.grant(ALICE, NOTEBOOK, title="Own")
    assert _listed(harness)["title"] == "Own"


@pytest.mark.parametrize(
    "title", ["", " lab", "lab ", "a\nb", "a\u202eb", "a\u200bb", "x" * 61, {"N": "1"}, {"NULL": True}, {"BOOL": True}]
)
def test_an_unusable_title_is_ignored(harness: Harness, title: object) -> None:
    harness.aws.grant(ALICE, NOTEBOOK, title=title)
    harness.sign_in()
    assert _listed(harness)["title"] is None
    assert harness.browser.get(f"/open/{NOTEBOOK}").status == 302


def test_a_title_in_slack_is_text(slack: Slack) -> None:
    slack.harness.aws.grant("slack:T0LOCAL/U0ALICE", NOTEBOOK, title="<!channel> & <https://evil.example|lab>")
    texts = [block["text"]["text"] for block in slack.ask().blocks if "text" in block]
    assert any("*&lt;!channel&gt; &amp; &lt;https://evil.example|lab&gt;*" in text for text in texts)


def test_the_longest_names_fit_into_slacks_labels(slack: Slack) -> None:
    name = f"studio:d-{'a' * 61}/{'b' * 63}/{'c' * 63}"
    slack.harness.aws.grant("slack:T0LOCAL/U0ALICE", name, power="start-stop")
    slack.harness.aws.grant("slack:T0LOCAL/U0ALICE", "b" * 63, title="t" * 60, power="start-stop")
    assert name in str(slack.ask().blocks)
