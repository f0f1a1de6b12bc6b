"""Asking and deciding under any name that a person has: on the page, in a Slack workspace, or as an operator."""

import json
from types import SimpleNamespace
from typing import Any

from gate.access_requests.operators import ALIAS
from gate.handler import handler
from testing.asking import JSON, browser_of
from testing.environment import CONTEXT
from testing.harness import Browser
from testing.log_lines import Lines
from testing.slack import TEAM, Slack

OTHER_TEAM = "T0OTHER"
OPERATORS: Any = SimpleNamespace(**{**vars(CONTEXT), "invoked_function_arn": f"{CONTEXT.invoked_function_arn}:{ALIAS}"})
"""Lambda's context of an invocation through the alias of operators."""


class Person:
    """One human, who has a name wherever the gate is used.

    A place is `page`, a workspace (`T…`), a workspace and a second user there (`T…/X`), or an operator's session.
    """

    def __init__(self, slack: Slack, name: str):
        self._slack, self.name = slack, name

    def ask(self, where: str, notebook: str = "churn-model") -> None:
        """Ask for `notebook`, on the page or in a workspace."""
        if where == "page":
            self._post("/requests", f"notebook={notebook}&reason=report&seconds=3600")
        else:
            self._send(where, "command", text=f"ask {notebook} report")

    def decide(self, where: str, *, allow: bool = True) -> None:
        """Decide on the only request."""
        request = self.request_id
        if where == "page":
            self._post(f"/requests/{request}", f"decision={'allow' if allow else 'deny'}&seconds=3600")
        elif where.startswith("T"):
            action = {"action_id": "access-allow" if allow else "access-deny", "value": "3600"}
            self._send(where, "press", actions=[{**action, "block_id": f"access:{request}"}])
        else:
            arn = f"arn:aws:sts::123456789012:assumed-role/Ops/{self.name}-{where}"
            event = {"arn": arn, "action": "allow" if allow else "deny", "request": request, "seconds": 3600}
            handler({"operator": event}, OPERATORS)

    @property
    def request_id(self) -> str:
        """The id of the only request."""
        (item,) = self._slack.harness.aws.table.query(["request:"])
        return str(item["id"]["S"])

    def browser(self) -> Browser:
        """Return a new browser in which they are signed in."""
        return browser_of(self._slack.harness, f"{self.name}@example.com", preferred_username=self.name)

    def _post(self, path: str, body: str) -> None:
        self.browser().post(path, headers={**JSON, "Content-Type": "application/x-www-form-urlencoded"}, body=body)

    def _send(self, where: str, kind: str, **changes: Any) -> None:
        team, _, account = where.partition("/")
        user = f"U0{self.name.upper()}{account}"
        if kind == "press":
            changes |= {"user": {"id": user, "team_id": team}, "team": {"id": team, "domain": "x"}}
        else:
            changes |= {"team_id": team}
        assert self._slack.post(self._slack.body(kind, user_id=user, **changes)).status == 200
        self._slack.deliver_events()


def let_everybody_decide(slack: Slack, people: list[str], *, two: bool, **environment: str) -> None:
    """Deploy so that all `people` may decide under each of their names. `two`: whether two must approve."""
    names = [f"user:{person}" for person in people] + [f"user:{person}@example.com" for person in people]
    for team in (TEAM, OTHER_TEAM):
        names += [f"slack:{team}/U0{person.upper()}{account}" for person in people for account in ("", "X")]
    rules = {
        "approvers": {each: ["*"] for each in names},
        "two": ["*"] if two else [],
        "durations": [3600],
        "power": "none",
        "slack_channel": "",
        "topic_arn": "",
    }
    slack.harness.configure(
        GATE_ACCESS_REQUESTS=json.dumps(rules),
        GATE_REQUESTS_FUNCTION_ARN="arn:requests:live",
        GATE_SLACK_TEAMS=f"{TEAM},{OTHER_TEAM}",
        **environment,
    )


def outcome(lines: Lines) -> str:
    """Return the outcome of the last decision."""
    return str([line for line in lines.decisions if line["action"] in ("ask", "allow", "deny")][-1]["outcome"])
