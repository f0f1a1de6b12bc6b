"""`gate explain` and the function agree, whoever comes from wherever to whatever notebook."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cli.aws import AwsAccess
from cli.deployed import Deployed
from cli.explain.access_checks import AccessChecks
from cli.explain.finding import ALLOWED
from cli.explain.question import Question
from cli.explain.source import Source
from gate.notebook import Notebook
from grant_schema.spec import GrantSpec
from local.deployment import LocalDeployment
from local.options import LocalOptions
from local.sample import Sample
from tests.cli.conftest import Gate
from trials.user import TestUser

INSIDE, COLLEAGUE, OUTSIDE, IN_VPC = "127.0.0.1", "127.0.0.3", "127.0.0.2", "127.0.0.4"
ENDPOINT, API_ENDPOINT = "vpce-0123456789abcdef0", "vpce-0fedcba9876543210"
JSON = {"Accept": "application/json"}
NOTEBOOKS = ("alice-notebook", "shared-notebook", "gone-notebook")
PEOPLE = ("alice@example.com", "bob@example.com", "carol@example.com")
GROUPS = {"bob@example.com": ("data-science", "staff")}
STATES = ("InService", "Stopped", "Pending", "Stopping", "Failed")
DENIES: dict[str, Any] = {
    "none": None,
    "everything": {"Effect": "Deny", "Action": "*", "Resource": "*"},
    "the colleague's address": {
        "Effect": "Deny", "Action": "*", "Resource": "*",
        "Condition": {"IpAddress": {"aws:SourceIp": f"{COLLEAGUE}/32"}},
    },
    "alice": {
        "Effect": "Deny", "Action": "*", "Resource": "*",
        "Condition": {"StringEquals": {"aws:SourceIdentity": "alice@example.com"}},
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def deployment(sample: Sample) -> Iterator[LocalDeployment]:
    networks = [f"{INSIDE}/32", f"{COLLEAGUE}/32"]
    people = [each.model_copy(update={"groups": list(GROUPS.get(each.email, ()))}) for each in sample.people]
    endless = sample.model_copy(update={"people": people, "urls_per_second": 10_000})
    # Whoever is in `staff`: no pattern has that group, so that no grant by it may count.
    settings = {"networks": networks, "vpc_endpoints": [ENDPOINT], "identity": {"groups": ["data-*"]}}
    with LocalDeployment(endless, LocalOptions(settings=settings, vpc_endpoints={IN_VPC: ENDPOINT})) as deployment:
        yield deployment


@pytest.fixture(scope="module")
def deployed(deployment: LocalDeployment) -> Deployed:
    session = boto3.Session(
        aws_access_key_id=deployment.authority.operator_key, aws_secret_access_key="local", region_name="eu-west-1"
    )
    return Deployed.find(AwsAccess(session, deployment.aws.url), "local")


@pytest.fixture(scope="module")
def cookies(deployment: LocalDeployment) -> dict[str, Any]:
    """The session of each person."""
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
    # The URL is only half of the way: AWS asks the policies again when it is used.
    url = answer.json()["authorized_url"]
    host = url.split("/")[2].partition(":")[0]
    used = TestUser(deployment, used_from).get(
        url.replace(host, "127.0.0.1"),
        headers={"Host": f"{host}:{deployment.port}"},
        allow_redirects=False,
        timeout=120,
    )
    assert used.status_code in (302, 403)
    return ALLOWED if used.status_code == 302 else "aws_denied"


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
    _arrange(deployment, grants, state, denied)
    used_from = used_from or address
    used = Source(used_from, ENDPOINT if used_from == IN_VPC else "")
    question = Question(f"user:{who}", GROUPS.get(who, ()), Notebook.parse(notebook), Source(address), used)
    findings = list(AccessChecks(deployed).run(question))
    explained = next((finding.reason for finding in findings if not finding.passed), ALLOWED)
    told = _outcome_of_the_function(deployment, cookies[who], address, used_from, notebook)
    assert explained == told, findings
    # One stop at most, at the end, and it says what to do.
    assert all(finding.passed for finding in findings[:-1])
    assert findings[-1].passed or findings[-1].fix


def _arrange(deployment: LocalDeployment, grants: Any, state: str, denied: str) -> None:
    dynamodb, table = deployment.operator("dynamodb"), deployment.template.table["TableName"]
    for item in dynamodb.scan(TableName=table)["Items"]:
        dynamodb.delete_item(TableName=table, Key={key: item[key] for key in ("principal", "notebook")})
    for principal, notebook, until in grants:
        item = GrantSpec(principal=principal, notebook=notebook).item()
        dynamodb.put_item(TableName=table, Item=item | ({"until": {"N": str(until)}} if until else {}))
    for notebook in NOTEBOOKS[:2]:
        deployment.instances.set_state(notebook, state)
    iam, role = deployment.operator("iam"), deployment.template.launch_role.arn.rpartition("/")[2]
    if DENIES[denied]:
        policy = {"Version": "2012-10-17", "Statement": [DENIES[denied]]}
        iam.put_role_policy(RoleName=role, PolicyName="more", PolicyDocument=json.dumps(policy))
    elif "more" in iam.list_role_policies(RoleName=role)["PolicyNames"]:
        iam.delete_role_policy(RoleName=role, PolicyName="more")


def test_each_gate_says_what_stops_and_what_would_mend_it(gate: Gate, deployment: LocalDeployment) -> None:
    _arrange(deployment, [("user:alice@example.com", "alice-notebook", None)], "InService", "none")
    said = gate("explain", "alice@example.com", "alice-notebook", "--from", INSIDE)
    assert said.code == 0
    assert [line.split(":")[0][2:] for line in said.out.splitlines()] == [
        "network", "identity", "grant", "launch role", "session policy", "notebook", "use", "cess is allowed.",
    ]  # fmt: skip
    out = gate("explain", "alice@example.com", "alice-notebook", "--from", OUTSIDE)
    assert (out.code, "→ Have them join the VPN" in out.out) == (3, True)
    none = gate("explain", "bob@example.com", "alice-notebook", "--from", INSIDE)
    assert "→ gate grants give user:bob@example.com alice-notebook" in none.out
    deployment.instances.set_state("alice-notebook", "Stopped")
    assert "→ Start it" in gate("explain", "alice@example.com", "alice-notebook", "--from", INSIDE).out
    document = gate("explain", "alice@example.com", "alice-notebook", "--from", INSIDE, "--json").json
    assert (document["outcome"], document["checks"][-1]["check"]) == ("notebook_stopped", "notebook")


def test_without_a_group_it_names_the_groups_that_have_a_grant(gate: Gate, deployment: LocalDeployment) -> None:
    others = [("group:elsewhere", "shared-notebook", None), ("user:bob@example.com", "alice-notebook", None)]
    _arrange(
        deployment,
        [
            ("group:staff", "alice-notebook", None),
            ("group:data-science", "alice-notebook", 4_000_000_000),
            ("group:ended", "alice-notebook", 5),
            *others,
        ],
        "InService",
        "none",
    )
    words = ("explain", "carol@example.com", "alice-notebook", "--from", INSIDE)
    named = "these groups have a grant: data-science, staff; if they are in one, add --group NAME"
    assert named in gate(*words).out
    assert "these groups have a grant" not in gate(*words, "--group", "data-other").out
    # A principal that is in no group is asked for none.
    assert "groups have a grant" not in gate("explain", "slack:T0LOCAL/U0DANA", *words[2:]).out
    _arrange(deployment, others, "InService", "none")
    assert "group" not in gate(*words).out
    _arrange(deployment, [(f"group:g{number:02}", "alice-notebook", None) for number in range(25)], "InService", "none")
    assert "g18, g19 and 5 more; if" in gate(*words).out


@pytest.mark.parametrize(
    ("opened_from", "used_from", "reason", "said"),
    [
        (INSIDE, INSIDE, ALLOWED, f"{INSIDE} is allowed by aws:SourceIp in {INSIDE}/32, 198.51.100.10/32"),
        (COLLEAGUE, COLLEAGUE, ALLOWED, f"{COLLEAGUE} is allowed by aws:SourceIp in {COLLEAGUE}/32"),
        (INSIDE, COLLEAGUE, "aws_denied", "Have them open the bookmark again from there"),
        (INSIDE, COLLEAGUE, "aws_denied", 'write pin = "network" (one entry of `networks`) or pin = "networks"'),
        (INSIDE, OUTSIDE, "aws_denied", "Have them join the VPN, or add it to `networks`"),
        (INSIDE, f"{IN_VPC}@{ENDPOINT}", "aws_denied", "A public API does not see their address in the VPC"),
        (INSIDE, f"{IN_VPC}@{API_ENDPOINT}", "aws_denied", "add it to `vpc_endpoints`"),
        (OUTSIDE, INSIDE, "outside_networks", "Have them join the VPN, or add the network to `networks`"),
        (f"{INSIDE}@{ENDPOINT}", INSIDE, "outside_networks", "is not in"),
    ],
)
def test_a_url_opened_here_and_used_there(
    gate: Gate, deployment: LocalDeployment, opened_from: str, used_from: str, reason: str, said: str
) -> None:
    _arrange(deployment, [("user:alice@example.com", "alice-notebook", None)], "InService", "none")
    words = ("explain", "alice@example.com", "alice-notebook", "--opened-from", opened_from, "--used-from", used_from)
    assert gate(*words, "--json").json["outcome"] == reason
    told = gate(*words)
    assert (told.code, said in told.out) == (0 if reason == ALLOWED else 3, True), told.out


def test_one_option_for_both_gives_way_to_the_one_that_is_for_less(gate: Gate, deployment: LocalDeployment) -> None:
    _arrange(deployment, [("user:alice@example.com", "alice-notebook", None)], "InService", "none")
    words = ("explain", "alice@example.com", "alice-notebook", "--from", INSIDE)
    assert gate(*words, "--used-from", INSIDE).code == 0
    assert gate(*words, "--used-from", COLLEAGUE).code == 3
    assert gate(*words, "--opened-from", OUTSIDE, "--json").json["outcome"] == "outside_networks"


@pytest.mark.parametrize(
    ("who", "source", "reason"),
    [
        ("slack:T0LOCAL/U0ALICE", INSIDE, "not_granted"),
        ("slack:T0OTHER/U0ALICE", INSIDE, "slack_team"),
        ("iam:arn:aws:iam::123456789012:user/nightly-job", INSIDE, "not_granted"),
        ("iam:arn:aws:iam::999999999999:user/nightly-job", INSIDE, "outside_networks"),
        ("alice@example.com", "vpce-0123456789abcdef0", "outside_networks"),
        ("alice@example.com", "2001:db8::1", "outside_networks"),
    ],
)
def test_others_than_people_at_addresses(
    gate: Gate, deployment: LocalDeployment, who: str, source: str, reason: str
) -> None:
    _arrange(deployment, [], "InService", "none")
    assert gate("explain", who, "alice-notebook", "--from", source, "--json").json["outcome"] == reason


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("group:x", "n", "--from", "1.2.3.4"), "A group is not a caller"),
        (("alice", "n", "--from", "1.2.3.4"), "'alice' is not a principal"),
        (("a@example.com", "n_", "--from", "1.2.3.4"), "is not a valid notebook name"),
        (("a@example.com", "n", "--from", "office"), "--from office is not a valid address"),
        (("a@example.com", "n"), "The caller's address is missing"),
        (("a@example.com", "n", "--opened-from", "1.2.3.4"), "The caller's address is missing"),
        (
            ("a@example.com", "n", "--from", "1.2.3.4", "--used-from", "there"),
            "--used-from there is not a valid address",
        ),
        (("a@example.com", "n", "--from", "x@vpce-0123456789abcdef0"), "is not a valid address"),
        (("a@example.com", "n", "--from", "10.0.0.1@vpce-x"), "does not name a valid VPC endpoint"),
    ],
)
def test_a_question_that_is_none_is_told(gate: Gate, words: tuple[str, ...], told: str) -> None:
    said = gate("explain", *words)
    assert (said.code, told in said.err) == (1, True)
