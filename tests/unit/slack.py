"""Slack at the other end: the local workspace, and what it posts as API Gateway hands it over."""

import copy
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from slack_sdk.signature import SignatureVerifier

from gate.handler import handler
from local.slack.page import SlackPage
from local.slack.workspace import Workspace
from tests.unit.conftest import CONTEXT, EVENTS, Answer, Harness

TEAM, SECRET = "T0LOCAL", "8f742231b10e8888abcd99yyyzzz85a5"


@dataclass
class Slack:
    harness: Harness
    workspace: Workspace

    def body(self, kind: str, **changes: Any) -> bytes:
        """Return a stored payload as Slack posts it, with a response_url and a trigger that are good here."""
        payload = stored(kind)
        user = changes.pop("who", "U0ALICE")
        if "response_url" in payload:
            payload["response_url"] = self.workspace.response_url(user)
        payload["trigger_id"] = self.workspace.trigger_id(user)
        if kind == "command":
            return urlencode({**payload, "user_id": user, **changes}).encode()
        payload["user"]["id"] = user
        for name, value in changes.items():
            (payload["actions"][0] if name in {"action_id", "block_id"} else payload)[name] = value
        return urlencode({"payload": json.dumps(payload)}).encode()

    def signed(self, body: bytes, secret: str = SECRET) -> dict[str, str]:
        stamp = str(int(self.harness.clock()))
        signature = SignatureVerifier(secret).generate_signature(timestamp=stamp, body=body)
        return {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": signature or ""}

    def post(self, body: bytes, headers: dict[str, str] | None = None) -> Answer:
        """Post `body`, signed by Slack's own library unless `headers` say otherwise."""
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

    def work(self) -> None:
        """Let Lambda deliver what the function asked of itself."""
        events, self.harness.aws.events[:] = list(self.harness.aws.events), []
        for event in events:
            assert handler(event, CONTEXT) is None

    def ask(self, kind: str = "command", **changes: Any) -> SlackPage:
        """Post a stored payload, and return what its sender then sees."""
        assert (answer := self.post(self.body(kind, **changes))).status == 200, answer
        self.work()
        page = self.workspace.seen_by(changes.get("who", "U0ALICE"), timeout=0)
        assert page is not None
        return page


def stored(kind: str) -> dict[str, Any]:
    payload: dict[str, Any] = json.loads((EVENTS / f"slack_{kind}.json").read_text())
    return payload


def labels(page: SlackPage) -> list[str]:
    return [button["text"]["text"] for button in page.buttons]


def link(page: SlackPage) -> str:
    """Return the path that the first Open leads to."""
    url = next(button["url"] for button in page.buttons if button["action_id"] == "open")
    return str(url).removeprefix("https://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com/prod")
