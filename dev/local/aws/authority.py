"""Identifies the caller of an AWS API call, and decides by the synthesised policies whether it is allowed."""

import datetime
import json
import secrets
from collections.abc import Callable, Sequence
from dataclasses import replace

from moto.iam.models import iam_backends

from local.aws.calls import ApiError, Call
from local.aws.permissions import Context, permissions_of
from local.aws.sessions import Identity, Sessions
from local.aws.source import Source
from local.evaluator import Access, Evaluator, Policy
from local.resolved_template import ResolvedTemplate, Role
from local.template import ACCOUNT

FUNCTION_KEY = "ASIALOCALFUNCTIONKEY"
"""The access key on this machine of the role of the function that opens notebooks."""

REQUESTS_KEY = "ASIALOCALREQUESTSKEY"
"""The access key on this machine of the role of the function that takes access requests."""

DENIES_KEY = "ASIALOCALDENIESKEY"
"""The access key on this machine of the role of the function that cuts off open notebooks."""

DEPLOYED_POLICY = "launch"
"""The name of the inline policy that the template gives the launch role."""

FUNCTION_KEYS = (FUNCTION_KEY, REQUESTS_KEY, DENIES_KEY)
"""The access keys, in the order of `ResolvedTemplate.functions`."""

OPERATOR = f"arn:aws:iam::{ACCOUNT}:role/Operator"
ALLOW_ALL = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


class Authority:
    """Identifies callers, and asks the policy evaluator about their calls."""

    def __init__(self, evaluator: Evaluator, clock: Callable[[], float]) -> None:
        """`clock`: seconds since the epoch, for policies that depend on the time."""
        self._evaluator = evaluator
        self._clock = clock
        self.operator_key = "AKIA" + secrets.token_hex(8).upper()
        """The access key of an administrator, who may do everything."""

    def identity(self, access_key: str) -> Identity | None:
        """Return the identity that `access_key` belongs to, or None for an unknown key."""
        raise NotImplementedError

    def policies(self, role_arn: str) -> Sequence[Policy]:
        """Return the permissions policies of a role, as they stand now."""
        raise NotImplementedError

    def boundary(self, role_arn: str) -> Policy | None:
        """Return the permissions boundary of a role, if it has one."""
        raise NotImplementedError

    def check(self, call: Call) -> None:
        """Raise `ApiError` (access denied) unless the caller has every permission that `call` needs.

        Raises `UnmappedCallError` for an unsupported call, and `EvaluatorError` when a policy can't be evaluated.
        """
        if call.access_key == self.operator_key:
            return
        identity = self.identity(call.access_key)
        for action, resource, context in permissions_of(call):
            if identity is None or not self.allows(identity, action, resource, call.source, context):
                code = "AccessDenied" if call.service == "sts" else "AccessDeniedException"
                raise ApiError(code, f"User is not authorized to perform: {action}", 403)

    def allows(
        self, identity: Identity, action: str, resource: str, source: Source | str, context: Context | None = None
    ) -> bool:
        """Return whether `identity` may do `action` on `resource`, by the policies as they stand now.

        `source`: where the request comes from; a string is a public address.
        """
        origin = Source(source) if isinstance(source, str) else source
        access = Access(
            action=action,
            resource=resource,
            account=ACCOUNT,
            principal=identity.arn,
            context={**origin.context, **identity.context, **(context or {})},
            identity_policies=self.policies(identity.role_arn),
            session_policy=identity.session_policy,
            boundary=self.boundary(identity.role_arn),
        )
        return self.decide(access)

    def decide(self, access: Access) -> bool:
        """Return whether the policies allow `access` now."""
        # In whole seconds, as IAM compares times (IAM user guide, "Date condition operators").
        now = datetime.datetime.fromtimestamp(self._clock(), datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return self._evaluator.allows(replace(access, context={"aws:CurrentTime": now, **access.context}))


class LocalAuthority(Authority):
    """Knows the roles of the synthesised template, and the policies that were added to them later."""

    def __init__(self, template: ResolvedTemplate, evaluator: Evaluator, clock: Callable[[], float]) -> None:
        """`clock`: seconds since the epoch."""
        super().__init__(evaluator, clock)
        self.sessions = Sessions(clock)
        self._functions = {
            key: Identity(function.role.session("local"), function.role.arn)
            for key, function in zip(FUNCTION_KEYS, template.functions, strict=False)
        }
        roles = [template.launch_role, *(function.role for function in template.functions)]
        self.roles = {role.arn: role for role in (*roles, Role(OPERATOR, {}, (ALLOW_ALL,)))}
        """The roles by ARN. Each call is checked against the value at that moment."""

    def identity(self, access_key: str) -> Identity | None:
        """Return the identity that `access_key` belongs to, or None for an unknown key."""
        if access_key == self.operator_key:
            return Identity(OPERATOR, OPERATOR)
        found = self._functions.get(access_key) or self.sessions.by_key.get(access_key)
        return found if found and found.role_arn in self.roles else None

    def policies(self, role_arn: str) -> Sequence[Policy]:
        """Return the policies of the template, and the inline policies that were added since the deployment."""
        return (*self.roles[role_arn].policies, *self._later_policies(role_arn))

    def boundary(self, role_arn: str) -> Policy | None:
        """Return the permissions boundary that the template gives the role."""
        return self.roles[role_arn].boundary

    def decide(self, access: Access) -> bool:
        """Return whether the policies allow `access`. For calls that assume a role, its trust policy has a say."""
        target = self.roles.get(access.resource)
        return super().decide(replace(access, resource_policy=target.trust if target else None))

    def _later_policies(self, role_arn: str) -> list[Policy]:
        roles = (role for role in iam_backends[ACCOUNT]["aws"].roles.values() if role.arn == role_arn)
        return [json.loads(text) for role in roles for name, text in role.policies.items() if name != DEPLOYED_POLICY]
