"""Cutoffs: moments before which a person's sign-ins, tickets and waits count for nothing.

`gate revoke` writes one, and so does "sign out everywhere". The function reads them together with the grants.
"""

from typing import Any

PREFIX = "cutoff:"
"""Begins the partition key; no principal does, so that no grant can be written this way (see infra/grants_table.py)."""

EVERYBODY = "*"
"""Stands in place of a subject for every person."""

LIFETIME = 30 * 86_400
"""Seconds after which DynamoDB may remove a cutoff. A sign-in lasts a day at most, an ID token as long as its issuer
says."""


def cutoff_key(subject: str) -> dict[str, Any]:
    """Return the table's key of the cutoff of `subject` (`user:<e-mail>`, `slack:<team>/<user>`, or `EVERYBODY`)."""
    return {"principal": {"S": f"{PREFIX}{subject}"}, "notebook": {"S": "-"}}


def cutoff_write(table: str, subject: str, moment: int) -> dict[str, Any]:
    """Return the arguments of PutItem that end what `subject` signed in to before `moment` (epoch seconds).

    The write fails with `ConditionalCheckFailedException` where the same or a later cutoff is there already.
    """
    return {
        "TableName": table,
        "Item": {
            **cutoff_key(subject),
            "before": {"N": str(moment)},
            "until": {"N": str(moment + LIFETIME)},
        },
        "ConditionExpression": "attribute_not_exists(#principal) OR #before < :before",
        "ExpressionAttributeNames": {"#principal": "principal", "#before": "before"},
        "ExpressionAttributeValues": {":before": {"N": str(moment)}},
    }
