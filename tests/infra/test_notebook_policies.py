"""Which requests to an opened notebook the launch role's policy and the session policy allow."""

from dataclasses import dataclass, replace
from typing import Any

import pytest

from gate.launch.kinds.notebook_instance import DESCRIBE, OPEN, START, STOP
from local.evaluator import Evaluator
from local.resolved_template import ResolvedTemplate
from local.template import ACCOUNT, EGRESS, REGION
from tests.infra.examples import ENDPOINT, OTHER_ENDPOINT, REMOTE_ACCOUNT
from tests.infra.policies import (
    ALLOW_ALL,
    ALSO_INSIDE,
    INSIDE,
    NOTEBOOK,
    OUTSIDE,
    list_policy,
    notebook_access,
    session_policy,
)


def _ip(address: str) -> dict[str, str]:
    return {"aws:SourceIp": address}


def _endpoint(name: str) -> dict[str, str]:
    return {"aws:SourceVpce": name}


HERE, EGRESS_ADDRESS = _ip(INSIDE), _ip("192.0.2.10")


@dataclass(frozen=True)
class Row:
    """One request, and whether each combination of policies allows it."""

    label: str
    caller_pin: bool
    """With pin = "caller"."""
    networks_pin: bool
    """With pin = "networks"."""
    role_alone: bool
    """With the launch role's policy alone, without a session policy."""
    session_alone: bool
    """With the session policy of pin = "caller" alone, and a role that allows everything."""
    context: dict[str, str]
    action: str = OPEN
    notebook: str = NOTEBOOK


ROWS = [
    #    request                            caller networks role  session
    Row("from the caller's address", True, True, True, True, HERE),
    Row("from another address inside", False, True, True, False, _ip(ALSO_INSIDE)),
    Row("from an IPv6 address inside", False, True, True, False, _ip("2001:db8::7")),
    Row("from outside", False, False, False, False, _ip(OUTSIDE)),
    Row("from an IPv6 address outside", False, False, False, False, _ip("2001:db9::7")),
    Row("from the function's egress", True, True, True, True, EGRESS_ADDRESS),
    Row("from the function's other egress", True, True, True, True, _ip("192.0.2.11")),
    Row("from the address after the egress", False, False, False, False, _ip("192.0.2.12")),
    Row("through the VPC endpoint", False, True, True, False, _endpoint(ENDPOINT)),
    Row("through another VPC endpoint", False, False, False, False, _endpoint(OTHER_ENDPOINT)),
    Row("from an unknown source", False, False, False, False, {}),
    Row("another notebook", False, False, True, False, HERE, notebook="bob-notebook"),
    Row("another notebook, from outside", False, False, False, False, _ip(OUTSIDE), notebook="bob-notebook"),
    Row("a notebook with this name as its prefix", False, False, True, False, HERE, notebook=f"{NOTEBOOK}-2"),
    Row("describe, by the function", True, True, True, True, EGRESS_ADDRESS, DESCRIBE),
    Row("start", True, True, True, True, EGRESS_ADDRESS, START),
    Row("stop, which the grant does not allow", False, False, True, False, EGRESS_ADDRESS, STOP),
    Row("delete", False, False, False, False, HERE, "sagemaker:DeleteNotebookInstance"),
    Row("update", False, False, False, False, HERE, "sagemaker:UpdateNotebookInstance"),
    Row("add tags", False, False, False, False, HERE, "sagemaker:AddTags"),
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.label)
def test_requests_to_an_opened_notebook(full_resolved: ResolvedTemplate, evaluator: Evaluator, row: Row) -> None:
    def allows(session: Any, role_policies: Any = None) -> bool:
        access = notebook_access(
            full_resolved, row.context, session, role_policies, action=row.action, notebook=row.notebook
        )
        return evaluator.allows(access)

    pinned = session_policy(full_resolved, "caller")
    assert allows(pinned) is row.caller_pin
    assert allows(session_policy(full_resolved, "networks")) is row.networks_pin
    assert allows(None) is row.role_alone
    assert allows(pinned, [ALLOW_ALL]) is row.session_alone
    # Without restrictions the request is allowed, and without the role's Allow it never is.
    assert allows(None, [ALLOW_ALL])
    assert not allows(pinned, [])


@pytest.mark.parametrize(
    ("region", "account", "allowed"),
    [(REGION, ACCOUNT, True), ("us-east-1", ACCOUNT, False), (REGION, REMOTE_ACCOUNT, False)],
)
def test_a_notebook_of_the_same_name_in_another_account_or_region_is_refused(
    full_resolved: ResolvedTemplate, evaluator: Evaluator, region: str, account: str, allowed: bool
) -> None:
    access = notebook_access(full_resolved, HERE, session_policy(full_resolved, "caller"))
    in_other_account = replace(
        access, resource=f"arn:aws:sagemaker:{region}:{account}:notebook-instance/{NOTEBOOK}", account=account
    )
    assert evaluator.allows(in_other_account) is allowed


def test_each_caller_is_pinned_to_their_own_address(full_resolved: ResolvedTemplate, evaluator: Evaluator) -> None:
    addresses = (INSIDE, ALSO_INSIDE, "2001:db8::7", "2001:db8::8")
    for caller in addresses:
        policy = session_policy(full_resolved, "caller", caller)
        for source in addresses:
            assert evaluator.allows(notebook_access(full_resolved, _ip(source), policy)) is (source == caller)


def test_the_elastic_ip_of_the_stacks_own_vpc_is_allowed(resolved: ResolvedTemplate, evaluator: Evaluator) -> None:
    policy = session_policy(resolved, "caller")
    for source, expected in ((EGRESS, True), (INSIDE, True), (OUTSIDE, False)):
        assert evaluator.allows(notebook_access(resolved, _ip(source), policy)) is expected
        assert evaluator.allows(notebook_access(resolved, _ip(source), None, [ALLOW_ALL]))


@pytest.mark.parametrize(
    "action",
    [
        DESCRIBE,
        OPEN,
        START,
        STOP,
        "sagemaker:DeleteNotebookInstance",
    ],
)
def test_the_session_of_the_list_describes_the_listed_notebooks_and_nothing_else(
    full_resolved: ResolvedTemplate, evaluator: Evaluator, action: str
) -> None:
    listed = [f"{NOTEBOOK}-{each}" for each in range(9)]
    policy = list_policy(full_resolved, listed)
    for name in (*listed, NOTEBOOK, "bob-notebook", f"{NOTEBOOK}-10"):
        for context in (EGRESS_ADDRESS, HERE):

            def allows(session: Any, role_policies: Any = None) -> bool:
                access = notebook_access(full_resolved, context, session, role_policies, action=action, notebook=name)  # noqa: B023
                return evaluator.allows(access)

            assert allows(policy) is allows(policy, [ALLOW_ALL]) is (action == DESCRIBE and name in listed)
            # Without the session policy, these are allowed.
            assert allows(None, [ALLOW_ALL])
            assert allows(None) is ("Delete" not in action)
            assert not allows(policy, [])
