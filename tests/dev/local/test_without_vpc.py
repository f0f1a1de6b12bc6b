"""A deployment without a VPC: who can use a URL before and after its window, also with clocks that differ."""

import asyncio
import dataclasses
import json
from collections.abc import Iterator
from typing import Any

import pytest

from cli.grant_schema.spec import GrantSpec
from gate.launch.policy import statements_for
from gate.launch.window import LONGEST
from local.aws.calls import Call
from local.aws.sessions import Identity
from local.deployment import LocalDeployment
from local.places import COLLEAGUE, INSIDE, NETWORKS, OUTSIDE
from local.sample import Sample
from local.template import AWS_ADDRESS
from testing.clock import StoppedClock
from testing.notebook_client import NotebookClient, status_from
from testing.user import TestUser
from testing.without_vpc import opened_url, without_vpc

OPEN = "sagemaker:CreatePresignedNotebookInstanceUrl"
ALICES = "arn:aws:sagemaker:eu-west-1:123456789012:notebook-instance/alice-notebook"


@pytest.fixture
def clock() -> StoppedClock:
    return StoppedClock()


@pytest.fixture
def deployment(sample: Sample, clock: StoppedClock) -> Iterator[LocalDeployment]:
    with without_vpc(sample, clock) as deployment:
        yield deployment


def _window_end(deployment: LocalDeployment) -> float:
    """Return the end of the window of the last URL, in epoch seconds."""
    return deployment.urls.made[-1].creator.window_end


def _statuses(deployment: LocalDeployment, url: str) -> dict[str, int]:
    return {address: status_from(deployment, address, url) for address in (INSIDE, COLLEAGUE, OUTSIDE)}


@pytest.mark.parametrize(
    ("pin", "colleague"), [({}, 403), ({"pin": "network"}, 403), ({"pin": "networks"}, 302)], ids=str
)
def test_a_leaked_url_is_refused_after_the_window(
    sample: Sample, clock: StoppedClock, pin: dict[str, str], colleague: int
) -> None:
    with without_vpc(sample, clock, settings=pin) as deployment:
        url = opened_url(deployment)
        (created,) = (call for call in deployment.aws.calls if call.operation == "CreatePresignedNotebookInstanceUrl")
        assert created.source.address == AWS_ADDRESS
        end = _window_end(deployment)
        assert clock.now < end <= clock.now + LONGEST
        clock.now = end - 1
        assert _statuses(deployment, url) == {INSIDE: 302, COLLEAGUE: 302, OUTSIDE: 302}
        clock.now = end
        assert _statuses(deployment, url) == {INSIDE: 302, COLLEAGUE: colleague, OUTSIDE: 403}


def test_with_a_network_as_pin_the_url_works_in_this_network_alone(sample: Sample, clock: StoppedClock) -> None:
    neighbour = "203.0.113.8"
    settings = {"networks": [*NETWORKS, "203.0.113.0/28"], "pin": "network"}
    with without_vpc(sample, clock, settings=settings, addresses=[neighbour]) as deployment:
        url = opened_url(deployment, neighbour)
        clock.now = _window_end(deployment)
        found = {address: status_from(deployment, address, url) for address in (INSIDE, COLLEAGUE, neighbour)}
        assert found == {INSIDE: 403, COLLEAGUE: 302, neighbour: 302}


def test_a_thiefs_open_kernel_is_cut_off_at_the_end_of_the_window(
    deployment: LocalDeployment, clock: StoppedClock
) -> None:
    url = opened_url(deployment)

    async def work(address: str) -> list[str | None]:
        async with NotebookClient() as client:
            await client.open(deployment.places.seen_from(address, url))
            kernel = await client.kernel()
            before = await kernel.run("6 * 7")
            clock.now = _window_end(deployment)
            return [before, await kernel.run("6 * 9")]

    opened_at = clock.now
    assert asyncio.run(work(OUTSIDE)) == ["42", None]
    clock.now = opened_at
    assert asyncio.run(work(INSIDE)) == ["42", "54"]


@pytest.mark.parametrize("ahead", [-3600, -120, -2, -1, 1, 2, 120, 3600])
def test_clocks_that_differ_neither_prevent_a_launch_nor_lengthen_its_window(
    deployment: LocalDeployment, clock: StoppedClock, ahead: int
) -> None:
    deployment.function.restart(clock_offset=ahead)
    for _ in range(2):
        url = opened_url(deployment)
        assert clock.now < _window_end(deployment) <= clock.now + LONGEST
        clock.now = _window_end(deployment)
        assert _statuses(deployment, url) == {INSIDE: 302, COLLEAGUE: 403, OUTSIDE: 403}
    # The difference is measured once, and then known.
    assumed = len([call for call in deployment.aws.calls if call.operation == "AssumeRole"])
    assert assumed == (3 if abs(ahead) > 2 else 2)


def test_each_launch_has_a_window_of_its_own(deployment: LocalDeployment, clock: StoppedClock) -> None:
    first = opened_url(deployment)
    clock.now = _window_end(deployment)
    second = opened_url(deployment)
    # The credentials of the first launch create nothing any more.
    creators = [made.creator for made in deployment.urls.made]
    assert [_creates(deployment, each) for each in creators] == [False, True]
    assert status_from(deployment, OUTSIDE, first) == 403
    assert status_from(deployment, OUTSIDE, second) == 302


def _creates(deployment: LocalDeployment, creator: Identity) -> bool:
    return deployment.authority.allows(creator, OPEN, ALICES, AWS_ADDRESS)


def test_credentials_that_describe_start_or_stop_open_nothing(deployment: LocalDeployment) -> None:
    alice = TestUser(deployment)
    alice.open("/", "alice@example.com")
    for step in ("stop", "start"):
        assert alice.press(f"/notebooks/alice-notebook/{step}").status_code == 303
        deployment.instances["alice-notebook"] = "Stopped"
    sessions = deployment.authority.sessions.by_key.values()
    assert len(sessions) >= 2
    assert [each for each in sessions if "DateLessThan" in json.dumps(each.session_policy)] == []
    assert [each for each in sessions if "PrincipalTag" in json.dumps(dict(each.context))] == []
    assert [each for each in sessions if _creates(deployment, each)] == []


def test_a_launch_that_takes_long_gets_a_second_window(deployment: LocalDeployment, clock: StoppedClock) -> None:
    def slow(_call: Call, answer: Any) -> Any:
        clock.now += 6
        del deployment.aws.changes["AssumeRole"]
        return answer

    deployment.aws.changes["AssumeRole"] = slow
    begun = clock.now
    url = opened_url(deployment)
    assert _window_end(deployment) <= begun + 6 + LONGEST
    clock.now = _window_end(deployment)
    assert _statuses(deployment, url) == {INSIDE: 302, COLLEAGUE: 403, OUTSIDE: 403}


def test_the_end_of_the_grant_holds_inside_of_the_window(deployment: LocalDeployment, clock: StoppedClock) -> None:
    grant = GrantSpec.model_validate({"principal": "user:alice@example.com", "notebook": "alice-notebook"})
    grant = grant.model_copy(update={"until": int(clock.now) + 3})
    table = deployment.template.environment["GATE_TABLE"]
    deployment.operator("dynamodb").put_item(TableName=table, Item=grant.item())
    url = opened_url(deployment)
    assert _window_end(deployment) > clock.now + 3
    clock.now = int(clock.now) + 2
    assert _statuses(deployment, url) == {INSIDE: 302, COLLEAGUE: 302, OUTSIDE: 302}
    clock.now += 1
    assert _statuses(deployment, url) == {INSIDE: 403, COLLEAGUE: 403, OUTSIDE: 403}


def test_a_role_session_without_a_window_is_denied_outside_of_the_networks(sample: Sample, clock: StoppedClock) -> None:
    """As of a function that was in a VPC, with `pin = "networks"`, whose session policies name no addresses."""
    with without_vpc(sample, clock) as deployment:
        opened_url(deployment)
        creator = deployment.urls.made[-1].creator
        earlier = Identity(creator.arn, creator.role_arn, None, {"aws:SourceIdentity": "alice@example.com"})
        found = {each: deployment.authority.allows(earlier, OPEN, ALICES, each) for each in (INSIDE, OUTSIDE)}
        assert found == {INSIDE: True, OUTSIDE: False}


@pytest.mark.parametrize("pin", ["caller", "networks"])
def test_an_open_notebook_outlives_the_removal_of_its_network_until_a_revoke(
    sample: Sample, clock: StoppedClock, pin: str
) -> None:
    """What docs/security.md says: the Deny of the launch role, which a deployment changes, spares the session."""
    with without_vpc(sample, clock, settings={"pin": pin}) as deployment:
        url = opened_url(deployment)
        clock.now = _window_end(deployment)
        role = deployment.template.launch_role
        narrowed = json.loads(json.dumps(role.policies).replace(f'"{INSIDE}/32"', '"203.0.113.0/24"'))
        assert narrowed != list(role.policies)
        deployment.authority.roles[role.arn] = dataclasses.replace(role, policies=tuple(narrowed))
        assert status_from(deployment, INSIDE, url) == 302
        everybody = {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {
            "DateLessThan": {"aws:TokenIssueTime": "2099-01-01T00:00:00Z"}
        }}  # fmt: skip
        revoked = ({"Version": "2012-10-17", "Statement": [everybody]}, *narrowed)
        deployment.authority.roles[role.arn] = dataclasses.replace(role, policies=revoked)
        assert status_from(deployment, INSIDE, url) == 403


def test_a_session_policy_has_one_statement_more(deployment: LocalDeployment) -> None:
    opened_url(deployment)
    (call,) = (each for each in deployment.aws.calls if each.operation == "AssumeRole")
    conditions = [each["Condition"] for each in statements_for(call.parameters["Policy"], OPEN)]
    assert [sorted(each) for each in conditions] == [["IpAddress"], ["DateLessThan"]]
    assert conditions[0] == {"IpAddress": {"aws:SourceIp": [f"{INSIDE}/32"]}}
