"""The function that cuts off open notebooks: its role, and the permissions boundary of the launch role."""

from gate.launch.kinds.notebook_instance import OPEN
from infra.settings import Settings
from local.aws.notebook_instances import notebook_arn
from local.evaluator import Access, Evaluator
from local.resolved_template import ResolvedTemplate
from local.template import ACCOUNT, REGION, synthesise_all
from tests.infra.examples import FULL, properties
from tests.infra.policies import allowed_by, of_keys


def test_the_denies_functions_role_has_these_permissions_and_no_others(full_resolved: ResolvedTemplate) -> None:
    function = full_resolved.denies_function
    assert function is not None
    allowed, table = (
        allowed_by(function.role),
        f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{full_resolved.environment['GATE_TABLE']}",
    )
    for action in [action for action in allowed if action.startswith(("ec2:", "logs:"))]:
        del allowed[action]
    launch_role = [(full_resolved.launch_role.arn, None)]
    assert allowed == {
        "dynamodb:PartiQLSelect": [
            (table, {**of_keys("revoked:", "ended:"), "Bool": {"dynamodb:FullTableScan": "false"}})
        ],
        "iam:GetRolePolicy": launch_role,
        "iam:ListRolePolicies": launch_role,
        "iam:PutRolePolicy": launch_role,
    }
    # By this alias, the content of an event has no effect. No role may invoke the other one.
    assert set(function.aliases) == {"live", "denies"}
    requests_function = full_resolved.requests_function
    assert requests_function is not None
    assert requests_function.environment["GATE_DENIES_FUNCTION_ARN"] == function.aliases["denies"]
    assert "GATE_ACCESS_REQUESTS" not in function.environment


def test_whatever_the_denies_function_writes_the_launch_role_opens_notebooks_from_allowed_addresses_only(
    full_resolved: ResolvedTemplate, resolved: ResolvedTemplate, evaluator: Evaluator
) -> None:
    role = full_resolved.launch_role
    anything = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}

    def allows(action: str, resource: str, address: str, *, bounded: bool = True) -> bool:
        access = Access(
            action=action,
            resource=resource,
            account=ACCOUNT,
            principal=role.session("mallory"),
            context={"aws:SourceIp": address},
            identity_policies=[anything],
            boundary=role.boundary if bounded else None,
        )
        return evaluator.allows(access)

    notebook = notebook_arn("alice", REGION)
    assert allows(OPEN, notebook, "203.0.113.7")
    for action, resource, address in (
        (OPEN, notebook, "198.18.0.1"),
        ("sagemaker:DeleteNotebookInstance", notebook, "203.0.113.7"),
        ("s3:GetObject", "arn:aws:s3:::models/secret", "203.0.113.7"),
        ("iam:PutRolePolicy", role.arn, "203.0.113.7"),
    ):
        assert not allows(action, resource, address)
        assert allows(action, resource, address, bounded=False)
    assert resolved.launch_role.boundary is None  # without access requests, no function writes its policies


def test_the_boundary_allows_what_the_launch_roles_policy_allows(full_resolved: ResolvedTemplate) -> None:
    role = full_resolved.launch_role
    assert role.boundary is not None
    policy, boundary = role.policies[0]["Statement"], role.boundary["Statement"]
    wanted = {action for each in policy if each["Effect"] == "Allow" for action in each["Action"]}
    (allow,) = [each for each in boundary if each["Effect"] == "Allow"]
    assert (set(allow["Action"]), allow["Resource"]) == (wanted, "*")
    denies = [[each for each in statements if each["Effect"] == "Deny"] for statements in (policy, boundary)]
    assert denies[0] == denies[1]


def test_outside_of_the_vpc_the_denies_function_has_neither_the_proxy_nor_reserved_concurrency() -> None:
    data = {**FULL, "vpc": {**FULL["vpc"], "proxy": "http://proxy.corp.example.com:3128"}}
    data["limits"] = {**FULL.get("limits", {}), "reserved_concurrency": 50}
    ((template, *_),) = synthesise_all([Settings.parse(data)])
    functions = properties(template, "AWS::Lambda::Function").values()
    (denies,) = [each for each in functions if "VpcConfig" not in each]
    assert not {"HTTPS_PROXY", "NO_PROXY"} & denies["Environment"]["Variables"].keys()
    assert "ReservedConcurrentExecutions" not in denies
    assert [each["ReservedConcurrentExecutions"] for each in functions if each is not denies] == [50, 50]
