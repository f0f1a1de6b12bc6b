"""The launch role's inline policies."""

import json
from collections.abc import Sequence
from typing import Any

from botocore.exceptions import ClientError

from gate.platform.aws.errors import code_of
from gate.values.revocation import MAX_POLICY_CHARACTERS, Revocation, policy_document

REVOKED_POLICY = "notebook-gate-revocations"
"""The inline policy with the denies. The stack owns it (infra/revocations.py)."""

FORMER_POLICY = "notebook-gate-revoked"
"""The policy of stacks that did not own one. It keeps its denies until the first revoke after the stack owns one."""


class LaunchRolePolicies:
    """Reads and writes the policies of one role. Every method raises botocore's errors."""

    def __init__(self, iam: Any, role: str) -> None:
        """`iam`: a client of IAM. `role`: the name of the role."""
        self.iam = iam
        self.role = role

    def revocations(self) -> list[Revocation]:
        """Return the present denies."""
        policies = [self.policy(name) for name in (REVOKED_POLICY, FORMER_POLICY)]
        found = [Revocation.parse(statement) for policy in policies if policy for statement in policy["Statement"]]
        return [each for each in found if each.before]  # without `NOTHING_REVOKED`

    def names(self) -> list[str]:
        """Return the names of the policies."""
        found: list[str] = self.iam.list_role_policies(RoleName=self.role)["PolicyNames"]
        return found

    def policy(self, name: str) -> dict[str, Any] | None:
        """Return the inline policy `name`, or None if it does not exist."""
        try:
            document: Any = self.iam.get_role_policy(RoleName=self.role, PolicyName=name)["PolicyDocument"]
        except ClientError as error:
            if code_of(error) != "NoSuchEntity":
                raise
            return None
        parsed: dict[str, Any] = json.loads(document) if isinstance(document, str) else document
        return parsed

    def revoke(self, revocations: Sequence[Revocation]) -> None:
        """Replace all denies with these."""
        # A stack that does not own the policy yet would overwrite it when it creates it.
        self.deny(revocations, policy=REVOKED_POLICY if REVOKED_POLICY in self.names() else FORMER_POLICY)

    def deny(self, revocations: Sequence[Revocation], *, policy: str) -> None:
        """Replace the denies of `policy` with these."""
        self.iam.put_role_policy(RoleName=self.role, PolicyName=policy, PolicyDocument=policy_document(revocations))

    def max_characters(self) -> int:
        """Return how long the policy with the denies may be, beside the role's other inline policies."""
        others = [self.policy(name) for name in self.names() if name not in (REVOKED_POLICY, FORMER_POLICY)]
        return MAX_POLICY_CHARACTERS - sum(
            len(json.dumps(policy, separators=(",", ":"))) for policy in others if policy
        )
