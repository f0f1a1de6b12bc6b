"""The two operations that moto lacks, answered as the API reference says."""

import re
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from moto.dynamodb.models import dynamodb_backends
from moto.dynamodb.models.dynamo_type import DynamoType
from moto.sagemaker.exceptions import ValidationError
from moto.sagemaker.models import sagemaker_backends

from local.aws.authority import Identity
from local.aws.calls import ApiError, Call
from local.template import ACCOUNT, REGION

URL_SECONDS = 300
SHORTEST_SESSION, LONGEST_SESSION = 1800, 43_200
MOST_KEYS = 50
PAGE = 100
"""Items a page; DynamoDB's own limit is 1 MB, which these would not reach."""


@dataclass(frozen=True)
class PresignedUrl:
    """A URL that was created, with all that decides who may use it, when, and from where."""

    url: str = field(repr=False)
    token: str = field(repr=False)
    notebook: str
    creator: Identity
    usable_until: float
    session_seconds: int


class Operations:
    """Answers the calls it knows; the rest is moto's."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self.urls: list[PresignedUrl] = []
        """Every URL that was created, newest last."""

    def answer(self, call: Call, identity: Identity | None) -> dict[str, Any] | None:
        """Return the answer to `call`, or None when it is none of these operations. Raises `ApiError`."""
        match call.service, call.operation:
            case "sagemaker", "CreatePresignedNotebookInstanceUrl" if identity is not None:
                return self._create_url(call.parameters, identity)
            case "dynamodb", "ExecuteStatement":
                return _select(call.parameters)
        return None

    def _create_url(self, parameters: Any, identity: Identity) -> dict[str, Any]:
        name = parameters["NotebookInstanceName"]
        seconds = parameters.get("SessionExpirationDurationInSeconds", LONGEST_SESSION)
        if len(name) > 63 or not re.fullmatch(r"[a-zA-Z0-9](-*[a-zA-Z0-9])*", name, re.ASCII):
            raise ApiError("ValidationException", f"Value '{name}' at 'notebookInstanceName' failed to satisfy pattern")
        if not SHORTEST_SESSION <= seconds <= LONGEST_SESSION:
            raise ApiError(
                "ValidationException", f"Value '{seconds}' at 'sessionExpirationDurationInSeconds' is out of range"
            )
        try:
            notebook = sagemaker_backends[ACCOUNT][REGION].get_notebook_instance(name)
        except ValidationError as error:
            raise ApiError("ValidationException", "RecordNotFound") from error
        if notebook.status != "InService":
            raise ApiError(
                "ValidationException", f"Status ({notebook.status}) not in ([InService]). Unable to create URL"
            )
        token = ".".join(urlsafe_b64encode(secrets.token_bytes(size)).decode().rstrip("=") for size in (24, 90, 32))
        url = f"https://{name.lower()}.notebook.{REGION}.sagemaker.aws?authToken={token}"
        self.urls.append(PresignedUrl(url, token, name, identity, self._clock() + URL_SECONDS, seconds))
        return {"AuthorizedUrl": url}


_SELECT = re.compile(
    r'SELECT \* FROM "(?P<table>[\w.-]+)" WHERE "principal" IN \[\?(,\?)*\](?P<named> AND "notebook" = \?)?'
)


def _select(parameters: Any) -> dict[str, Any]:
    """Answer the one kind of PartiQL statement that the gate uses, by key, as DynamoDB does.

    moto's own parser takes only the first of an IN list, and reads the whole table.
    """
    match = _SELECT.fullmatch(parameters["Statement"])
    if match is None:
        raise ApiError("ValidationException", "Statement wasn't well formed, can't be processed")
    values = [value["S"] for value in parameters["Parameters"]]
    if parameters["Statement"].count("?") != len(values):
        raise ApiError("ValidationException", "Number of parameters in request and statement don't match.")
    principals = values[:-1] if match["named"] else values
    if len(principals) > MOST_KEYS:
        raise ApiError("ValidationException", f"IN takes at most {MOST_KEYS} partition keys")
    table = dynamodb_backends[ACCOUNT][REGION].get_table(match["table"])
    found = []
    for principal in dict.fromkeys(principals):
        of_principal = table.items.get(DynamoType({"S": principal}), {})
        for notebook, item in sorted(of_principal.items(), key=lambda pair: pair[0].value):
            if not match["named"] or notebook.value == values[-1]:
                found.append(item.to_json()["Attributes"])
    start = int(parameters.get("NextToken", "0"))
    more = {"NextToken": str(start + PAGE)} if len(found) > start + PAGE else {}
    return {"Items": found[start : start + PAGE], **more}
