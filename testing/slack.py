"""Sends Slack's requests to the handler as API Gateway would, from a local workspace."""

import copy
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from slack_sdk.signature import SignatureVerifier

from gate.aliases import SLACK
from gate.handler import handler
from local.slack.page import SlackPage
from local.slack.workspace import Workspace
from testing.environment import CONTEXT, EVENTS, context_of
from testing.harness import Answer, Harness

TEAM, SECRET = "T0LOCAL", "8f742231b10e8888abcd99yyyzzz85a5"


@dataclass
class Slack:
    """A deployment with a Slack workspace."""

    harness: Harness
    workspace: Workspace

    def body(self, kind: str, **changes: Any) -> bytes:
        """Return the body of a request: a stored payload, with a response_url and a trigger of the local workspace.

        `changes` replaces fields. `user_id` is the user who sends the request.
        """
        payload = stored_payload(kind)
        user_id = changes.pop("user_id", "U0ALICE")
        if "response_url" in payload:
            payload["response_url"] = self.workspace.response_url(user_id)
        payload["trigger_id"] = self.workspace.trigger_id(user_id)
        if kind == "command":
            return urlencode({**payload, "user_id": user_id, **changes}).encode()
        payload["user"]["id"] = user_id
        for name, value in changes.items():
            (payload["actions"][0] if name in {"action_id", "block_id"} else payload)[name] = value
        return urlencode({"payload": json.dumps(payload)}).encode()

    def signed(self, body: bytes, secret: str = SECRET) -> dict[str, str]:
        """Return the signature headers for `body`."""
        timestamp = str(int(self.harness.clock()))
        signature = SignatureVerifier(secret).generate_signature(timestamp=timestamp, body=body)
        return {"X-Slack-Request-Timestamp": timestamp, "X-Slack-Signature": signature or ""}

    def post(self, body: bytes, headers: dict[str, str] | None = None) -> Answer:
        """Post `body` with `headers`, or with the signature of Slack's own library if there are none."""
        event = json.loads((EVENTS / "slack_post.json").read_text())
        for name in ("X-Slack-Request-Timestamp", "X-Slack-Signature"):
            del event["headers"][name], event["multiValueHeaders"][name]
        for name, value in (self.signed(body) if headers is None else headers).items():
            event["headers"][name] = value
            event["multiValueHeaders"][name] = [value]
        event["body"] = body.decode("utf-8", "surrogateescape")
        raw = handler(copy.deepcopy(event), CONTEXT)
        assert raw is not None
        return self.harness.browser.receive(raw)

    def deliver_events(self) -> None:
        """Deliver the events with which the function invoked itself."""
        events, self.harness.aws.events[:] = list(self.harness.aws.events), []
        for event in events:
            context = context_of(SLACK) if "forwarded" in event else CONTEXT
            assert handler(event, context) is None

    def ask(self, kind: str = "command", **changes: Any) -> SlackPage:
        """Post a stored payload, deliver the events, and return what the user then sees in Slack."""
        assert (answer := self.post(self.body(kind, **changes))).status == 200, answer
        self.deliver_events()
        page = self.workspace.seen_by(changes.get("user_id", "U0ALICE"), timeout=0)
        assert page is not None
        return page


def stored_payload(kind: str) -> dict[str, Any]:
    """Return the payload in `testing/events/slack_KIND.json`."""
    payload: dict[str, Any] = json.loads((EVENTS / f"slack_{kind}.json").read_text())
    return payload


def button_labels(page: SlackPage) -> list[str]:
    """Return the text of each button."""
    return [button["text"]["text"] for button in page.buttons]


def open_path(page: SlackPage) -> str:
    """Return the path of the first Open button, with its ticket."""
    url = next(button["url"] for button in page.buttons if button["action_id"] == "open")
    return str(url).removeprefix("https://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com/prod")
