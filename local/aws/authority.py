"""Who makes a call, and whether the synthesised policies allow it."""

import datetime
import json
import secrets
from collections.abc import Mapping
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
"""The access key with which the function's own role signs on this machine."""

DEPLOYED = "launch"
"""The inline policy that the template gives to the launch role."""

OPERATOR = f"arn:aws:iam::{ACCOUNT}:role/Operator"
ANYTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


@dataclass(frozen=True)
class Identity:
    """Whoever an access key belongs to."""

    arn: str
    role_arn: str
    session_policy: Mapping[str, Any] | None = None
    context: Mapping[str, str] = field(default_factory=dict)
    """Condition keys that every call of this identity carries."""


class Authority:
    """Knows all identities, and asks the evaluator about each of their calls."""

    def __init__(self, template: ResolvedTemplate, evaluator: Evaluator) -> None:
        self._evaluator = evaluator
        self._function_role = template.function_role
        self._launch_role = template.launch_role
        operator = Role(OPERATOR, {}, (ANYTHING,))
        self.roles: dict[str, Role] = {role.arn: role for role in (self._function_role, self._launch_role, operator)}
        """The roles by ARN, as they stand; each call meets what is here at that moment."""
        self._asked: dict[str, Mapping[str, Any]] = {}
        self.operator_key = "AKIA" + secrets.token_hex(8).upper()
        """Belongs to an administrator, who may do everything."""

    def identity(self, access_key: str) -> Identity | None:
        """Return whom `access_key` belongs to, or None."""
        if access_key == self.operator_key:
            return Identity(OPERATOR, OPERATOR)
        if access_key == FUNCTION_KEY:
            return Identity(self._function_role.session("local"), self._function_role.arn)
        session = sts_backends[ACCOUNT]["aws"].get_assumed_role_from_access_key(access_key)
        if session is None or session.role_arn != self._launch_role.arn:
            return None
        asked = self._asked[session.session_name]
        issued = session.expiration - datetime.timedelta(seconds=int(asked.get("DurationSeconds", "3600")))
        context = {"aws:TokenIssueTime": issued.strftime("%Y-%m-%dT%H:%M:%SZ")}
        if "SourceIdentity" in asked:
            context["aws:SourceIdentity"] = asked["SourceIdentity"]
        policy = json.loads(session.policy) if session.policy else None
        return Identity(self._launch_role.session(session.session_name), self._launch_role.arn, policy, context)

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
        if call.operation == "AssumeRole":
            # moto forgets the source identity; a session's name says whose it is.
            self._asked[call.parameters["RoleSessionName"]] = call.parameters

    def _added(self, role_arn: str) -> list[Any]:
        """Return the inline policies that a role was given after it was deployed."""
        roles = (role for role in iam_backends[ACCOUNT]["aws"].roles.values() if role.arn == role_arn)
        return [json.loads(text) for role in roles for name, text in role.policies.items() if name != DEPLOYED]

    def allows(
        self,
        identity: Identity,
        action: str,
        resource: str,
        source: Source | str,
        context: Mapping[str, str | list[str]] | None = None,
    ) -> bool:
        """Return whether `identity` may do `action` on `resource`.

        `source`: where the request comes from; a plain address is one of the internet.
        """
        origin = Source(source) if isinstance(source, str) else source
        # A role's trust policy is the resource policy of the calls that assume it.
        target = self.roles.get(resource)
        return self._evaluator.allows(
            Access(
                action=action,
                resource=resource,
                account=ACCOUNT,
                principal=identity.arn,
                context={**origin.context, **identity.context, **(context or {})},
                identity_policies=(*self.roles[identity.role_arn].policies, *self._added(identity.role_arn)),
                session_policy=identity.session_policy,
                resource_policy=target.trust if target else None,
            )
        )
