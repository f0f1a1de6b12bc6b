"""Clients of the stand-in of AWS in this process, and the check whether AWS denies a call."""

from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

from local.aws.calls import ApiError


class Client:
    """A client like boto3's. `answer` gets the method's name and arguments, and may raise `ApiError`."""

    def __init__(self, answer: Callable[[str, dict[str, Any]], Any]) -> None:
        self._answer = answer

    def __getattr__(self, method: str) -> Callable[..., Any]:
        def call(**arguments: Any) -> Any:
            try:
                return self._answer(method, arguments)
            except ApiError as error:
                details: Any = {"Error": {"Code": error.code, "Message": "words of AWS"}, **error.details}
                raise ClientError(details, operation_name(method)) from None

        return call


def operation_name(method: str) -> str:
    """Return the name of the operation that a client's `method` calls."""
    return "".join(part.title() for part in method.split("_"))


def is_denied(call: Callable[[], Any]) -> bool:
    """Return whether AWS denies `call`. An error for another reason fails the test."""
    try:
        call()
    except ClientError as error:
        code = error.response["Error"]["Code"]
        assert code in {"AccessDenied", "AccessDeniedException"}, code
        return True
    return False
