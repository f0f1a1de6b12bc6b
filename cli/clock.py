"""The time by AWS's clock, from the `Date` header of its responses."""

import time
from collections.abc import Callable
from email.utils import parsedate_to_datetime

from cli.aws import AwsAccess, aws_errors


def aws_clock(aws: AwsAccess) -> float | None:
    """Return AWS's time in whole epoch seconds, or None if the response has no date. Raises `CommandError`."""
    with aws_errors():
        response = aws.client("sts").get_caller_identity()  # needs no permission (API reference)
    date = response["ResponseMetadata"]["HTTPHeaders"].get("date")
    return parsedate_to_datetime(date).timestamp() if date else None


def next_second(aws: AwsAccess, *, clock: Callable[[], float] = time.time) -> int:
    """Return the next whole second in epoch seconds, by AWS's clock or this machine's, whichever is ahead.

    With a slow clock on the operator's machine alone, what was signed in the meantime would stay valid.
    Raises `CommandError`.
    """
    return int(max(clock(), aws_clock(aws) or 0.0)) + 1
