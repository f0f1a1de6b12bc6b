"""AWS's errors in the gate's own words."""

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from gate.errors.upstream import AwsDeniedError, AwsError, ThrottledError
from gate.log import logger
from gate.metrics import count

THROTTLED = frozenset({"Throttling", "ThrottlingException", "ThrottledException", "RequestLimitExceeded",
                        "TooManyRequestsException", "ProvisionedThroughputExceededException"})  # fmt: skip
_DENIED = frozenset({"AccessDenied", "AccessDeniedException"})


def code_of(error: ClientError) -> str:
    """Return the error code that AWS gave, the one part of an error fit for matching."""
    return str(error.response.get("Error", {}).get("Code", ""))


@contextmanager
def aws_errors() -> Iterator[None]:
    """Turn what botocore raises inside into `ThrottledError`, `AwsDeniedError` or `AwsError`.

    Operators get one line with the call and AWS's code; never AWS's sentence, which quotes what was sent.
    """
    try:
        yield
    except ClientError as error:
        code = code_of(error)
        aws_request_id = error.response.get("ResponseMetadata", {}).get("RequestId")
        logger.warning("aws call failed", operation=error.operation_name, code=code, aws_request_id=aws_request_id)
        if code in THROTTLED:
            count("Throttles")
            raise ThrottledError from error
        if code in _DENIED:
            raise AwsDeniedError from error
        raise AwsError from error
    except (BotoCoreError, ResponseParserError, KeyError) as error:
        # Cut off, or without the part that was asked for: not an answer.
        logger.warning("aws call failed", code=type(error).__name__)
        raise AwsError from error
