"""The check of the server's certificate by Slack."""

import pytest

from testing.slack import Slack


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
