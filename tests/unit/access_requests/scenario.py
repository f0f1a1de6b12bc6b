"""The people, notebooks and rules of the property test of access requests."""

from gate.access_requests.keys import OPEN
from testing.asking import request_rules
from testing.grants_table import GrantsTable

HOUR, DAY = 3_600, 86_400
NOTEBOOKS = ["churn", "prod-a"]
PEOPLE = ["user:ann", "user:bob", "user:cat", "slack:T1/U1", "slack:T1/U2"]
GROUPS = ["leads", "ops"]
RULES = request_rules(
    approvers={"user:ann": ("*",), "group:leads": ("churn", "prod-*"), "slack:T1/U1": ("churn",)},
    two_approvals=("prod-*",),
    durations=(HOUR, 8 * HOUR),
    eligible={**dict.fromkeys(PEOPLE, ("*",)), "user:cat": ("churn",), "group:ops": ("prod-*",)},
    automatic={"slack:T1/U2": ("*",), "group:ops": ("*",)},
    automatic_longest=HOUR,
)
NAMED = {"user:ann": NOTEBOOKS, "slack:T1/U1": ["churn"]}
"""Who decides by name, on which notebooks."""


def check_references(table: GrantsTable) -> None:
    """Check that each request without a decision has one reference, and no other has any: lists go by references."""
    rows = [item for item in table.requests() if item["decision"]["S"] == ""]
    references = [item["notebook"]["S"].partition("-")[2] for item in table.query([OPEN])]
    assert sorted(references) == sorted(item["id"]["S"] for item in rows)
