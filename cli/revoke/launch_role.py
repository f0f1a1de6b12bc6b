"""The launch role's inline policies."""

import json
from collections.abc import Sequence
from typing import Any

from cli.aws import aws_errors
from cli.revoke.revocations import MAX_POLICY_CHARACTERS, Revocation, policy_document
from infra.revocations import REVOKED_POLICY

FORMER_POLICY = "notebook-gate-revoked"
"""The policy of stacks that did not own one. It keeps its denies until the first revoke after the stack owns one."""


class LaunchRolePolicies:
    """Reads and writes the policies of one role. Every method raises `CommandError` if AWS refuses the call."""

    def __init__(self, iam: Any, role: str) -> None:
        self._iam = iam
        self._role = role

    def revocations(self) -> list[Revocation]:
        """Return the present denies."""
        policies = [self.policy(name) for name in (REVOKED_POLICY, FORMER_POLICY)]
        found = [Revocation.parse(statement) for policy in policies if policy for statement in policy["Statement"]]
        return [each for each in found if each.before]  # without `NOTHING_REVOKED`

    def names(self) -> list[str]:
        """Return the names of the policies."""
        with aws_errors():
            found: list[str] = self._iam.list_role_policies(RoleName=self._role)["PolicyNames"]
        return found

    def policy(self, name: str) -> dict[str, Any] | None:
        """Return the inline policy `name`, or None if it does not exist."""
        document: Any = None
        with aws_errors(ignore=["NoSuchEntity"]):
            document = self._iam.get_role_policy(RoleName=self._role, PolicyName=name)["PolicyDocument"]
        parsed: dict[str, Any] | None = json.loads(document) if isinstance(document, str) else document
        return parsed

    def revoke(self, revocations: Sequence[Revocation]) -> None:
        """Replace all denies of `gate revoke` with these."""
        # A stack that does not own the policy yet would overwrite it when it creates it.
        is_owned = REVOKED_POLICY in self.names()
        self.deny(revocations, policy=REVOKED_POLICY if is_owned else FORMER_POLICY)
        if is_owned:
            self.remove(FORMER_POLICY)

    def deny(self, revocations: Sequence[Revocation], *, policy: str) -> None:
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
        others = [self.policy(name) for name in self.names() if name not in (REVOKED_POLICY, FORMER_POLICY)]
        return MAX_POLICY_CHARACTERS - sum(
            len(json.dumps(policy, separators=(",", ":"))) for policy in others if policy
        )
