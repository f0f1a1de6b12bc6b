"""The window of a launch without a VPC: some seconds in which a role session may open its notebook from any address.

Without a VPC, the function calls from addresses that AWS chooses, so that no policy can name them. The session policy
allows every address until the window ends, and the caller's alone afterwards (docs/adr/0018-a-window-without-a-vpc.md).
"""

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

from gate.launch.role_assumer import ROLE_SESSION_SECONDS, RoleAssumer
from gate.launch.target import LaunchRole
from gate.platform import deadline
from gate.platform.aws.errors import aws_errors
from gate.platform.clock import Clock

if TYPE_CHECKING:
    from mypy_boto3_sts.type_defs import CredentialsTypeDef, TagTypeDef

USUAL_SECONDS = 2.0
"""Seconds that AssumeRole and the calls that create a URL together usually stay well below."""

MAX_SECONDS = 7.0
"""Seconds for the calls of a launch that takes long, unless its request has less time left."""

TOLERANCE = 2.0
"""Seconds by which AWS's clock may differ from what is known of it. It is measured in whole seconds (`Expiration`)."""

LONGEST = 15
"""Seconds after which the window of a policy has ended: `MAX_SECONDS`, and what clocks and their measurement add."""

TAG: "TagTypeDef" = {"Key": "NotebookGateWindow", "Value": "true"}
"""The session tag of role sessions with a window. The launch role denies all others outside of its addresses."""

TAG_KEY = f"aws:PrincipalTag/{TAG['Key']}"
"""The condition key of the tag (IAM user guide, "Passing session tags in AWS STS")."""

PolicyUntil = Callable[[int], str]
"""Returns the session policy (JSON) whose window ends at a time, in epoch seconds of AWS's clock."""


class Windows:
    """Assumes the launch role with a window. Thread-safe."""

    def __init__(self, roles: RoleAssumer, clock: Clock):
        self._roles = roles
        self._clock = clock
        self._ahead = 0.0
        """Seconds by which AWS's clock is ahead of the function's, as far as known."""

    def assume(self, role: LaunchRole, name: str, policy_until: PolicyUntil, *, seconds: float) -> "CredentialsTypeDef":
        """Return the credentials of the role session `name`, which may open its notebook anywhere for `seconds`.

        The window ends at the deadline of the request if that is earlier, and `TOLERANCE` is added for the clocks.
        Raises the errors of `RoleAssumer.assume`.
        """
        sent = self._clock()
        credentials = self._roles.assume(role, name, policy_until(self._end(seconds)), tags=[TAG])
        with aws_errors():
            issued = credentials["Expiration"].timestamp() - ROLE_SESSION_SECONDS
        # AWS issued them between the request and the response, at some part of the second `issued`.
        least, most = issued - self._clock(), issued + 1 - sent
        if least - TOLERANCE <= self._ahead <= most + TOLERANCE:
            return credentials
        # The window was over before it began, or would be open for too long.
        self._ahead = (least + most) / 2
        return self._roles.assume(role, name, policy_until(self._end(seconds)), tags=[TAG])

    def _end(self, seconds: float) -> int:
        left = max(0.0, deadline.remaining(seconds))
        return math.ceil(self._clock() + self._ahead + left + TOLERANCE)
