"""Arbitrary bodies with a valid signature of Slack."""

import base64
import hmac
import json
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.routes.dispatch import handler
from testing.environment import CONTEXT
from testing.slack import SECRET, Slack
from tests.fuzz.hostile import JSON_VALUES as JSON
from tests.fuzz.hostile import LOG_MESSAGES, TEXT, CountCase, LogLines, make_event, same_harness, send

pytestmark = pytest.mark.usefixtures("log_lines")


def _signed(body: bytes, stamp: int) -> dict[str, Any]:
    # Slack's own library signs only text (docs.slack.dev, "Verifying requests from Slack").
    signature = hmac.digest(SECRET.encode(), b"v0:%d:%b" % (stamp, body), "sha256").hex()
    headers = [("X-Slack-Request-Timestamp", str(stamp)), ("X-Slack-Signature", f"v0={signature}")]
    event = make_event("POST", "/slack", "", [], headers, base64.b64encode(body).decode(), None)
    return {**event, "isBase64Encoded": True}


@same_harness
@given(data=st.data())
def test_arbitrary_bodies_signed_by_slack(
    slack: Slack, log_lines: LogLines, count_case: CountCase, data: st.DataObject
) -> None:
    """Arbitrary bodies with Slack's signature."""
    body = data.draw(
        st.binary(max_size=200)
        | st.dictionaries(TEXT, TEXT, max_size=4).map(lambda form: urlencode(form, errors="replace").encode())
        | JSON.map(lambda payload: urlencode({"payload": json.dumps(payload)}).encode())
        | st.fixed_dictionaries(
            {"type": st.sampled_from(["shortcut", "block_actions", "view_submission"]), "user": JSON, "team": JSON},
            optional={"actions": JSON, "trigger_id": JSON, "view": JSON, "response_url": JSON},
        ).map(lambda payload: urlencode({"payload": json.dumps(payload)}).encode())
        | st.fixed_dictionaries(
            {"command": st.just("/notebook"), "team_id": st.just("T0LOCAL"), "user_id": st.just("U0ALICE"),
             "text": TEXT, "response_url": TEXT}
        ).map(lambda form: urlencode(form, errors="replace").encode())
    )  # fmt: skip
    answer = send(slack.harness, _signed(body, int(slack.harness.clock())))
    assert answer.status in (200, 400, 401), answer.body
    for event in slack.harness.aws.events:
        # The asynchronous event is handled. Its answer is only in the log, since the response_url is not Slack's.
        with pytest.raises(Exception, match="Try again in a minute"):
            handler(event, CONTEXT)  # type: ignore[arg-type]
    slack.harness.aws.events.clear()
    for line in log_lines():
        assert line["message"] in LOG_MESSAGES, line
    count_case()
