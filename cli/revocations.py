"""Denies on the launch role that cut what people have open: sessions of a person that began before a moment.

IAM asks them at every request and WebSocket frame of an open notebook. They stand in an inline policy of their own,
beside the one that the stack gave the role, and are of no use once the longest session has ended.
"""

import datetime
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from cli.aws import aws_errors, code_of
from cli.errors import CommandError

POLICY = "notebook-gate-revoked"

MARGIN = 60
"""Seconds after the command in which new sessions are cut, too: a request under way may have read the grant before."""

LONGEST = 43_200 + 3_600
"""Seconds: a notebook's session, opened at the end of a role session's hour. What began before is over then."""

LIMIT = 10_240
"""Characters of all of a role's inline policies together, without white space (IAM and STS quotas)."""

EVERYBODY = "*"


@dataclass(frozen=True)
class Revocation:
    """Some people's sessions, and the moment before which they began."""

    names: tuple[str, ...]
    """Session names; `EVERYBODY` stands for all."""
    before: int
    """Epoch seconds."""

    def statement(self) -> dict[str, Any]:
        """Write it as IAM takes it."""
        began = {"DateLessThan": {"aws:TokenIssueTime": _written(self.before)}}
        whose = {} if EVERYBODY in self.names else {"StringEquals": {"aws:SourceIdentity": list(self.names)}}
        return {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {**whose, **began}}

    @classmethod
    def read(cls, statement: Any) -> "Revocation":
        """Read what `statement` wrote."""
        condition = statement["Condition"]
        names = condition.get("StringEquals", {}).get("aws:SourceIdentity", [EVERYBODY])
        moment = datetime.datetime.fromisoformat(condition["DateLessThan"]["aws:TokenIssueTime"])
        return cls(tuple([names] if isinstance(names, str) else names), int(moment.timestamp()))


def with_another(present: Sequence[Revocation], names: Sequence[str], *, now: int, room: int) -> list[Revocation]:
    """Add a revocation of `names`, leave out what is over, and make it fit into `room` characters.

    Raises `CommandError` when more people are revoked at once than IAM can hold.
    """
    kept = [each for each in present if each.before + LONGEST > now]
    kept = [Revocation(tuple(name for name in each.names if name not in names), each.before) for each in kept]
    kept = [each for each in kept if each.names]
    found = sorted([*kept, Revocation(tuple(names), now + MARGIN)], key=lambda each: each.before)
    while len(document(found)) > room:
        if len(found) < 2:
            raise CommandError(
                "More people are revoked than IAM has room for. To cut everybody's sessions: gate revoke --everybody"
            )
        # The two oldest become one, at the later moment: whoever came back in between has to open once more.
        first, second, *rest = found
        found = [Revocation(tuple(dict.fromkeys(first.names + second.names)), second.before), *rest]
    return found


def document(revocations: Sequence[Revocation]) -> str:
    """Write the policy."""
    statements = [each.statement() for each in revocations]
    return json.dumps({"Version": "2012-10-17", "Statement": statements}, separators=(",", ":"))


class LaunchRolePolicies:
    """The launch role's inline policies, as AWS has them."""

    def __init__(self, iam: Any, role: str) -> None:
        self._iam = iam
        self._role = role

    def revocations(self) -> list[Revocation]:
        """Return what is denied now. Raises `CommandError`."""
        found = self.policy(POLICY)
        return [Revocation.read(statement) for statement in found["Statement"]] if found else []

    def policy(self, name: str) -> dict[str, Any] | None:
        """Return the inline policy `name`, None where there is none. Raises `CommandError`."""
        with aws_errors():
            try:
                answer = self._iam.get_role_policy(RoleName=self._role, PolicyName=name)
            except ClientError as error:
                if code_of(error) != "NoSuchEntity":
                    raise
                return None
        found = answer["PolicyDocument"]
        parsed: dict[str, Any] = json.loads(found) if isinstance(found, str) else found
        return parsed

    def put(self, revocations: Sequence[Revocation]) -> None:
        """Deny these, and no others. Raises `CommandError`."""
        with aws_errors():
            if revocations:
                self._iam.put_role_policy(RoleName=self._role, PolicyName=POLICY, PolicyDocument=document(revocations))
            elif self.policy(POLICY):
                self._iam.delete_role_policy(RoleName=self._role, PolicyName=POLICY)

    def room(self) -> int:
        """Return how many characters the role has left for revocations. Raises `CommandError`."""
        with aws_errors():
            names = self._iam.list_role_policies(RoleName=self._role)["PolicyNames"]
        others = [self.policy(name) for name in names if name != POLICY]
        return LIMIT - sum(len(json.dumps(policy, separators=(",", ":"))) for policy in others)


def _written(moment: int) -> str:
    return datetime.datetime.fromtimestamp(moment, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
