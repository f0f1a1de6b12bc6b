"""`gate explain`: which check denies access, and how to fix it."""

from collections.abc import Iterator

import pytest

from cli.explain.question import ALLOWED
from local.deployment import LocalDeployment
from local.places import COLLEAGUE, INSIDE, OUTSIDE
from local.sample import Sample
from tests.cli.conftest import Gate
from tests.cli.explain_deployment import (
    API_ENDPOINT,
    ENDPOINT,
    IN_VPC,
    arrange,
    explain_deployment,
)


@pytest.fixture(scope="module")
def deployment(sample: Sample) -> Iterator[LocalDeployment]:
    with explain_deployment(sample) as deployment:
        yield deployment


def test_each_check_reports_why_it_fails_and_how_to_fix_it(gate: Gate, deployment: LocalDeployment) -> None:
    arrange(deployment, [("user:alice@example.com", "alice-notebook", None)], "InService", "none")
    result = gate("explain", "alice@example.com", "alice-notebook", "--from", INSIDE)
    assert result.code == 0
    assert [line.split(":")[0][2:] for line in result.out.splitlines()] == [
        "network", "identity", "grant", "launch role", "session policy", "notebook", "use", "cess is allowed.",
    ]  # fmt: skip
    out = gate("explain", "alice@example.com", "alice-notebook", "--from", OUTSIDE)
    assert (out.code, "→ Have them join the VPN" in out.out) == (3, True)
    none = gate("explain", "bob@example.com", "alice-notebook", "--from", INSIDE)
    assert "→ gate --local grants give user:bob@example.com alice-notebook" in none.out
    deployment.instances["alice-notebook"] = "Stopped"
    assert "→ Start it" in gate("explain", "alice@example.com", "alice-notebook", "--from", INSIDE).out
    document = gate("explain", "alice@example.com", "alice-notebook", "--from", INSIDE, "--json").json
    assert (document["outcome"], document["checks"][-1]["check"]) == ("notebook_stopped", "notebook")


def test_explain_names_the_groups_that_have_a_grant(gate: Gate, deployment: LocalDeployment) -> None:
    others = [("group:others", "shared-notebook", None), ("user:bob@example.com", "alice-notebook", None)]
    arrange(
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
    # A Slack user has no groups, so none are suggested.
    assert "groups have a grant" not in gate("explain", "slack:T0LOCAL/U0DANA", *words[2:]).out
    arrange(deployment, others, "InService", "none")
    assert "group" not in gate(*words).out
    arrange(deployment, [(f"group:g{number:02}", "alice-notebook", None) for number in range(25)], "InService", "none")
    assert "g18, g19 and 5 more; if" in gate(*words).out


@pytest.mark.parametrize(
    ("opened_from", "used_from", "reason", "message"),
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
def test_a_url_opened_at_one_address_and_used_at_another(
    gate: Gate, deployment: LocalDeployment, opened_from: str, used_from: str, reason: str, message: str
) -> None:
    arrange(deployment, [("user:alice@example.com", "alice-notebook", None)], "InService", "none")
    words = ("explain", "alice@example.com", "alice-notebook", "--opened-from", opened_from, "--used-from", used_from)
    assert gate(*words, "--json").json["outcome"] == reason
    result = gate(*words)
    assert (result.code, message in result.out) == (0 if reason == ALLOWED else 3, True), result.out


def test_the_specific_address_options_override_from(gate: Gate, deployment: LocalDeployment) -> None:
    arrange(deployment, [("user:alice@example.com", "alice-notebook", None)], "InService", "none")
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
def test_slack_users_iam_callers_and_endpoints(
    gate: Gate, deployment: LocalDeployment, who: str, source: str, reason: str
) -> None:
    arrange(deployment, [], "InService", "none")
    assert gate("explain", who, "alice-notebook", "--from", source, "--json").json["outcome"] == reason


@pytest.mark.parametrize(
    ("words", "message"),
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
def test_invalid_questions_are_rejected(gate: Gate, words: tuple[str, ...], message: str) -> None:
    result = gate("explain", *words)
    assert (result.code, message in result.err) == (1, True)
