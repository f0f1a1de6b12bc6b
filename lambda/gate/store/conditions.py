"""DynamoDB's condition that a row is unchanged since it was read."""

from collections.abc import Iterable, Mapping
from typing import Any


def unchanged_condition(before: Mapping[str, Any] | None, attributes: Iterable[str]) -> dict[str, Any]:
    """Return the parameters of a write that fails unless the row still is `before` (None: does not exist).

    `attributes`: the names to compare, beside the key. Those that `before` lacks must still be absent, so that a
    concurrent change is never overwritten.
    """
    if before is None:
        return {
            "ConditionExpression": "attribute_not_exists(#principal)",
            "ExpressionAttributeNames": {"#principal": "principal"},
        }
    names, values, terms = {"#p": "principal"}, {}, ["attribute_exists(#p)"]
    for number, name in enumerate(dict.fromkeys(attributes)):
        names[f"#a{number}"] = name
        if name in before:
            values[f":v{number}"] = before[name]
            terms.append(f"#a{number} = :v{number}")
        else:
            terms.append(f"attribute_not_exists(#a{number})")
    condition: dict[str, Any] = {"ConditionExpression": " AND ".join(terms), "ExpressionAttributeNames": names}
    return condition | ({"ExpressionAttributeValues": values} if values else {})
