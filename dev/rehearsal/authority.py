"""Identifies callers by the sessions that the emulator's STS created, and checks the policies in its IAM."""

import time
from collections.abc import Sequence
from typing import Any

from local.aws.authority import Authority
from local.aws.sessions import Identity, role_session
from local.evaluator import Access, Evaluator, Policy
from rehearsal.calls import Exchange

POLICY_TTL = 0.5
"""Seconds for which a role's policies are kept: each frame of an open notebook asks for them."""


class DeployedAuthority(Authority):
    """Authorizes calls to the stand-ins."""

    def __init__(self, *, evaluator: Evaluator, iam: Any, log: Sequence[Exchange], operator_key: str) -> None:
        """`iam`: a boto3 client. `log`: where the answers of STS are added. `operator_key`: may do everything."""
        super().__init__(evaluator, time.time)
        self._iam = iam
        self._log = log
        self._policies: dict[str, tuple[float, Sequence[Policy]]] = {}
        self._boundaries: dict[str, Policy | None] = {}
        self.operator_key = operator_key
        self.accesses: list[tuple[Access, bool]] = []
        """Every access that was checked, and whether it was allowed."""

    def identity(self, access_key: str) -> Identity | None:
        """Return the identity that `access_key` belongs to, or None if STS created no session with it."""
        for exchange in reversed(self._log):
            if exchange.status == 200 and f"<AccessKeyId>{access_key}<".encode() in exchange.answer:
                return _identity(exchange)
        return None

    def decide(self, access: Access) -> bool:
        """Return whether the policies allow `access`, and record it."""
        allowed = super().decide(access)
        self.accesses.append((access, allowed))
        return allowed

    def policies(self, role_arn: str) -> Sequence[Policy]:
        """Return the policies of a role, as IAM holds them."""
        until, found = self._policies.get(role_arn, (0.0, ()))
        if time.monotonic() < until:
            return found
        name = role_arn.rpartition("/")[2]
        attached = self._iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]
        assert not attached, f"the role {name} has managed policies, which are not read here: {attached}"
        names = self._iam.list_role_policies(RoleName=name)["PolicyNames"]
        read = [self._iam.get_role_policy(RoleName=name, PolicyName=each)["PolicyDocument"] for each in names]
        self._policies[role_arn] = (time.monotonic() + POLICY_TTL, read)
        return read

    def boundary(self, role_arn: str) -> Policy | None:
        """Return the permissions boundary of a role, as IAM holds it."""
        if role_arn not in self._boundaries:
            role = self._iam.get_role(RoleName=role_arn.rpartition("/")[2])["Role"]
            arn = role.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn")
            self._boundaries[role_arn] = self._managed_policy(arn) if arn else None
        return self._boundaries[role_arn]

    def _managed_policy(self, arn: str) -> Policy:
        version = self._iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
        found: Policy = self._iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]
        return found


def _identity(exchange: Exchange) -> Identity:
    """Return the session that an AssumeRole call began."""
    call = exchange.call()
    assert call is not None
    assert call.operation == "AssumeRole", call.operation
    session = role_session(call.parameters, exchange.at)
    assert f"<Arn>{session.arn}</Arn>".encode() in exchange.answer, "STS named another session"
    return session
