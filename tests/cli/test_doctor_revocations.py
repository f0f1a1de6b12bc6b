"""`gate doctor` and the denies of `gate revoke`: it reports what is wrong, and writes nothing."""

import json
import re
import time

from cli.revoke.revocations import DENY_LIFETIME, Revocation, policy_document
from local.deployment import LocalDeployment
from tests.cli.conftest import Gate
from tests.cli.launch_role import inline_policies, remove_revocations

READS = re.compile(r"(Describe|Get|List|Query|Scan|Simulate)[A-Z]?\w*")


def test_doctor_writes_nothing(gate: Gate, deployment: LocalDeployment) -> None:
    # An expired deny, which only the next revoke removes.
    iam, role = deployment.operator("iam"), deployment.template.launch_role.arn.rpartition("/")[2]
    over = policy_document([Revocation(("old@example.com",), int(time.time()) - DENY_LIFETIME - 5)])
    iam.put_role_policy(RoleName=role, PolicyName="notebook-gate-revoked", PolicyDocument=over)
    deployment.aws.calls.clear()
    assert gate("doctor").code == 0
    operations = {call.operation for call in deployment.aws.calls}
    remove_revocations(deployment)
    assert {"GetRolePolicy", "Query", "GetFunctionConfiguration"} <= operations
    assert [each for each in sorted(operations) if not READS.fullmatch(each)] == []


def test_doctor_reports_an_erased_deny_and_one_left_behind(gate: Gate, deployment: LocalDeployment) -> None:
    iam, role = deployment.operator("iam"), deployment.template.launch_role.arn.rpartition("/")[2]
    gate("revoke", "slack:T0LOCAL/U0DANA")
    iam.delete_role_policy(RoleName=role, PolicyName="notebook-gate-revoked")
    left = policy_document([Revocation(("operator",), 1_800_000_000)])
    iam.put_role_policy(RoleName=role, PolicyName="notebook-gate-doctor", PolicyDocument=left)
    try:
        result = gate("doctor")
        assert result.code == 3
        assert "was revoked, but the launch role does not deny their sessions" in result.out
        assert "! revocations: an interrupted gate doctor --live has left its deny on the launch role" in result.out
        gate("revoke", "alice@example.com")
        assert "U0DANA" in json.dumps(inline_policies(deployment)["notebook-gate-revoked"])
    finally:
        iam.delete_role_policy(RoleName=role, PolicyName="notebook-gate-doctor")
        remove_revocations(deployment)
        gate("grants", "give", "alice@example.com", "alice-notebook", "--power", "start-stop")
