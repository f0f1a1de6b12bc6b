"""Who may do what from where: the synthesised policies and the session policy, asked of a foreign evaluator.

Every row is asserted both ways: a refusal turns into leave when the guards that stand for it are taken away, so
that no row passes because its question is wrong.
"""

import datetime
import json
import time
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any

import pytest

from gate.config import Config
from gate.identity.caller import Caller
from gate.launch.credentials import CallerClients
from gate.launch.launcher import Launcher
from gate.notebook import Notebook
from gate.store.grants import Grant
from infra.settings import Settings
from local.evaluator import Access, Evaluator
from local.resolved_template import ResolvedTemplate
from local.template import ACCOUNT, API_ID, EGRESS, REGION, Template, synthesise_all
from tests.infra.conftest import ENDPOINT, OWN

MINE, COLLEAGUES, OUTSIDE = "203.0.113.7", "203.0.113.8", "198.51.100.66"
OPEN = "CreatePresignedNotebookInstanceUrl"
ANYTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


@dataclass(frozen=True)
class Row:
    """One question about an opened notebook, and the answers."""

    label: str
    caller_pin: bool
    """May it be, with pin = "caller"?"""
    networks_pin: bool
    deny_alone: bool
    """May it be where only the launch role's own policy stands, without a session policy?"""
    session_alone: bool
    """May it be where only the session policy (of pin = "caller") stands, and the role may do anything?"""
    source: tuple[str, str] | None = ("aws:SourceIp", MINE)
    action: str = OPEN
    notebook: str = "alice-notebook"


def _ip(address: str) -> tuple[str, str]:
    return ("aws:SourceIp", address)


def _endpoint(name: str) -> tuple[str, str]:
    return ("aws:SourceVpce", name)


ROWS = [
    #    what                               caller networks deny   session
    Row("from one's own address", True, True, True, True),
    Row("from a colleague's address", False, True, True, False, _ip(COLLEAGUES)),
    Row("from a colleague's IPv6 address", False, True, True, False, _ip("2001:db8::7")),
    Row("from outside", False, False, False, False, _ip(OUTSIDE)),
    Row("from an IPv6 address outside", False, False, False, False, _ip("2001:db9::7")),
    Row("from the function's egress", True, True, True, True, _ip("192.0.2.10")),
    Row("from the function's other egress", True, True, True, True, _ip("192.0.2.11")),
    Row("from beside the egress", False, False, False, False, _ip("192.0.2.12")),
    Row("through the VPC endpoint", False, True, True, False, _endpoint(ENDPOINT)),
    Row("through another VPC endpoint", False, False, False, False, _endpoint("vpce-0fedcba9876543210")),
    Row("from nowhere that is known", False, False, False, False, None),
    Row("another notebook", False, False, True, False, notebook="bob-notebook"),
    Row("another notebook, from outside", False, False, False, False, _ip(OUTSIDE), notebook="bob-notebook"),
    Row("a notebook whose name begins alike", False, False, True, False, notebook="alice-notebook-2"),
    Row("its state, asked by the function", True, True, True, True, _ip("192.0.2.10"), "DescribeNotebookInstance"),
    Row("its start", True, True, True, True, _ip("192.0.2.10"), "StartNotebookInstance"),
    Row("its stop, not in the grant", False, False, True, False, _ip("192.0.2.10"), "StopNotebookInstance"),
    Row("its deletion", False, False, False, False, _ip(MINE), "DeleteNotebookInstance"),
    Row("its change", False, False, False, False, _ip(MINE), "UpdateNotebookInstance"),
    Row("tags on it", False, False, False, False, _ip(MINE), "AddTags"),
]


def _session_policy(resolved: ResolvedTemplate, pin: str, address: str = MINE) -> Any:
    """Return the session policy that the function's own code asks STS for."""
    asked: list[dict[str, Any]] = []

    def assume_role(**parameters: Any) -> dict[str, Any]:
        asked.append(parameters)
        return {"Credentials": {}}

    described = {
        "NotebookInstanceStatus": "InService",
        "InstanceType": "ml.t3.medium",
        "LastModifiedTime": datetime.datetime.now(datetime.UTC),
    }
    sagemaker: Any = SimpleNamespace(describe_notebook_instance=lambda **_: described)
    config = Config.from_environ({**resolved.environment, "AWS_REGION": REGION, "GATE_PIN": pin})
    sts: Any = SimpleNamespace(assume_role=assume_role)
    clients = CallerClients(sts=sts, make_sagemaker=lambda *_: sagemaker, clock=time.time)
    nobody_waits: Any = None
    launcher = Launcher(config, clients, nobody_waits)
    caller = Caller("user:alice@example.com", (), "session", address, time.time())
    launcher.describe(caller, Grant("user:alice@example.com", Notebook("alice-notebook"), 43_200, power="start"))
    assert asked[0]["RoleArn"] == resolved.launch_role.arn
    return json.loads(asked[0]["Policy"])


def _access(resolved: ResolvedTemplate, row: Row, session_policy: Any, role_policies: Any = None) -> Access:
    role = resolved.launch_role
    return Access(
        action=f"sagemaker:{row.action}",
        resource=f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:notebook-instance/{row.notebook}",
        account=ACCOUNT,
        principal=role.session("alice@example.com"),
        context=dict([row.source]) if row.source else {},
        identity_policies=role.policies if role_policies is None else role_policies,
        session_policy=session_policy,
    )


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.label)
def test_an_opened_notebook(own_resolved: ResolvedTemplate, evaluator: Evaluator, row: Row) -> None:
    def allows(session_policy: Any, role_policies: Any = None) -> bool:
        return evaluator.allows(_access(own_resolved, row, session_policy, role_policies))

    pinned = _session_policy(own_resolved, "caller")
    assert allows(pinned) is row.caller_pin
    assert allows(_session_policy(own_resolved, "networks")) is row.networks_pin
    assert allows(None) is row.deny_alone
    assert allows(pinned, [ANYTHING]) is row.session_alone
    # Both ways: with no guard at all it is allowed, and without the role's Allow it never is.
    assert allows(None, [ANYTHING])
    assert not allows(pinned, [])


def test_the_same_name_in_another_account_or_region_is_another_notebook(
    own_resolved: ResolvedTemplate, evaluator: Evaluator
) -> None:
    policy = _session_policy(own_resolved, "caller")
    for region, account, expected in (
        (REGION, ACCOUNT, True),
        ("us-east-1", ACCOUNT, False),
        (REGION, "210987654321", False),
    ):
        access = Access(
            action=f"sagemaker:{OPEN}",
            resource=f"arn:aws:sagemaker:{region}:{account}:notebook-instance/alice-notebook",
            account=account,
            principal=own_resolved.launch_role.session("alice@example.com"),
            context={"aws:SourceIp": MINE},
            identity_policies=own_resolved.launch_role.policies,
            session_policy=policy,
        )
        assert evaluator.allows(access) is expected


def test_two_callers_are_pinned_to_their_own_addresses(own_resolved: ResolvedTemplate, evaluator: Evaluator) -> None:
    everybody = (MINE, COLLEAGUES, "2001:db8::7", "2001:db8::8")
    for caller in everybody:
        policy = _session_policy(own_resolved, "caller", caller)
        for source in everybody:
            row = Row("", True, True, True, True, _ip(source))
            assert evaluator.allows(_access(own_resolved, row, policy)) is (source == caller)


def test_the_address_made_at_deployment_is_let_through(template: Template, evaluator: Evaluator) -> None:
    resolved = ResolvedTemplate(template)
    policy = _session_policy(resolved, "caller")
    for source, expected in ((EGRESS, True), (MINE, True), (OUTSIDE, False)):
        row = Row("", True, True, True, True, _ip(source))
        assert evaluator.allows(_access(resolved, row, policy)) is expected
        assert evaluator.allows(_access(resolved, row, None, [ANYTHING]))


SIGNED = f"arn:aws:iam::{ACCOUNT}:user/job"
LISTED = "arn:aws:iam::210987654321:role/job"
FOREIGN = "arn:aws:iam::999999999999:role/job"


@pytest.mark.parametrize(
    ("request_line", "source", "principal", "admitted"),
    [
        ("GET /open", MINE, None, True),
        ("GET /open", "2001:db8::7", None, True),
        ("GET /open", OUTSIDE, None, False),
        ("GET /open/alice-notebook", MINE, None, True),
        ("GET /open/alice-notebook", OUTSIDE, None, False),
        ("GET //", MINE, None, True),
        ("GET //", OUTSIDE, None, False),
        ("GET /login", OUTSIDE, None, False),
        ("GET /health", OUTSIDE, None, False),
        ("GET /help", MINE, None, True),
        ("GET /help", OUTSIDE, None, False),
        ("POST /logout", OUTSIDE, None, False),
        # Slack's servers have no fixed addresses; its one path is exempt, and nothing that looks like it.
        ("POST /slack", MINE, None, True),
        ("POST /slack", OUTSIDE, None, True),
        ("GET /slack", OUTSIDE, None, False),
        ("POST /slack/x", OUTSIDE, None, False),
        ("POST /slackers", OUTSIDE, None, False),
        ("GET /open/POST/slack", OUTSIDE, None, False),
        ("POST /prod/POST/slack", OUTSIDE, None, False),
        # Signed: this account and the listed ones, from inside.
        ("GET /iam/open/x", MINE, SIGNED, True),
        ("GET /iam/open/x", OUTSIDE, SIGNED, False),
        ("GET /iam/open/x", MINE, LISTED, True),
        ("GET /iam/open/x", OUTSIDE, LISTED, False),
        ("GET /iam/open/x", MINE, FOREIGN, False),
        ("GET /iam/open/x", MINE, None, False),
        ("GET /open", MINE, FOREIGN, True),  # no signature is asked for there, so one changes nothing
    ],
)
def test_the_api(
    own_resolved: ResolvedTemplate,
    template: Template,
    evaluator: Evaluator,
    request_line: str,
    source: str,
    principal: str | None,
    admitted: bool,
) -> None:
    method, path = request_line.split(" ")
    signed = {"aws:PrincipalAccount": principal.split(":")[4]} if principal else {}

    def allows(policy: Any) -> bool:
        access = Access(
            action="execute-api:Invoke",
            resource=f"arn:aws:execute-api:{REGION}:{ACCOUNT}:{API_ID}/prod/{method}{path}",
            account=ACCOUNT,
            principal=principal,
            context={"aws:SourceIp": source, **signed},
            # What their own account lets them do; the resource policy has the last word.
            identity_policies=[ANYTHING] if principal else [],
            resource_policy=policy,
        )
        return evaluator.allows(access)

    policy = own_resolved.api_policy
    assert allows(policy) is admitted
    # Where Slack is not in the settings, its path is like any other.
    assert allows(ResolvedTemplate(template).api_policy) is (admitted and source == MINE and principal != LISTED)
    without_denies = [statement for statement in policy["Statement"] if statement["Effect"] == "Allow"]
    assert allows({**policy, "Statement": without_denies})
    nobody = [statement for statement in policy["Statement"] if statement["Effect"] == "Deny"]
    assert not (principal is None and allows({**policy, "Statement": nobody}))


WRITES = [
    # what the function may write into the grants table, and under which keys
    ("PutItem", "queue:home", True),
    ("UpdateItem", "queue:home", True),
    ("PutItem", "replay:ticket/x", True),
    ("PutItem", "cutoff:user:alice@example.com", True),
    ("PutItem", "cutoff:*", False),
    ("UpdateItem", "cutoff:user:alice@example.com", False),
    ("UpdateItem", "report:AAAAAAAAAAAAAAAAAAAAAA", True),
    ("PutItem", "report:AAAAAAAAAAAAAAAAAAAAAA", False),
    ("UpdateItem", "report", False),
    ("PutItem", "user:mallory@example.com", False),
    ("UpdateItem", "user:mallory@example.com", False),
    ("UpdateItem", "group:report:x", False),
    ("PutItem", "revoked:", False),
]


@pytest.mark.parametrize(("operation", "key", "may"), WRITES)
def test_the_rows_that_the_function_may_write(
    own_resolved: ResolvedTemplate, evaluator: Evaluator, operation: str, key: str, may: bool
) -> None:
    def allows(policies: Any) -> bool:
        access = Access(
            action=f"dynamodb:{operation}",
            resource=f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{own_resolved.environment['GATE_TABLE']}",
            account=ACCOUNT,
            principal=own_resolved.function_role.session("function"),
            context={"dynamodb:LeadingKeys": [key]},
            identity_policies=policies,
        )
        return evaluator.allows(access)

    policies = own_resolved.function_role.policies
    assert allows(policies) is may
    # Both ways: the keys alone stand for a refusal, and without the role's Allow nothing is written.
    without_keys = [
        {**policy, "Statement": [{**each, "Condition": {}} for each in policy["Statement"]]} for policy in policies
    ]
    assert allows(without_keys)
    assert not allows([])


@dataclass(frozen=True)
class Through:
    """One question about a notebook through a VPC endpoint, and the answers by what the API knows of the caller."""

    label: str
    public: bool
    """May it be where a public API saw `MINE`?"""
    private: bool
    """May it be where a private API saw `IN_VPC`?"""
    networks_pin: bool
    context: dict[str, str]


IN_VPC, IN_SUBNET = "10.0.7.7", "10.0.9.4"
OTHER = "vpce-0fedcba9876543210"


def _through(address: str, endpoint: str = ENDPOINT) -> dict[str, str]:
    return {"aws:SourceVpce": endpoint, "aws:VpcSourceIp": address}


THROUGH = [
    #        what                                         public private networks
    Through("the caller, by the endpoint", False, True, True, _through(IN_VPC)),
    Through("the caller's neighbour, by the endpoint", False, False, True, _through("10.0.7.8")),
    Through("the function's subnet, by the endpoint", True, True, True, _through(IN_SUBNET)),
    Through("beside the function's subnet", False, False, True, _through("10.0.10.4")),
    Through("the caller, by another endpoint", False, False, False, _through(IN_VPC, OTHER)),
    Through("the function's subnet, by another endpoint", False, False, False, _through(IN_SUBNET, OTHER)),
    Through("by the endpoint, from nowhere that is known", False, False, True, {"aws:SourceVpce": ENDPOINT}),
    Through("an address in a VPC without any endpoint", False, False, False, {"aws:VpcSourceIp": IN_VPC}),
    Through("the caller, by their public address", True, False, True, {"aws:SourceIp": MINE}),
    Through("the private address, as if it were public", False, False, False, {"aws:SourceIp": IN_VPC}),
    Through("the function's egress", True, True, True, {"aws:SourceIp": "192.0.2.10"}),
]


@pytest.fixture(scope="module")
def subnet_deployments() -> tuple[ResolvedTemplate, ResolvedTemplate]:
    """The own deployment, with the function's subnets beside an endpoint: with a public API, and with a private one."""
    subnets = {**OWN, "vpc": {**OWN["vpc"], "subnet_cidrs": ["10.0.9.0/24"]}}
    private = {name: value for name, value in subnets.items() if name not in ("slack", "domain")}
    wanted = [Settings.parse(subnets), Settings.parse({**private, "private_endpoints": [OTHER]})]
    made = [ResolvedTemplate(templates[0]) for templates in synthesise_all(wanted)]
    return made[0], made[1]


@pytest.mark.parametrize("row", THROUGH, ids=lambda row: row.label)
def test_an_opened_notebook_through_a_vpc_endpoint(
    subnet_deployments: tuple[ResolvedTemplate, ResolvedTemplate], evaluator: Evaluator, row: Through
) -> None:
    for resolved, address, expected in zip(subnet_deployments, (MINE, IN_VPC), (row.public, row.private), strict=True):

        def allows(pin: str, policies: Any, resolved: ResolvedTemplate = resolved, address: str = address) -> bool:
            asked = Row("", True, True, True, True, None)
            access = _access(resolved, asked, _session_policy(resolved, pin, address), policies)
            return evaluator.allows(replace(access, context=row.context))

        assert allows("caller", None) is expected
        # The session policy alone stands for it, whatever becomes of the role.
        assert allows("caller", [ANYTHING]) is expected
        assert allows("networks", None) is row.networks_pin
        assert allows("networks", [ANYTHING])
        assert not allows("caller", [])
