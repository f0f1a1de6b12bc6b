"""What came of a sign-in that an operator watches: its outcome, and the claims by name, type and source.

`gate doctor --sign-in` writes a row under an id that nobody can guess and opens `/login?report=<id>`. The function
fills that row in once and makes none. It holds no claim's value.
"""

import json
import re
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from gate.aws.errors import aws_errors, code_of
from gate.clock import Clock
from gate.errors.base import GateError
from gate.identity.claims import SeenClaim
from gate.store import key_prefixes

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

MAX_CLAIMS, MAX_NAME = 100, 200
"""Claims that are reported, and characters of a claim's name: a row holds 400 KB (DynamoDB developer guide)."""

_ID = re.compile(r"[\w-]{22}", re.ASCII)


def valid_id(text: str) -> str:
    """Return `text` where it is the id of a report (128 random bits, base64url), else an empty string."""
    return text if _ID.fullmatch(text) else ""


def report_key(report_id: str) -> dict[str, Any]:
    """Return the table's key of a report."""
    return {"principal": {"S": f"{key_prefixes.SIGN_IN_REPORT}{report_id}"}, "notebook": {"S": "-"}}


@dataclass
class SignInReport:
    """What is known so far of one sign-in."""

    id: str = ""
    """Empty where nobody watches it."""
    claims: Sequence[SeenClaim] = ()
    outcome: str = "allowed"
    """Or a reason code."""

    def write(self, dynamodb: "DynamoDBClient", table: str, *, reference: str, clock: Clock = time.time) -> None:
        """Fill in the row, if an operator wrote one, it has not ended, and nobody has filled it in.

        `reference`: what finds the log line.
        A failure of AWS is logged and not raised: it must cost nobody their sign-in.
        """
        fitting = [each for each in self.claims if len(each.name) <= MAX_NAME and each.name.isprintable()]
        claims = [[each.name, each.type, each.source] for each in fitting[:MAX_CLAIMS]]
        values = {"outcome": self.outcome, "reference": reference, "claims": json.dumps(claims)}
        with suppress(GateError), aws_errors():
            try:
                dynamodb.update_item(
                    TableName=table,
                    Key=report_key(self.id),
                    UpdateExpression="SET " + ", ".join(f"#{name} = :{name}" for name in values),
                    ConditionExpression="#until > :now AND attribute_not_exists(#outcome)",
                    ExpressionAttributeNames={f"#{name}": name for name in (*values, "until")},
                    ExpressionAttributeValues={
                        ":now": {"N": str(int(clock()))},
                        **{f":{name}": {"S": value} for name, value in values.items()},
                    },
                )
            except ClientError as error:
                if code_of(error) != "ConditionalCheckFailedException":
                    raise
