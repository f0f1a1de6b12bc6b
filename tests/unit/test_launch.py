"""Session names and session policies, for whatever callers and grants there may be."""

import json
import re
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.grants import Grant
from gate.identity.caller import normal_address
from gate.launch.names import session_name
from gate.launch.place import notebook_arn
from gate.launch.policy import LONGEST_POLICY, host, session_policy
from gate.notebook import Notebook
from tests.unit.conftest import World

AWS_RULE = re.compile(r"[\w+=,.@-]{2,64}", re.ASCII)

ADDRESSES = st.ip_addresses().map(str)
NAMES = st.from_regex(re.compile(r"[a-zA-Z0-9](-?[a-zA-Z0-9]){0,31}"), fullmatch=True)
ENDPOINTS = st.text("0123456789abcdef", min_size=17, max_size=17).map("vpce-{}".format)


@pytest.mark.parametrize(
    "name", ["alice@example.com", "a+b@example.com", "x" * 64, "first.last-name@sub.example.co.uk", "ab"]
)
def test_names_that_fit_stay_as_they_are(name: str) -> None:
    assert session_name(name) == name


def test_names_that_do_not_fit_are_readable_and_stable() -> None:
    name = session_name("arn:aws:iam::123456789012:role/Batch")
    assert name == session_name("arn:aws:iam::123456789012:role/Batch")
    assert re.fullmatch(r"Batch=[a-z2-7]{32}", name)


@given(st.text(max_size=200))
def test_every_name_becomes_one_that_sts_takes(name: str) -> None:
    assert AWS_RULE.fullmatch(session_name(name))


@given(st.text(max_size=80), st.text(max_size=80))
def test_two_people_never_share_a_name(one: str, other: str) -> None:
    assert (session_name(one) == session_name(other)) == (one == other)


@given(st.text(max_size=200))
def test_nobody_can_choose_to_be_called_like_somebody_who_was_mapped(name: str) -> None:
    mapped = session_name(name)
    if mapped != name:
        assert session_name(mapped) != mapped


@given(
    notebook=NAMES,
    caller=ADDRESSES,
    egress=st.lists(ADDRESSES, min_size=1, max_size=8),
    endpoints=st.lists(ENDPOINTS, max_size=8),
    pinned=st.booleans(),
    power=st.sampled_from(["none", "start", "start-stop"]),
)
def test_a_session_policy_is_narrow_and_fits(
    notebook: str, caller: str, egress: list[str], endpoints: list[str], pinned: bool, power: str
) -> None:
    arn = notebook_arn("aws-us-gov", "us-gov-west-1", "123456789012", notebook)
    assert arn == f"arn:aws-us-gov:sagemaker:us-gov-west-1:123456789012:notebook-instance/{notebook.lower()}"
    grant = Grant("user:a@example.com", Notebook(notebook), 1800, power=power)  # type: ignore[arg-type]
    networks = [host(address) for address in (caller, *egress)]
    text = session_policy(arn, grant, networks=networks if pinned else None, vpc_endpoints=endpoints)
    assert len(text) <= LONGEST_POLICY
    statements = json.loads(text)["Statement"]
    assert all(statement["Effect"] == "Allow" and statement["Resource"] == arn for statement in statements)
    actions = [
        action.removeprefix("sagemaker:")
        for statement in statements
        for action in ([statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"])
    ]
    assert ("StartNotebookInstance" in actions) == (power != "none")
    assert ("StopNotebookInstance" in actions) == (power == "start-stop")
    opening = [statement for statement in statements if "Presigned" in str(statement["Action"])]
    if not pinned:
        assert [statement.get("Condition") for statement in opening] == [None]
        return
    assert opening[0]["Condition"] == {"IpAddress": {"aws:SourceIp": networks}}
    expected = [{"StringEquals": {"aws:SourceVpce": endpoints}}] if endpoints else []
    assert [statement["Condition"] for statement in opening[1:]] == expected


def test_without_a_pin_the_networks_of_the_role_decide(world: World) -> None:
    world.configure(GATE_PIN="networks")
    world.sign_in()
    world.browser.get("/open/alice-notebook")
    (assumed,) = world.aws.called("assume_role")
    assert "SourceIp" not in assumed["Policy"]


def test_callers_at_ipv6_addresses_are_pinned_too(world: World) -> None:
    world.browser.address = "2001:db8::7"
    world.sign_in()
    world.browser.get("/open/alice-notebook")
    condition = json.loads(world.aws.called("assume_role")[0]["Policy"])["Statement"][0]["Condition"]
    # With its prefix: IAM would take it for a /32, and let the whole of a provider in.
    assert condition["IpAddress"]["aws:SourceIp"] == ["2001:db8::7/128", "198.51.100.10/32"]


# Addresses of people, in one normal form.


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("Alice@Example.COM", "alice@example.com"),
        ("mu\u0308ller@example.com", "m\u00fcller@example.com"),
        ("M\u00dcLLER@example.com", "m\u00fcller@example.com"),
        ("\u212ate@example.com", None),  # the Kelvin sign would become a plain k
        ("al\u0130ce@example.com", None),  # the dotted capital I, a plain i
        ("\u0430lice@example.com", "\u0430lice@example.com"),  # a Cyrillic look-alike is somebody else
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
def test_addresses_have_one_normal_form(text: object, normal: str | None) -> None:
    assert normal_address(text) == normal


@given(st.text(max_size=40))
def test_the_normal_form_is_stable_and_never_more_ascii(text: str) -> None:
    normal = normal_address(text)
    if normal is not None:
        assert normal_address(normal) == normal
        assert sum(map(str.isascii, normal)) <= sum(map(str.isascii, text))
        assert not set(normal) & set(string.ascii_uppercase + string.whitespace)
