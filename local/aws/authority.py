"""Who makes a call, and whether the synthesised policies allow it."""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from moto.sts.models import sts_backends

from local.aws.calls import ApiError, Call
from local.deployment import Deployment, Role
from local.evaluator import Access, Evaluator
from local.template import ACCOUNT

FUNCTION_KEY = "ASIALOCALFUNCTIONKEY"
"""The access key with which the function's own role signs on this machine."""


@dataclass(frozen=True)
class Identity:
    """Whoever an access key belongs to."""

    arn: str
    role_arn: str
    session_policy: Mapping[str, Any] | None = None


class Authority:
    """Knows all identities, and asks the evaluator about each of their calls."""

    def __init__(self, deployment: Deployment, evaluator: Evaluator) -> None:
        self._evaluator = evaluator
        self._function_role = deployment.function_role
        self._launch_role = deployment.launch_role
        self.roles: dict[str, Role] = {role.arn: role for role in (self._function_role, self._launch_role)}
        """The roles by ARN, as they stand; each call meets what is here at that moment."""
        self.operator_key = "AKIA" + secrets.token_hex(8).upper()
        """Belongs to an administrator, who may do everything."""

    def identity(self, access_key: str) -> Identity | None:
        """Return whom `access_key` belongs to, or None."""
        if access_key == FUNCTION_KEY:
            return Identity(self._function_role.session("local"), self._function_role.arn)
        session = sts_backends[ACCOUNT]["aws"].get_assumed_role_from_access_key(access_key)
        if session is None or session.role_arn != self._launch_role.arn:
            return None
        policy = json.loads(session.policy) if session.policy else None
        return Identity(self._launch_role.session(session.session_name), self._launch_role.arn, policy)

    def check(self, call: Call) -> None:
        """Raise `ApiError` (access denied) unless the caller has every permission that `call` needs.

        Raises `UnmappedCallError` too, and `EvaluatorError` when a policy can't be evaluated.
        """
        if call.access_key == self.operator_key:
            return
        identity = self.identity(call.access_key)
        for action, resource, context in call.permissions:
            if identity is None or not self.allows(identity, action, resource, call.source, context):
                code = "AccessDenied" if call.service == "sts" else "AccessDeniedException"
                raise ApiError(code, f"User is not authorized to perform: {action}", 403)

    def allows(
        self, identity: Identity, action: str, resource: str, source: str, context: Mapping[str, str] | None = None
    ) -> bool:
        """Return whether `identity`, seen at the address `source`, may do `action` on `resource`."""
        # A role's trust policy is the resource policy of the calls that assume it.
        target = self.roles.get(resource)
        return self._evaluator.allows(
            Access(
                action=action,
                resource=resource,
                account=ACCOUNT,
                principal=identity.arn,
                context={"aws:SourceIp": source, **(context or {})},
                identity_policies=self.roles[identity.role_arn].policies,
                session_policy=identity.session_policy,
                resource_policy=target.trust if target else None,
            )
        )
