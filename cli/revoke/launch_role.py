"""The launch role's inline policies, as AWS has them."""

import json
from collections.abc import Sequence
from typing import Any

from botocore.exceptions import ClientError

from cli.aws import aws_errors, code_of
from cli.revoke.revocations import LIMIT, POLICY, Revocation, document


class LaunchRolePolicies:
    """Reads and writes the policies of one role."""

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

    def deny(self, revocations: Sequence[Revocation], *, policy: str = POLICY) -> None:
        """Make `policy` deny these, and no others. Raises `CommandError`."""
        with aws_errors():
            self._iam.put_role_policy(RoleName=self._role, PolicyName=policy, PolicyDocument=document(revocations))

    def remove(self, policy: str) -> None:
        """Remove `policy`, where it is there. Raises `CommandError`."""
        with aws_errors():
            try:
                self._iam.delete_role_policy(RoleName=self._role, PolicyName=policy)
            except ClientError as error:
                if code_of(error) != "NoSuchEntity":
                    raise

    def room(self) -> int:
        """Return how many characters the role has left for revocations. Raises `CommandError`."""
        with aws_errors():
            names = self._iam.list_role_policies(RoleName=self._role)["PolicyNames"]
        others = [self.policy(name) for name in names if name != POLICY]
        return LIMIT - sum(len(json.dumps(policy, separators=(",", ":"))) for policy in others if policy)
