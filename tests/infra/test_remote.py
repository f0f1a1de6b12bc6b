"""The launch role in another account, decided by the policy evaluator."""

from typing import Any

import pytest

from infra.settings import Settings
from local.evaluator import Access, Evaluator
from local.resolved_template import ResolvedTemplate
from local.template import ACCOUNT, synthesise_all
from tests.infra.examples import FULL, REMOTE_ACCOUNT, only

ROLE = f"arn:aws:iam::{REMOTE_ACCOUNT}:role/notebook-gate-launch"


@pytest.fixture(scope="module")
def trust(full_resolved: ResolvedTemplate) -> Any:
    """The trust policy of the launch role in the other account, with its parameters filled in."""
    _, launch = synthesise_all([Settings.parse(FULL)])[0]
    statements = only(launch, "AWS::IAM::Role")["AssumeRolePolicyDocument"]["Statement"]
    return {
        "Version": "2012-10-17",
        "Statement": [{**each, "Principal": {"AWS": full_resolved.function.role.arn}} for each in statements],
    }


def _assumes(evaluator: Evaluator, resolved: ResolvedTemplate, trust: Any, role: str, **context: str) -> bool:
    return all(
        evaluator.allows(
            Access(
                action=action,
                resource=role,
                account=REMOTE_ACCOUNT,
                principal=resolved.function.role.session("x"),
                # `SetSourceIdentity` does not have this key, and the evaluator refuses unknown keys.
                context=context if action == "sts:AssumeRole" else {},
                identity_policies=resolved.function.role.policies,
                resource_policy=trust,
            )
        )
        for action in ("sts:AssumeRole", "sts:SetSourceIdentity")
    )


def test_a_launch_role_in_another_account_requires_the_external_id(
    evaluator: Evaluator, full_resolved: ResolvedTemplate, trust: Any
) -> None:
    key = "sts:ExternalId"
    assert _assumes(evaluator, full_resolved, trust, ROLE, **{key: "gate-4711"})
    assert not _assumes(evaluator, full_resolved, trust, ROLE, **{key: "another"})
    assert not _assumes(evaluator, full_resolved, trust, ROLE)


def test_the_function_assumes_the_launch_roles_of_the_settings_and_no_others(
    evaluator: Evaluator, full_resolved: ResolvedTemplate, trust: Any
) -> None:
    key = {"sts:ExternalId": "gate-4711"}
    for role in (
        f"arn:aws:iam::{REMOTE_ACCOUNT}:role/Administrator",
        "arn:aws:iam::999999999999:role/notebook-gate-launch",
    ):
        assert not _assumes(evaluator, full_resolved, trust, role, **key)


def test_the_functions_environment_names_this_role(full_resolved: ResolvedTemplate) -> None:
    environment = full_resolved.environment
    assert environment["GATE_REMOTE_ROLE"] == ROLE.rpartition("/")[2]
    assert environment["GATE_EXTERNAL_ID"] == "gate-4711"
    assert ACCOUNT not in environment["GATE_REMOTE_LOCATIONS"]


@pytest.mark.parametrize("stack", [{}, {"bootstrap_qualifier": "ours"}])
def test_a_stackset_needs_no_bootstrapped_account(stack: dict[str, str]) -> None:
    ((_, template),) = synthesise_all([Settings.parse({**FULL, "stack": stack})])
    assert template["Parameters"].keys() == {"FunctionRoleArn", "Egress"}
    assert "Rules" not in template


def test_launch_roles_of_several_gates_have_different_names_in_one_account() -> None:
    one, other = (
        synthesise_all([Settings.parse({**FULL, "remote": {**FULL["remote"], "role_name": name}})])[0][1]
        for name in ("", "team-b-launch")
    )
    assert [only(each, "AWS::IAM::Role")["RoleName"] for each in (one, other)] == [
        "notebook-gate-launch",
        "team-b-launch",
    ]
