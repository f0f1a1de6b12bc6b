"""The report of a sign-in for an operator: its outcome, and the claims with name, type and source.

`gate doctor --sign-in` writes a row under an unguessable id and opens `/login?report=<id>`. The function updates that
row once, and never creates one. The report contains no values of claims.
"""

import json
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from gate.store import key_prefixes
from gate.store.table import Table, primary_key
from gate.values.errors.base import GateError
from gate.values.received_claim import ReceivedClaim

MAX_CLAIMS, MAX_NAME_LENGTH = 100, 200
"""Limits of a report, because an item can have 400 KB (DynamoDB developer guide). Claims beyond them are left out."""

_ID = re.compile(r"[\w-]{22}", re.ASCII)


def valid_id(text: str) -> str:
    """Return `text` if it has the form of a report's id (128 random bits, base64url), or an empty string."""
    return text if _ID.fullmatch(text) else ""


def report_key(report_id: str) -> dict[str, Any]:
    """Return the key of a report's row in the table."""
    return primary_key(f"{key_prefixes.SIGN_IN_REPORT}{report_id}")


@dataclass
class SignInReport:
    """What is known so far about a sign-in."""

    id: str = ""
    """Empty if no operator waits for the report."""
    claims: Sequence[ReceivedClaim] = ()
    outcome: str = "allowed"
    """`allowed`, or a reason code."""

    def write(self, table: Table, *, reference: str) -> None:
        """Update the row, if an operator wrote one, and it has neither expired nor been updated.

        `reference`: the reference that finds the log line.
        An error of AWS is logged and not raised, because it must not prevent the sign-in.
        """
        listed = [claim for claim in self.claims if len(claim.name) <= MAX_NAME_LENGTH and claim.name.isprintable()]
        claims = [[claim.name, claim.type, claim.source] for claim in listed[:MAX_CLAIMS]]
        texts = {"outcome": self.outcome, "reference": reference, "claims": json.dumps(claims)}
        with suppress(GateError):
            table.update(
                report_key(self.id),
                f"SET {', '.join(f'#{name} = :{name}' for name in texts)}",
                "#until > :now AND attribute_not_exists(#outcome)",
                now={"N": str(int(table.now()))},
                **{name: {"S": text} for name, text in texts.items()},
            )
