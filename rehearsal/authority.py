"""Identifies callers by the sessions that the emulator's STS created, and checks the policies in its IAM."""

import datetime
import json
import re
import time
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qs

from local.aws.authority import Identity, session_context
from local.aws.calls import ApiError, Call
from local.aws.source import Source
from local.evaluator import Access, Evaluator
from local.template import ACCOUNT
from rehearsal.calls import CallLog, Exchange

POLICY_TTL = 0.5
"""Seconds for which a role's policies are kept: each frame of an open notebook asks for them."""


class DeployedAuthority:
    """Authorizes calls to the stand-ins. It has the interface of `local.aws.authority.Authority`."""

    def __init__(self, *, evaluator: Evaluator, iam: Any, log: CallLog, operator_key: str) -> None:
        """`iam`: a boto3 client. `log`: holds the answers of STS. `operator_key`: may do everything."""
        self._evaluator = evaluator
        self._iam = iam
        self._log = log
        self._policies: dict[str, tuple[float, Sequence[Mapping[str, Any]]]] = {}
        self.operator_key = operator_key
        self.accesses: list[tuple[Access, bool]] = []
        """Every access that was checked, and whether it was allowed."""

    def identity(self, access_key: str) -> Identity | None:
        """Return the identity that `access_key` belongs to, or None if STS created no session with it."""
        for exchange in reversed(self._log.exchanges):
            if exchange.status == 200 and f"<AccessKeyId>{access_key}<".encode() in exchange.answer:
                return _identity(exchange)
        return None

    def check(self, call: Call) -> None:
        """Raise `ApiError` (access denied) unless the caller has every permission that `call` needs."""
        if call.access_key == self.operator_key:
            return
        identity = self.identity(call.access_key)
        for action, resource, context in call.permissions:
            if identity is None or not self.allows(identity, action, resource, call.source, context):
                raise ApiError("AccessDeniedException", f"User is not authorized to perform: {action}", 403)

    def allows(
        self,
        identity: Identity,
        action: str,
        resource: str,
        source: Source | str,
        context: Mapping[str, str | list[str]] | None = None,
    ) -> bool:
        """Return whether `identity` may do `action` on `resource`, by the policies as they stand now."""
        origin = Source(source) if isinstance(source, str) else source
        access = Access(
            action=action,
            resource=resource,
            account=ACCOUNT,
            principal=identity.arn,
            context={**origin.context, **identity.context, **(context or {})},
            identity_policies=self.policies(identity.role_arn),
            session_policy=identity.session_policy,
        )
        allowed = self._evaluator.allows(access)
        self.accesses.append((access, allowed))
        return allowed

    def policies(self, role_arn: str) -> Sequence[Mapping[str, Any]]:
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


def _identity(exchange: Exchange) -> Identity:
    """Return the session that an AssumeRole call began."""
    asked = {name: values[0] for name, values in parse_qs(exchange.body.decode()).items()}
    assert asked["Action"] == "AssumeRole", asked["Action"]
    issued = datetime.datetime.fromtimestamp(exchange.at, datetime.UTC)
    arn = re.search(rb"<Arn>([^<]+)</Arn>", exchange.answer)
    assert arn is not None, "STS named no session"
    policy = json.loads(asked["Policy"]) if "Policy" in asked else None
    return Identity(arn[1].decode(), asked["RoleArn"], policy, session_context(issued, asked))
