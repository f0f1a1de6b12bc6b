"""Assumes launch roles, also one that was created seconds ago."""

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from gate.launch.target import LaunchRole
from gate.platform import deadline
from gate.platform.aws.errors import aws_errors
from gate.values.errors.upstream import AwsDeniedError, LaunchRoleDeniedError

if TYPE_CHECKING:
    from mypy_boto3_sts import STSClient
    from mypy_boto3_sts.type_defs import CredentialsTypeDef, TagTypeDef

ROLE_SESSION_SECONDS = 3600
"""Seconds. The maximum for a role that is assumed by a role (IAM user guide, "role chaining")."""

RETRY_DELAYS = (0.5, 1.0, 2.0)
"""Seconds before each retry of a call that was denied.

STS denies a role for some seconds after its creation, or after a change of its trust policy, until IAM has the change
everywhere (IAM user guide, "Changes that I make are not always immediately visible").
"""

TIME_OF_A_CALL = 1.0
"""Seconds that a retry may take. There is none if the deadline leaves less after the delay."""


class RoleAssumer:
    """Assumes launch roles. Thread-safe."""

    def __init__(self, sts: "STSClient", *, sleep: Callable[[float], None] = time.sleep):
        self._sts = sts
        self._sleep = sleep
        self._known: set[LaunchRole] = set()

    def assume(
        self, role: LaunchRole, name: str, policy: str, *, tags: "Sequence[TagTypeDef]" = ()
    ) -> "CredentialsTypeDef":
        """Return the credentials of the role session `name`, narrowed by the session policy (JSON).

        `tags`: session tags.

        Retries a denied call within the deadline of the request, once for each role: a role that was assumed before is
        not new, and one that stays denied must not delay everybody.
        Raises `LaunchRoleDeniedError`, and the errors of `aws_errors`.
        """
        delays = iter(() if role in self._known else RETRY_DELAYS)
        try:
            while True:
                try:
                    return self._assume(role, name, policy, tags)
                except AwsDeniedError as error:
                    delay = next(delays, None)
                    if delay is None or deadline.remaining(delay + TIME_OF_A_CALL) < delay + TIME_OF_A_CALL:
                        raise LaunchRoleDeniedError from error
                    self._sleep(delay)
        finally:
            self._known.add(role)

    def _assume(self, role: LaunchRole, name: str, policy: str, tags: "Sequence[TagTypeDef]") -> "CredentialsTypeDef":
        optional: Any = {"ExternalId": role.external_id} if role.external_id else {}
        optional |= {"Tags": tags} if tags else {}
        with aws_errors():
            return self._sts.assume_role(
                RoleArn=role.arn,
                RoleSessionName=name,
                SourceIdentity=name,
                Policy=policy,
                DurationSeconds=ROLE_SESSION_SECONDS,
                **optional,
            )["Credentials"]
