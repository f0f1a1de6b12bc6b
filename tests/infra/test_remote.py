"""The launch role in another account, as IAM would evaluate it."""

from typing import Any

import pytest

from infra.settings import Settings
from local.evaluator import Access, Evaluator
from local.resolved_template import ResolvedTemplate
from local.template import ACCOUNT, synthesise_all
from tests.infra.conftest import OWN

THEIRS = "210987654321"
ROLE = f"arn:aws:iam::{THEIRS}:role/notebook-gate-launch"


@pytest.fixture(scope="module")
def trust(own_resolved: ResolvedTemplate) -> Any:
    """The trust policy of the role there, with its parameters filled in."""
    _, launch = synthesise_all([Settings.parse(OWN)])[0]
    (role,) = (each["Properties"] for each in launch["Resources"].values() if each["Type"] == "AWS::IAM::Role")
    statements = role["AssumeRolePolicyDocument"]["Statement"]
    return {
        "Version": "2012-10-17",
        "Statement": [{**each, "Principal": {"AWS": own_resolved.function_role.arn}} for each in statements],
    }


def _assumes(evaluator: Evaluator, resolved: ResolvedTemplate, trust: Any, role: str, **context: str) -> bool:
    return all(
        evaluator.allows(
            Access(
                action=action,
                resource=role,
                account=THEIRS,
                principal=resolved.function_role.session("x"),
                # `SetSourceIdentity` has no such key, and the evaluator takes none that it would ignore.
                context=context if action == "sts:AssumeRole" else {},
                identity_policies=resolved.function_role.policies,
                resource_policy=trust,
            )
        )
        for action in ("sts:AssumeRole", "sts:SetSourceIdentity")
    )


def test_another_accounts_role_wants_the_external_id(
    evaluator: Evaluator, own_resolved: ResolvedTemplate, trust: Any
) -> None:
    key = "sts:ExternalId"
    assert _assumes(evaluator, own_resolved, trust, ROLE, **{key: "gate-4711"})
    assert not _assumes(evaluator, own_resolved, trust, ROLE, **{key: "another"})
    assert not _assumes(evaluator, own_resolved, trust, ROLE)


def test_the_function_assumes_the_launch_roles_of_the_settings_and_no_others(
    evaluator: Evaluator, own_resolved: ResolvedTemplate, trust: Any
) -> None:
    key = {"sts:ExternalId": "gate-4711"}
    for role in (f"arn:aws:iam::{THEIRS}:role/Administrator", "arn:aws:iam::999999999999:role/notebook-gate-launch"):
        assert not _assumes(evaluator, own_resolved, trust, role, **key)


def test_the_functions_environment_leads_to_that_very_role(own_resolved: ResolvedTemplate) -> None:
    environment = own_resolved.environment
    assert environment["GATE_REMOTE_ROLE"] == ROLE.rpartition("/")[2]
    assert environment["GATE_EXTERNAL_ID"] == "gate-4711"
    assert ACCOUNT not in environment["GATE_REMOTE_LOCATIONS"]
