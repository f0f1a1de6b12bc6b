"""A deployment with a Slack workspace, whose requests reach the handler as API Gateway would send them."""

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gate.platform.aliases import SLACK
from gate.routes.dispatch import handler
from local.slack import payloads
from local.slack.page import SlackPage
from local.slack.payloads import Payload
from local.slack.workspace import Workspace
from testing.environment import CONTEXT, STAGE_URL, context_of, stored_event
from testing.harness import Answer, Harness

TEAM, SECRET = "T0LOCAL", "8f742231b10e8888abcd99yyyzzz85a5"
SIGNATURE_HEADERS = ("X-Slack-Request-Timestamp", "X-Slack-Signature")


@dataclass
class Slack:
    """A deployment with a Slack workspace."""

    harness: Harness
    workspace: Workspace

    def payload(self, kind: str, user: str = "U0ALICE") -> Payload:
        """Return a payload of `user` with a new response_url and trigger."""
        start = {"action_id": "start", "block_id": "all:alice-notebook"}
        match kind:
            case "command":
                return self.workspace.command(user)
            case "shortcut":
                return payloads.shortcut(self.workspace.member(user), trigger_id=self.workspace.trigger_id(user))
            case "press":
                return self.workspace.pressed(user, start, SlackPage([]))
        return self.workspace.pressed(user, start, SlackPage([], {"id": "V0123456789"}))

    def body(self, kind: str, *, user_id: str = "U0ALICE", **changes: Any) -> bytes:
        """Return the body of a request of the user `user_id`. `changes` replaces fields."""
        payload = self.payload(kind, user_id)
        for name, value in changes.items():
            (payload["actions"][0] if name in {"action_id", "block_id"} else payload)[name] = value
        return payloads.encoded(payload)

    def signed(self, body: bytes, secret: str = SECRET) -> dict[str, str]:
        """Return the signature headers for `body`, by Slack's own library."""
        headers = payloads.signed_headers(secret, body, self.harness.clock())
        return {name: headers[name] for name in SIGNATURE_HEADERS}

    def post(self, body: bytes, headers: Mapping[str, str] | None = None) -> Answer:
        """Post `body` with `headers`, or with its signature if there are none."""
        event = stored_event("slack_post")
        for name in SIGNATURE_HEADERS:
            del event["headers"][name], event["multiValueHeaders"][name]
        for name, value in (self.signed(body) if headers is None else headers).items():
            event["headers"][name] = value
            event["multiValueHeaders"][name] = [value]
        event["body"] = body.decode("utf-8", "surrogateescape")
        raw = handler(copy.deepcopy(event), CONTEXT)
        assert raw is not None
        return self.harness.browser.receive(raw)

    def deliver_events(self) -> None:
        """Deliver the events with which the function invoked itself; those of another function stay."""
        sent = list(self.harness.aws.events)
        events = [event for event in sent if "denies" not in event]
        self.harness.aws.events[:] = [event for event in sent if "denies" in event]
        for event in events:
            context = context_of(SLACK) if "forwarded" in event else CONTEXT
            assert handler(dict(event), context) is None

    def ask(self, kind: str = "command", **changes: Any) -> SlackPage:
        """Post a request, deliver the events, and return what the user then sees in Slack."""
        assert (answer := self.post(self.body(kind, **changes))).status == 200, answer
        self.deliver_events()
        page = self.workspace.seen_by(changes.get("user_id", "U0ALICE"), timeout=0)
        assert page is not None
        return page


def button_labels(page: SlackPage) -> list[str]:
    """Return the text of each button."""
    return [button["text"]["text"] for button in page.buttons]


def open_path(page: SlackPage) -> str:
    """Return the path of the first Open button, with its ticket."""
    url = next(button["url"] for button in page.buttons if button["action_id"] == "open")
    return str(url).removeprefix(STAGE_URL)
