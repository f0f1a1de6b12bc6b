"""The time as AWS has it, by the `Date` header of its answers."""

import time
from collections.abc import Callable
from email.utils import parsedate_to_datetime

from cli.aws import AwsAccess, aws_errors


def aws_clock(aws: AwsAccess) -> float | None:
    """Return AWS's time in epoch seconds, without fractions; None where it does not say. Raises `CommandError`."""
    with aws_errors():
        answer = aws.client("sts").get_caller_identity()  # needs no permission (API reference)
    told = answer["ResponseMetadata"]["HTTPHeaders"].get("date")
    return parsedate_to_datetime(told).timestamp() if told else None


def this_moment(aws: AwsAccess, *, clock: Callable[[], float] = time.time) -> int:
    """Return the next whole second, in epoch seconds, by AWS's clock where that is ahead of this machine's.

    An operator's slow clock would leave what was signed meanwhile. Raises `CommandError`.
    """
    return int(max(clock(), aws_clock(aws) or 0.0)) + 1
