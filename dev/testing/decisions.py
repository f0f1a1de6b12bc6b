"""Asking and deciding under any name that a person has: on the page, in a Slack workspace, or as an operator."""

from typing import Any

from gate.platform.aliases import OPERATORS
from gate.routes.dispatch import handler
from local.slack.payloads import Member, encoded, submission
from testing.asking import browser_of, configure
from testing.environment import JSON, context_of
from testing.harness import Browser
from testing.log_lines import Lines
from testing.slack import TEAM, Slack

OTHER_TEAM = "T0OTHER"
"""Another workspace of the organisation, in which people have the same user id."""
FOREIGN_TEAM = "T0FOREIGN"
"""A workspace in which people have another user id."""
TEAMS = (TEAM, OTHER_TEAM, FOREIGN_TEAM)


class Person:
    """One human, who has a name wherever the gate is used.

    A place is `page`, a workspace, or the session of an operator.
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
            if not allow:
                self._submit(where)
        else:
            arn = f"arn:aws:sts::123456789012:assumed-role/Ops/{self.name}-{where}"
            event = {"arn": arn, "action": "allow" if allow else "deny", "request": request, "seconds": 3600}
            handler({"operator": event}, context_of(OPERATORS))

    @property
    def request_id(self) -> str:
        """The id of the only request."""
        (item,) = self._slack.harness.aws.table.requests()
        return str(item["id"]["S"])

    def browser(self) -> Browser:
        """Return a new browser in which they are signed in."""
        return browser_of(self._slack.harness, f"{self.name}@example.com", preferred_username=self.name)

    def _post(self, path: str, body: str) -> None:
        self.browser().post(path, headers={**JSON, "Content-Type": "application/x-www-form-urlencoded"}, body=body)

    def _send(self, where: str, kind: str, **changes: Any) -> None:
        user = _user(self.name, where)
        if kind == "press":
            changes |= {"user": {"id": user, "team_id": where}, "team": {"id": where, "domain": "x"}}
        else:
            changes |= {"team_id": where}
        self._deliver(self._slack.body(kind, user_id=user, **changes))

    def _submit(self, where: str) -> None:
        """Submit the window to deny a request, without a reason."""
        member = Member(where, _user(self.name, where), self.name)
        page = self._slack.workspace.seen_by(member.id, timeout=0)
        assert page is not None
        assert page.view is not None
        self._deliver(encoded(submission(member, page.view, {"reason": ""})))

    def _deliver(self, body: bytes) -> None:
        assert self._slack.post(body).status == 200
        self._slack.deliver_events()


def names_of(person: str) -> list[str]:
    """Return the principals that `person` can have."""
    return [f"user:{person}", f"user:{person}@example.com", *(f"slack:{team}/{_user(person, team)}" for team in TEAMS)]


def _user(person: str, team: str) -> str:
    return f"U0{person.upper()}{'X' if team == FOREIGN_TEAM else ''}"


def granted_by(slack: Slack, person: str) -> list[str]:
    """Return who allowed the request of `person`; empty if nobody did."""
    rows = slack.harness.aws.table.query(names_of(person))
    found = [row["granted_by"]["S"] for row in rows if "granted_by" in row]
    return found[0].split(", ") if found else []


def let_everybody_decide(slack: Slack, people: list[str], *, two: bool, **environment: str) -> None:
    """Deploy so that all `people` may decide under each of their names. `two`: whether two must approve."""
    rules = {
        "approvers": {name: ["*"] for person in people for name in names_of(person)},
        "two": ["*"] if two else [],
        "durations": [3600],
        "power": "none",
    }
    configure(slack.harness, rules, GATE_SLACK_TEAMS=",".join(TEAMS), **environment)


def outcome(lines: Lines) -> str:
    """Return the outcome of the last decision."""
    return str(
        [line for line in lines.decisions if line["action"] in ("ask", "allow", "deny", "withdraw")][-1]["outcome"]
    )
