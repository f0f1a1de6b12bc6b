"""Translates the errors of botocore into errors of the gate."""

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from gate.platform.log import logger
from gate.platform.metrics import count
from gate.values.errors.upstream import (
    AwsDeniedError,
    AwsError,
    InstanceQuotaError,
    PolicyTooLargeError,
    ThrottledError,
    UpstreamError,
)

THROTTLING_CODES = frozenset({"Throttling", "ThrottlingException", "ThrottledException", "RequestLimitExceeded",
                              "TooManyRequestsException", "ProvisionedThroughputExceededException"})  # fmt: skip
_ERRORS: dict[str, type[UpstreamError]] = {
    "AccessDenied": AwsDeniedError,
    "AccessDeniedException": AwsDeniedError,
    # API reference of StartNotebookInstance.
    "ResourceLimitExceeded": InstanceQuotaError,
    # API reference of AssumeRole.
    "PackedPolicyTooLarge": PolicyTooLargeError,
}
"""The errors for codes that say what is wrong. Every other code is an `AwsError`."""


def code_of(error: ClientError) -> str:
    """Return AWS's error code. Unlike the message, the code is documented and stable."""
    return str(error.response.get("Error", {}).get("Code", ""))


@contextmanager
def aws_errors() -> Iterator[None]:
    """Translate botocore's errors in the block into `ThrottledError`, `AwsError`, or the error of AWS's code.

    Logs one line with the operation and AWS's error code. It does not log AWS's message, which quotes the request.
    """
    try:
        yield
    except ClientError as error:
        code = code_of(error)
        aws_request_id = error.response.get("ResponseMetadata", {}).get("RequestId")
        logger.warning("aws call failed", operation=error.operation_name, code=code, aws_request_id=aws_request_id)
        if code in THROTTLING_CODES:
            count("Throttles")
            raise ThrottledError from error
        raise _ERRORS.get(code, AwsError) from error
    except (BotoCoreError, ResponseParserError, KeyError) as error:
        # The response is truncated, or lacks a required part (KeyError).
        logger.warning("aws call failed", code=type(error).__name__)
        raise AwsError from error
