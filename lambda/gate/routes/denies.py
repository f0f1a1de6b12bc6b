"""The event of the function that cuts off open notebooks: it brings the denies of the table to the launch role."""

import time
from collections.abc import Callable

from gate.container import Gate
from gate.launch.denies.applying import apply
from gate.launch.denies.launch_role import LaunchRolePolicies
from gate.launch.denies.rows import read_denies
from gate.platform.aws.clients import client
from gate.platform.log import logger
from gate.store.denied import ENDED, REVOKED
from gate.values.revocation import Revocation, missing


class NotCutOffError(Exception):
    """The launch role lacks denies. Lambda counts the failure, and sends the event again (`infra/denies.py`)."""


def write_denies(gate: Gate, *, sleep: Callable[[float], None] = time.sleep) -> None:
    """Write the denies that the launch role lacks. Raises `NotCutOffError`."""

    now = int(gate.now())

    def rows() -> list[Revocation]:
        return list(read_denies(gate.table.query([REVOKED, ENDED]), gate.config, now=now))

    policies = LaunchRolePolicies(client("iam"), gate.config.launch_role_arn.rpartition("/")[2])
    try:
        # Each write could erase what others are adding at this moment.
        if missing(rows(), policies.revocations(), now=now):
            apply(policies, rows, now=now, sleep=sleep)
            logger.info("denies written")
    except Exception as error:  # noqa: BLE001
        # Neither AWS's message, which quotes the request, nor the text of a policy that somebody edited by hand.
        logger.error("denies not written", error_type=type(error).__name__)
        raise NotCutOffError from None
