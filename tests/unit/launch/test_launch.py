"""Session names, session policies, and the normal form of e-mail addresses, for arbitrary callers and grants."""

import ipaddress
import json
import re
import string
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.launch.allowed_sources import AllowedSources, address_cidr, network_of
from gate.launch.kinds.notebook_instance import NotebookInstance
from gate.launch.policy import MAX_POLICY_LENGTH, session_policy
from gate.values.caller import normal_address
from gate.values.grant import Grant
from gate.values.notebook import Notebook
from gate.values.session_name import session_name
from testing.harness import Harness

AWS_RULE = re.compile(r"[\w+=,.@-]{2,64}", re.ASCII)

ADDRESSES = st.ip_addresses().map(str)
NAMES = st.from_regex(re.compile(r"[a-zA-Z0-9](-?[a-zA-Z0-9]){0,31}"), fullmatch=True)
ENDPOINTS = st.text("0123456789abcdef", min_size=17, max_size=17).map("vpce-{}".format)


@pytest.mark.parametrize(
    "name", ["alice@example.com", "a+b@example.com", "x" * 64, "first.last-name@sub.example.co.uk", "ab"]
)
def test_valid_session_names_are_kept(name: str) -> None:
    assert session_name(name) == name


def test_mapped_session_names_are_readable_and_stable() -> None:
    name = session_name("arn:aws:iam::123456789012:role/Batch")
    assert name == session_name("arn:aws:iam::123456789012:role/Batch")
    assert re.fullmatch(r"Batch=[a-z2-7]{32}", name)


@given(st.text(max_size=200))
def test_every_name_becomes_a_valid_session_name(name: str) -> None:
    assert AWS_RULE.fullmatch(session_name(name))


@given(st.text(max_size=80), st.text(max_size=80))
def test_two_people_never_share_a_session_name(one: str, other: str) -> None:
    assert (session_name(one) == session_name(other)) == (one == other)


@given(st.text(max_size=200))
def test_no_name_is_kept_that_equals_a_mapped_session_name(name: str) -> None:
    mapped = session_name(name)
    if mapped != name:
        assert session_name(mapped) != mapped


PLACE = "arn:aws-us-gov:sagemaker:us-gov-west-1:123456789012:"
SOURCES = st.none() | st.builds(
    AllowedSources,
    public_cidrs=st.lists(ADDRESSES.map(address_cidr), max_size=9),
    private_cidrs=st.lists(ADDRESSES.map(address_cidr), max_size=9),
    endpoints=st.lists(ENDPOINTS, max_size=8),
)
"""The caller's address and those of the function. The settings allow at most eight of the latter of each kind."""


@given(notebook=NAMES, sources=SOURCES, power=st.sampled_from(["none", "start", "start-stop"]))
def test_a_session_policy_is_narrow_and_within_the_size_limit(
    notebook: str, sources: AllowedSources | None, power: str
) -> None:
    arns = NotebookInstance().arns(Notebook(notebook), PLACE)
    arn = f"{PLACE}notebook-instance/{notebook.lower()}"
    assert arns.opened == arns.managed == (arn,)
    grant = Grant("user:a@example.com", Notebook(notebook), 1800, power=power)  # type: ignore[arg-type]
    text = session_policy(NotebookInstance(), arns, grant, sources)
    assert len(text) <= MAX_POLICY_LENGTH
    statements = json.loads(text)["Statement"]
    assert all(statement["Effect"] == "Allow" and statement["Resource"] == arn for statement in statements)
    actions = [
        action.removeprefix("sagemaker:")
        for statement in statements
        for action in ([statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"])
    ]
    assert ("StartNotebookInstance" in actions) == (power != "none")
    assert ("StopNotebookInstance" in actions) == (power == "start-stop")
    conditions = [statement.get("Condition") for statement in statements if "Presigned" in str(statement["Action"])]
    if sources is None:
        assert conditions == [None]
        return
    expected: list[Any] = []
    if sources.public_cidrs:
        expected.append({"IpAddress": {"aws:SourceIp": sources.public_cidrs}})
    if sources.private_cidrs and sources.endpoints:
        # Never an endpoint without an address, or an address in a VPC without an endpoint.
        condition = {"StringEquals": {"aws:SourceVpce": sources.endpoints}}
        expected.append({**condition, "IpAddress": {"aws:VpcSourceIp": sources.private_cidrs}})
    assert conditions == expected


@pytest.mark.parametrize("until", [None, 4_102_444_800])
def test_the_longest_session_policy_is_within_the_size_limit(until: int | None) -> None:
    longest = ["2001:1db8:1111:2222:3333:4444:5555:6666/128"] * 9
    sources = AllowedSources(longest, longest, ["vpce-0123456789abcdef0"] * 8)
    arns = NotebookInstance().arns(Notebook("n" * 63), PLACE)
    grant = Grant("user:a@example.com", Notebook("n" * 63), 1800, power="start-stop", until=until)
    assert len(session_policy(NotebookInstance(), arns, grant, sources)) <= MAX_POLICY_LENGTH


CALLER, EGRESS, SUBNET, ENDPOINT = "203.0.113.7", "198.51.100.10/32", "10.0.9.0/24", "vpce-0123456789abcdef0"
PRIVATE_API = {"GATE_PRIVATE_ENDPOINTS": "vpce-0fedcba9876543210"}
NO_EGRESS = {"GATE_EGRESS": "", "GATE_SUBNET_CIDRS": SUBNET}
NETWORKS = {"GATE_PIN": "network", "GATE_NETWORKS": "203.0.0.0/16,203.0.113.0/24,203.0.112.0/23,2001:db8::/32"}


@pytest.mark.parametrize(
    ("settings", "address", "public", "private"),
    [
        # A public API sees only the public address. The caller is allowed nothing through endpoints.
        ({}, CALLER, [f"{CALLER}/32", EGRESS], None),
        ({}, "2001:db8::7", ["2001:db8::7/128", EGRESS], None),
        (NO_EGRESS, CALLER, [f"{CALLER}/32"], [SUBNET]),
        ({"GATE_SUBNET_CIDRS": SUBNET}, CALLER, [f"{CALLER}/32", EGRESS], [SUBNET]),
        # A private API sees only the address in the VPC. The only public addresses are those of the function.
        (PRIVATE_API, "10.0.1.7", [EGRESS], ["10.0.1.7/32"]),
        (PRIVATE_API | NO_EGRESS, "10.0.1.7", None, ["10.0.1.7/32", SUBNET]),
        # The smallest network that contains the address.
        (NETWORKS, CALLER, ["203.0.113.0/24", EGRESS], None),
        (NETWORKS, "203.0.112.7", ["203.0.112.0/23", EGRESS], None),
        (NETWORKS, "203.0.1.7", ["203.0.0.0/16", EGRESS], None),
        (NETWORKS, "2001:db8:7::7", ["2001:db8::/32", EGRESS], None),
        (NETWORKS | NO_EGRESS, CALLER, ["203.0.113.0/24"], [SUBNET]),
        # In no network: only the address itself, never more than with `caller`.
        (NETWORKS, "198.51.100.77", ["198.51.100.77/32", EGRESS], None),
        (NETWORKS | PRIVATE_API, "10.0.1.7", [EGRESS], ["10.0.1.7/32"]),
    ],
)
def test_a_session_is_pinned_to_the_callers_address_or_network(
    harness: Harness, settings: dict[str, str], address: str, public: list[str] | None, private: list[str] | None
) -> None:
    harness.configure(GATE_VPC_ENDPOINTS=ENDPOINT, **settings)
    harness.browser.address = address
    harness.sign_in()
    assert harness.browser.get("/open/alice-notebook").status == 302
    policy = json.loads(harness.aws.called("assume_role")[0]["Policy"])
    conditions = [each["Condition"] for each in policy["Statement"] if "Presigned" in str(each["Action"])]
    expected: list[Any] = []
    if public is not None:
        expected.append({"IpAddress": {"aws:SourceIp": public}})
    if private is not None:
        condition = {"StringEquals": {"aws:SourceVpce": [ENDPOINT]}}
        expected.append({**condition, "IpAddress": {"aws:VpcSourceIp": private}})
    assert conditions == expected


@given(st.lists(st.ip_addresses(v=4) | st.ip_addresses(v=6), min_size=1, max_size=6), ADDRESSES, st.data())
def test_the_network_of_an_address_is_the_smallest_that_contains_it(
    drawn: list[Any], address: str, data: st.DataObject
) -> None:
    networks = tuple(
        str(ipaddress.ip_network((each, data.draw(st.integers(0, each.max_prefixlen))), strict=False)) for each in drawn
    )
    found = network_of(address, networks)
    sizes = {
        network: ipaddress.ip_network(network).prefixlen
        for network in networks
        if ipaddress.ip_address(address) in ipaddress.ip_network(network)
    }
    assert sizes.get(found or "") == (max(sizes.values()) if sizes else None)


def test_an_invalid_address_is_in_no_network() -> None:
    assert network_of("", ("0.0.0.0/0", "::/0")) is None


def test_without_a_pin_the_session_policy_names_no_addresses(harness: Harness) -> None:
    harness.configure(GATE_PIN="networks")
    harness.sign_in()
    harness.browser.get("/open/alice-notebook")
    (assumed,) = harness.aws.called("assume_role")
    assert "SourceIp" not in assumed["Policy"]


def test_callers_with_ipv6_addresses_are_pinned(harness: Harness) -> None:
    harness.browser.address = "2001:db8::7"
    harness.sign_in()
    harness.browser.get("/open/alice-notebook")
    condition = json.loads(harness.aws.called("assume_role")[0]["Policy"])["Statement"][0]["Condition"]
    # With the prefix /128. IAM would take an address without a prefix for a /32, the network of a whole provider.
    assert condition["IpAddress"]["aws:SourceIp"] == ["2001:db8::7/128", "198.51.100.10/32"]


# The normal form of e-mail addresses.


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("Alice@Example.COM", "alice@example.com"),
        ("mu\u0308ller@example.com", "m\u00fcller@example.com"),
        ("M\u00dcLLER@example.com", "m\u00fcller@example.com"),
        ("\u212ate@example.com", None),  # the Kelvin sign would become an ASCII k
        ("al\u0130ce@example.com", None),  # the dotted capital I would become an ASCII i
        ("\u0430lice@example.com", "\u0430lice@example.com"),  # a Cyrillic look-alike stays another address
        ("alice@example.com ", None),
        ("alice@example.com\n", None),
        ("alice", None),
        ("a@b@c", None),
        ("@example.com", None),
        ("a" * 250 + "@b.c", "a" * 250 + "@b.c"),
        ("a" * 251 + "@b.c", None),
        (None, None),
        (["alice@example.com"], None),
    ],
)
def test_e_mail_addresses_have_one_normal_form(text: object, normal: str | None) -> None:
    assert normal_address(text) == normal


@given(st.text(max_size=40))
def test_the_normal_form_is_stable_and_never_more_ascii(text: str) -> None:
    normal = normal_address(text)
    if normal is not None:
        assert normal_address(normal) == normal
        assert sum(map(str.isascii, normal)) <= sum(map(str.isascii, text))
        assert not set(normal) & set(string.ascii_uppercase + string.whitespace)
