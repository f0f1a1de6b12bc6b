"""The secrets and log lines of Slack's requests, and its check of the server's certificate."""

import json

import pytest

from testing.aws import SIGNING_KEY, TOKEN
from testing.harness import Harness
from testing.log_lines import Lines
from testing.slack import SECRET, Slack, open_path


def test_credentials_for_slack_commands_cannot_open_notebooks(slack: Slack) -> None:
    slack.ask()
    policies = [json.loads(call["Policy"]) for call in slack.harness.aws.called("assume_role")]
    assert policies
    assert "CreatePresignedNotebookInstanceUrl" not in json.dumps(policies)
    # The credentials do not depend on the address of Slack's server, so they are cached.
    slack.ask("press", action_id="refresh")
    assert len(slack.harness.aws.called("assume_role")) == len(policies)
    assert not slack.harness.aws.called("create_presigned_notebook_instance_url")


def test_no_secret_of_slack_is_logged(slack: Slack, lines: Lines) -> None:
    surface = slack.ask()
    path = open_path(surface)
    slack.harness.browser.get(path)
    slack.harness.browser.get(path)
    body = slack.body("press", action_id="stop")
    slack.post(body, {})
    slack.post(body)
    slack.deliver_events()
    slack.post(slack.body("shortcut"))
    slack.post(slack.body("command", response_url="https://evil.example/capability"))
    with pytest.raises(Exception, match="Try again"):
        slack.deliver_events()
    text = "\n".join(lines.texts)
    assert '"via":"slack"' in text
    assert '"via":"ticket"' in text
    assert '"outcome":"invalid_ticket"' in text
    assert '"outcome":"slack_signature"' in text
    token = path.partition("ticket=")[2]
    hooks = slack.workspace.hooks_url
    for secret in (SECRET, slack.workspace.bot_token, token, hooks, "evil.example", SIGNING_KEY, TOKEN, "trigger_id"):
        assert secret not in text, secret


def test_both_invocations_have_the_same_reference(slack: Slack, lines: Lines) -> None:
    slack.ask()
    first, second = lines.decisions
    assert (first["action"], second["action"]) == ("slack", "list")
    assert first["correlation_id"] == second["correlation_id"] == first["request_id"] == second["request_id"]
    assert second["subject"] == "user:alice@example.com"


def test_refused_requests_are_logged_with_the_reason(slack: Slack, lines: Lines) -> None:
    body = slack.body("command")
    slack.post(body, {})
    slack.post(body)
    slack.post(body)
    slack.post(slack.body("command", team_id="T0OTHER"))
    outcomes = [line["outcome"] for line in lines.decisions]
    assert outcomes == ["slack_signature", "allowed", "slack_replay", "slack_team"]


def test_a_deployment_without_slack_reads_no_slack_secret(harness: Harness) -> None:
    harness.sign_in()
    harness.browser.get("/open/alice-notebook")
    assert {call["SecretId"] for call in harness.aws.called("get_secret_value")} == {"arn:session"}


@pytest.mark.parametrize("body", [b"ssl_check=1", b"ssl_check=1&token=abc", b"token=&ssl_check=1"])
@pytest.mark.parametrize("signed", [True, False])
def test_a_check_of_the_certificate_is_answered_and_does_nothing(slack: Slack, body: bytes, signed: bool) -> None:
    calls = len(slack.harness.aws.calls)
    answer = slack.post(body, None if signed else {"X-Slack-Signature": "v0=0", "X-Slack-Request-Timestamp": "1"})
    assert (answer.status, answer.body) == (200, "")
    assert len(slack.harness.aws.calls) == calls


@pytest.mark.parametrize(
    "body", [b"ssl_check=2", b"ssl_check=1&ssl_check=1", b"ssl_check=1&text=x", b"\xff=&ssl_check=1"]
)
def test_other_forms_are_no_check_of_the_certificate(slack: Slack, body: bytes) -> None:
    headers = {"X-Slack-Signature": "v0=0", "X-Slack-Request-Timestamp": "1"}
    assert slack.post(body, headers).status == 401
