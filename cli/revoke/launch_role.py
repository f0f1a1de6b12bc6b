"""The launch role's inline policies."""

import json
from collections.abc import Sequence
from typing import Any

from cli.aws import aws_errors
from cli.revoke.revocations import MAX_POLICY_CHARACTERS, REVOKED_POLICY, Revocation, policy_document


class LaunchRolePolicies:
    """Reads and writes the policies of one role. Every method raises `CommandError` if AWS refuses the call."""

    def __init__(self, iam: Any, role: str) -> None:
        self._iam = iam
        self._role = role

    def revocations(self) -> list[Revocation]:
        """Return the present denies."""
        policy = self.policy(REVOKED_POLICY)
        return [Revocation.parse(statement) for statement in policy["Statement"]] if policy else []

    def policy(self, name: str) -> dict[str, Any] | None:
        """Return the inline policy `name`, or None if it does not exist."""
        document: Any = None
        with aws_errors(ignore=["NoSuchEntity"]):
            document = self._iam.get_role_policy(RoleName=self._role, PolicyName=name)["PolicyDocument"]
        parsed: dict[str, Any] | None = json.loads(document) if isinstance(document, str) else document
        return parsed

    def deny(self, revocations: Sequence[Revocation], *, policy: str = REVOKED_POLICY) -> None:
        """Replace the denies of `policy` with these."""
        with aws_errors():
            self._iam.put_role_policy(
                RoleName=self._role, PolicyName=policy, PolicyDocument=policy_document(revocations)
            )

    def remove(self, policy: str) -> None:
        """Remove `policy` if it exists."""
        with aws_errors(ignore=["NoSuchEntity"]):
            self._iam.delete_role_policy(RoleName=self._role, PolicyName=policy)

    def max_characters(self) -> int:
        """Return how long the policy with the denies may be, beside the role's other inline policies."""
        with aws_errors():
            names = self._iam.list_role_policies(RoleName=self._role)["PolicyNames"]
        others = [self.policy(name) for name in names if name != REVOKED_POLICY]
        return MAX_POLICY_CHARACTERS - sum(
            len(json.dumps(policy, separators=(",", ":"))) for policy in others if policy
        )
