"""`gate explain` and the function give the same answer."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cli.deployed import Deployed
from cli.explain.access_checks import AccessChecks
from cli.explain.question import ALLOWED, Question
from cli.explain.source import Source
from gate.values.notebook import Notebook
from local.deployment import LocalDeployment
from local.places import COLLEAGUE, INSIDE, OUTSIDE
from local.sample import Sample
from testing.environment import JSON
from testing.notebook_client import status_from
from testing.user import TestUser
from tests.cli.explain_deployment import (
    DENIES,
    ENDPOINT,
    GROUPS,
    IN_VPC,
    NOTEBOOKS,
    arrange,
    explain_deployment,
)
from tests.cli.operator_access import operator_access

PEOPLE = ("alice@example.com", "bob@example.com", "carol@example.com")
STATES = ("InService", "Stopped", "Pending", "Stopping", "Failed")


@pytest.fixture(scope="module")
def deployment(sample: Sample) -> Iterator[LocalDeployment]:
    with explain_deployment(sample) as deployment:
        yield deployment


@pytest.fixture(scope="module")
def deployed(deployment: LocalDeployment) -> Deployed:
    return Deployed.find(operator_access(deployment), "local")


@pytest.fixture(scope="module")
def cookies(deployment: LocalDeployment) -> dict[str, Any]:
    """The cookies of each person's session."""
    found = {}
    for email in PEOPLE:
        person = TestUser(deployment)
        person.open("/", email)
        found[email] = person.cookies
    return found


GRANTS = st.sets(
    st.tuples(
        st.sampled_from(
            [
                "user:alice@example.com",
                "user:bob@example.com",
                "group:data-science",
                "group:staff",
                "user:carol@example.com",
            ]
        ),
        st.sampled_from([*NOTEBOOKS, "210987654321/eu-central-1/alice-notebook"]),
        st.sampled_from([None, 5, 4_000_000_000]),
    ),
    max_size=6,
)


def _outcome_of_the_function(
    deployment: LocalDeployment, cookies: Any, address: str, used_from: str, notebook: str
) -> str:
    person = TestUser(deployment, address)
    person.cookies.update(cookies)
    answer = person.go(f"/open/{Notebook.parse(notebook).segment}", headers=JSON)
    if answer.status_code != 200:
        return str(answer.json()["error"])
    # AWS evaluates the policies again when the URL is used.
    status = status_from(deployment, used_from, answer.json()["authorized_url"])
    assert status in (302, 403)
    return ALLOWED if status == 302 else "aws_denied"


@settings(max_examples=150, deadline=None, derandomize=True)
@given(
    who=st.sampled_from(PEOPLE),
    notebook=st.sampled_from([*NOTEBOOKS, "210987654321/eu-central-1/alice-notebook"]),
    address=st.sampled_from([INSIDE, INSIDE, COLLEAGUE, OUTSIDE]),
    used_from=st.sampled_from([None, None, INSIDE, COLLEAGUE, OUTSIDE, IN_VPC]),
    grants=GRANTS,
    state=st.sampled_from(["InService", "InService", *STATES]),
    denied=st.sampled_from(["none", "none", *DENIES]),
)
def test_explain_and_the_function_agree(
    deployment: LocalDeployment, deployed: Deployed, cookies: dict[str, Any],
    who: str, notebook: str, address: str, used_from: str | None, grants: Any, state: str, denied: str,
) -> None:  # fmt: skip
    arrange(deployment, grants, state, denied)
    used_from = used_from or address
    used = Source(used_from, ENDPOINT if used_from == IN_VPC else "")
    question = Question(f"user:{who}", GROUPS.get(who, ()), Notebook.parse(notebook), Source(address), used)
    findings = list(AccessChecks(deployed).run(question))
    explained = next((finding.reason for finding in findings if not finding.passed), ALLOWED)
    answered = _outcome_of_the_function(deployment, cookies[who], address, used_from, notebook)
    assert explained == answered, findings
    # At most one check fails, the last one, and it says how to fix it.
    assert all(finding.passed for finding in findings[:-1])
    assert findings[-1].passed or findings[-1].fix
