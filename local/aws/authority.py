"""Identifies the caller of an AWS API call, and decides by the synthesised policies whether it is allowed."""

import datetime
import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from moto.iam.models import iam_backends
from moto.sts.models import sts_backends

from local.aws.calls import ApiError, Call
from local.aws.source import Source
from local.evaluator import Access, Evaluator
from local.resolved_template import ResolvedTemplate, Role
from local.template import ACCOUNT

FUNCTION_KEY = "ASIALOCALFUNCTIONKEY"
"""The access key on this machine of the role of the function that opens notebooks."""

REQUESTS_KEY = "ASIALOCALREQUESTSKEY"
"""The access key on this machine of the role of the function that takes access requests."""

DEPLOYED_POLICY = "launch"
"""The name of the inline policy that the template gives the launch role."""

OPERATOR = f"arn:aws:iam::{ACCOUNT}:role/Operator"
ALLOW_ALL = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


@dataclass(frozen=True)
class Identity:
    """The principal that an access key belongs to."""

    arn: str
    role_arn: str
    session_policy: Mapping[str, Any] | None = None
    context: Mapping[str, str] = field(default_factory=dict)
    """Condition keys of every call of this identity."""


def session_context(issued: datetime.datetime, parameters: Mapping[str, str]) -> dict[str, str]:
    """Return the condition keys of a role session (IAM user guide, "AWS global condition context keys").

    `issued`: the time of its credentials. `parameters`: those of the AssumeRole call.
    """
    context = {"aws:TokenIssueTime": issued.strftime("%Y-%m-%dT%H:%M:%SZ")}
    if "SourceIdentity" in parameters:
        context["aws:SourceIdentity"] = parameters["SourceIdentity"]
    return context


class Authority:
    """Knows all identities, and asks the policy evaluator about their calls."""

    def __init__(self, template: ResolvedTemplate, evaluator: Evaluator, clock: Callable[[], float]) -> None:
        """`clock`: seconds since the epoch, for policies that depend on the time."""
        self._evaluator = evaluator
        self._clock = clock
        self._launch_role = template.launch_role
        functions = {FUNCTION_KEY: template.function, REQUESTS_KEY: template.requests_function}
        self._function_roles = {key: function.role for key, function in functions.items() if function}
        """The roles of the functions, by access key."""
        operator = Role(OPERATOR, {}, (ALLOW_ALL,))
        roles = (*self._function_roles.values(), self._launch_role, operator)
        self.roles: dict[str, Role] = {role.arn: role for role in roles}
        """The roles by ARN. Each call is checked against the value at that moment."""
        self._assume_role_parameters: dict[str, Mapping[str, Any]] = {}
        self.operator_key = "AKIA" + secrets.token_hex(8).upper()
        """The access key of an administrator, who may do everything."""

    def identity(self, access_key: str) -> Identity | None:
        """Return the identity that `access_key` belongs to, or None for an unknown key."""
        if access_key == self.operator_key:
            return Identity(OPERATOR, OPERATOR)
        if access_key in self._function_roles:
            role = self._function_roles[access_key]
            return Identity(role.session("local"), role.arn)
        session = sts_backends[ACCOUNT]["aws"].get_assumed_role_from_access_key(access_key)
        if session is None or session.role_arn != self._launch_role.arn:
            return None
        assumed_with = self._assume_role_parameters[session.session_name]
        issued = session.expiration - datetime.timedelta(seconds=int(assumed_with.get("DurationSeconds", "3600")))
        context = session_context(issued, assumed_with)
        policy = json.loads(session.policy) if session.policy else None
        return Identity(self._launch_role.session(session.session_name), self._launch_role.arn, policy, context)

    def check(self, call: Call) -> None:
        """Raise `ApiError` (access denied) unless the caller has every permission that `call` needs.

        Raises `UnmappedCallError` for an unsupported call, and `EvaluatorError` when a policy can't be evaluated.
        """
        if call.access_key == self.operator_key:
            return
        identity = self.identity(call.access_key)
        for action, resource, context in call.permissions:
            if identity is None or not self.allows(identity, action, resource, call.source, context):
                code = "AccessDenied" if call.service == "sts" else "AccessDeniedException"
                raise ApiError(code, f"User is not authorized to perform: {action}", 403)
        if call.operation == "AssumeRole":
            # moto does not keep the source identity. The session name identifies the session.
            self._assume_role_parameters[call.parameters["RoleSessionName"]] = call.parameters

    def _now(self) -> str:
        return datetime.datetime.fromtimestamp(self._clock(), datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def _later_policies(self, role_arn: str) -> list[Any]:
        """Return the inline policies that were added to a role after the deployment."""
        roles = (role for role in iam_backends[ACCOUNT]["aws"].roles.values() if role.arn == role_arn)
        return [json.loads(text) for role in roles for name, text in role.policies.items() if name != DEPLOYED_POLICY]

    def allows(
        self,
        identity: Identity,
        action: str,
        resource: str,
        source: Source | str,
        context: Mapping[str, str | list[str]] | None = None,
    ) -> bool:
        """Return whether `identity` may do `action` on `resource`.

        `source`: where the request comes from; a string is a public address.
        """
        origin = Source(source) if isinstance(source, str) else source
        # For calls that assume a role, its trust policy is the resource policy.
        target = self.roles.get(resource)
        return self._evaluator.allows(
            Access(
                action=action,
                resource=resource,
                account=ACCOUNT,
                principal=identity.arn,
                context={"aws:CurrentTime": self._now(), **origin.context, **identity.context, **(context or {})},
                identity_policies=(*self.roles[identity.role_arn].policies, *self._later_policies(identity.role_arn)),
                session_policy=identity.session_policy,
                resource_policy=target.trust if target else None,
            )
        )
