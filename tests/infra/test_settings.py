"""Settings that can't be deployed: each problem is told, by setting, value and mend, all at once."""

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.settings import Settings, SettingsError
from local.resolved_template import ResolvedTemplate
from local.template import synthesise_all
from tests.infra.conftest import GIVEN

ROOT = Path(__file__).parents[2]
AUTHORITIES = (Path(__file__).parent / "authorities.pem").read_bytes()
GOOD: dict[str, Any] = {"networks": ["203.0.113.0/24"]}
VPCE = "vpce-0123456789abcdef0"
NO_EGRESS: dict[str, Any] = {
    "id": "vpc-0123456789abcdef0",
    "subnet_ids": ["subnet-01234567"],
    "no_egress": True,
    "subnet_cidrs": ["10.0.1.0/24"],
}

VPC: dict[str, Any] = {"id": "vpc-0123456789abcdef0", "subnet_ids": ["subnet-01234567"], "egress": ["192.0.2.1"]}


def _told(**settings: Any) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        Settings.parse({**GOOD, **settings}, source="gate.toml")
    return str(caught.value).splitlines()


@pytest.mark.parametrize(
    ("settings", "setting", "mend"),
    [
        ({"networks": []}, "networks = []", 'write the public addresses of your people, such as ["203'),
        ({"networks": ["203.0.113.7/24"]}, "networks[0] = '203.0.113.7/24'", 'write "203.0.113.0/24", or "203.0'),
        ({"networks": ["203.0.113.0/24", "office"]}, "networks[1] = 'office'", "write an address or a CIDR"),
        ({"networks": ["0.0.0.0/0"]}, "networks = ['0.0.0.0/0']", "allow_any_network = true"),
        ({"networks": ["0.0.0.0/1", "128.0.0.0/1"]}, "networks = ['0.0.0.0/1', '128.0.0.0/1']", "every address in"),
        ({"networks": ["::/0"]}, "networks = ['::/0']", "allow_any_network = true"),
        ({"networks": ["2001:db8::1/32"]}, "networks[0] = '2001:db8::1/32'", 'write "2001:db8::/32"'),
        ({"limits": {"session": 1799}}, "limits.session = 1799", "write seconds from 1800 to 43200"),
        ({"limits": {"session": 43_201}}, "limits.session = 43201", "write seconds from 1800 to 43200"),
        ({"limits": {"session": "1h"}}, "limits.session = '1h'", "valid integer"),
        ({"limits": {"log_days": 2}}, "limits.log_days = 2", "write one of 1, 3, 5, 7"),
        ({"limits": {"rate": 0}}, "limits.rate = 0", "greater than or equal to 1"),
        ({"vpc": {"id": "vpc-0123456789abcdef0", "subnet_ids": ["subnet-01234567"]}}, "vpc.egress = []", "the public"),
        ({"vpc": {"id": "vpc-0123456789abcdef0", "egress": ["192.0.2.1"]}}, "vpc.subnet_ids = []", "private subnets"),
        ({"vpc": {"id": "my-vpc"}}, "vpc.id = 'my-vpc'", 'as in "vpc-0123456789abcdef0"'),
        ({"vpc": {"egress": ["192.0.2.1"]}}, "vpc.egress = ['192.0.2.1']", "write vpc.id, or leave egress empty"),
        ({"vpc_endpoints": ["vpce-x"]}, "vpc_endpoints[0] = 'vpce-x'", 'as in "vpce-0123456789abcdef0"'),
        # More would not fit into a session policy, which takes 2,048 characters.
        ({"vpc_endpoints": [f"vpce-0123456{n}" for n in range(9)]}, "vpc_endpoints has 9 entries", "at most 8"),
        ({"networks": [f"203.0.113.{n}" for n in range(101)]}, "networks has 101 entries, and at most 100", "Join ra"),
        ({"pin": "none"}, "pin = 'none'", "'caller', 'network' or 'networks'"),
        (
            {"pin": "network", "private_endpoints": [VPCE], "vpc_endpoints": [VPCE]},
            "pin = 'network'",
            'write pin = "caller" or pin = "networks"',
        ),
        # All of a function's environment is 4 KB.
        ({"pin": "network", "networks": [f"2001:db8:1:2:{n}::/80" for n in range(1000, 1099)]}, "pin", "join neighb"),
        ({"vpc": {**NO_EGRESS, "subnet_cidrs": []}}, "vpc.subnet_cidrs = []", "write the CIDRs of vpc.subnet_ids"),
        ({"vpc": {**NO_EGRESS, "subnet_cidrs": ["10.0.0.0/8"]}}, "vpc.subnet_cidrs[0] = '10.0.0.0/8'", '"10.0.1.0/24"'),
        ({"vpc": {**NO_EGRESS, "subnet_cidrs": ["0.0.0.0/0"]}}, "vpc.subnet_cidrs[0] = '0.0.0.0/0'", '"10.0.1.0/24"'),
        ({"vpc": {**NO_EGRESS, "subnet_cidrs": ["2001:db8::/32"]}}, "vpc.subnet_cidrs[0]", '"10.0.1.0/24"'),
        ({"vpc": {"subnet_cidrs": ["10.0.1.0/24"]}}, "vpc.subnet_cidrs = ['10.0.1.0/24']", "leave subnet_cidrs empty"),
        ({"vpc": NO_EGRESS}, "vpc has subnet_cidrs, but vpc_endpoints is empty", "the endpoint of SageMaker's API"),
        ({"identity": {"issuer": "http://example.com"}}, "identity.issuer = 'http://example.com'", "is no issuer"),
        ({"identity": {"issuer": "https://["}}, "identity.issuer = 'https://['", "is no issuer"),
        ({"identity": {"issuer": "https://example.com"}}, "identity.client_id = ''", "write the id of the application"),
        ({"identity": {"client_id": "x"}}, "identity.client_id = 'x'", "write the issuer, or leave both empty"),
        ({"identity": {"client_secret_arn": "hunter"}}, "identity.client_secret_arn", "whole ARN of an existing"),
        ({"identity": {"user_roles": ["*"]}}, "identity.user_roles[0] = '*'", "arn:aws:iam::123456789012:role/Name"),
        ({"identity": {"iam_accounts": ["12"]}}, "identity.iam_accounts[0] = '12'", "twelve digits"),
        ({"identity": {"groups": ["a,b"]}}, "identity.groups = ['a,b']", "one pattern an entry"),
        ({"identity": {"groups": [" "]}}, "identity.groups = [' ']", "one pattern an entry"),
        ({"identity": {"audiences": ["a,b"]}}, "identity.audiences = ['a,b']", "one client id an entry"),
        ({"identity": {**GIVEN, "scopes": ["groups"]}}, "identity.scopes = ['groups']", 'lacks "openid"'),
        ({"identity": {**GIVEN, "scopes": ["openid email"]}}, "identity.scopes[0] = 'openid email'", "one an entry"),
        ({"identity": {"scopes": ["openid", "groups"]}}, "identity.scopes = ", "identity.issuer is empty"),
        ({"identity": {"user_claim": "sub"}}, "identity.user_claim = 'sub'", "identity.issuer is empty"),
        ({"identity": {**GIVEN, "user_claim": "sub", "trust_email": True}}, "identity.trust_email", "names another"),
        ({"identity": {"sign_out": "there"}}, "identity.sign_out = 'there'", "'provider' or 'here'"),
        ({"identity": {"sign_in_seconds": 10}}, "identity.sign_in_seconds = 10", "greater than or equal to 300"),
        ({"vpc": {**VPC, "proxy": "proxy:3128"}}, "vpc.proxy = 'proxy:3128'", '"http://proxy.example.com:3128"'),
        ({"vpc": {**VPC, "proxy": "http://proxy"}}, "vpc.proxy = 'http://proxy'", "write scheme, host and port"),
        ({"vpc": {**VPC, "proxy": "socks5://proxy:1080"}}, "vpc.proxy = 'socks5", "write scheme, host and port"),
        ({"vpc": {**VPC, "proxy": "http://proxy:99999"}}, "vpc.proxy = 'http://proxy:99999'", "write scheme, host"),
        ({"vpc": {**VPC, "proxy": "http://me:hunter2@proxy:3128"}}, "vpc.proxy = 'http://***@proxy:3128'", "a name or"),
        ({"vpc": {"proxy": "http://proxy:3128"}}, "vpc.proxy = 'http://proxy:3128'", "write vpc.id, too"),
        ({"vpc": {**VPC, "no_proxy": [".example.com"]}}, "vpc.no_proxy = ['.example.com']", "vpc.proxy is empty"),
        ({"vpc": {**VPC, "proxy": "http://p:1", "no_proxy": ["*"]}}, "vpc.no_proxy[0] = '*'", '".amazonaws.com"'),
        (
            {"slack": {"teams": ["T0123ABCDEF"]}, "vpc": {**VPC, "proxy": "https://proxy:3128"}},
            "vpc has an https:// proxy",
            "write one with http://",
        ),
        ({"domain": {"name": "notebooks.example.com"}}, "domain.certificate_arn = ''", "write the ARN of one"),
        ({"domain": {"name": "https://x"}}, "domain.name = 'https://x'", "plain host name"),
        ({"slack": {"teams": ["my-company"]}}, "slack.teams[0] = 'my-company'", 'such as "T0123ABCDEF"'),
        ({"slack": {"email_domains": ["example.com"]}}, "slack.email_domains = ['example.com']", "teams is empty"),
        ({"slack": {"teams": ["T0123ABCDEF"], "email_domains": ["@x"]}}, "slack.email_domains[0] = '@x'", "as in"),
        ({"slack": {"teams": ["T0123ABCDEF"], "email_domains": ["Example.com"]}}, "slack.email_domains[0]", "as in"),
        ({"name": "my gate"}, "name = 'my gate'", "use letters, digits and hyphens"),
        ({"netwroks": []}, "netwroks is no setting", "see the example gate.toml"),
        ({"limits": {"sesion": 1}}, "limits.sesion is no setting", "see the example gate.toml"),
    ],
)  # fmt: skip
def test_a_bad_setting_names_the_setting_the_value_and_the_mend(
    settings: dict[str, Any], setting: str, mend: str
) -> None:
    lines = _told(**settings)
    assert len(lines) == 1
    assert lines[0].startswith(f"gate.toml: {setting}")
    assert mend in lines[0]


def test_all_problems_are_told_at_once() -> None:
    lines = _told(
        networks=["10.0.0.1/8"],
        limits={"session": 60, "rate": 0},
        vpc={"id": "vpc-0123456789abcdef0", "subnet_ids": ["subnet-01234567"]},
        pin="none",
    )
    locations = [line.removeprefix("gate.toml: ").split(" = ")[0] for line in lines]
    assert sorted(locations) == ["limits.rate", "limits.session", "networks[0]", "pin", "vpc.egress"]


@pytest.mark.parametrize(
    "settings",
    [
        {"networks": ["0.0.0.0/0"], "allow_any_network": True},
        {"networks": ["0.0.0.0/1"]},
        {"networks": ["203.0.113.7", "2001:db8::/32"]},
        {"limits": {"session": 1800}},
        {"limits": {"session": 43_200}},
        {"vpc": {"id": "vpc-0123456789abcdef0", "subnet_ids": ["subnet-01234567"], "egress": ["192.0.2.1"]}},
        {"identity": {"issuer": "https://login.example.com/v2.0", "client_id": "x"}},
        {"identity": {"issuer": "http://127.0.0.1:9000", "client_id": "x"}},
        {"identity": {**GIVEN, "scopes": ["openid", "groups"], "user_claim": "oid", "audiences": ["api://x"]}},
        {"pin": "network"},
        {"vpc_endpoints": [VPCE], "vpc": NO_EGRESS},
        {
            "vpc": {
                **VPC,
                "proxy": "https://proxy.example.com:3128/",
                "no_proxy": [".amazonaws.com", "login.example.com"],
            }
        },
        {"vpc_endpoints": [VPCE], "vpc": {**NO_EGRESS, "subnet_cidrs": ["10.0.1.0/28", "2001:db8:0:1::/64"]}},
    ],
)
def test_what_can_be_deployed_is_accepted(settings: dict[str, Any]) -> None:
    Settings.parse({**GOOD, **settings})


NAMES = st.sampled_from(["networks", "limits", "session", "vpc", "id"])
NONSENSE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(NAMES, inner),
)


@given(NONSENSE)
def test_nonsense_is_told_as_such(nonsense: Any) -> None:
    with pytest.raises(SettingsError, match=r"^settings: "):
        Settings.parse({"netwroks": nonsense, "networks": nonsense})


def test_a_file_that_is_missing_or_no_toml_is_told_by_name(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"gate\.toml: there is no such file"):
        Settings.load(tmp_path / "gate.toml")
    for text in (b"networks = [", b"\xff"):
        (tmp_path / "gate.toml").write_bytes(text)
        with pytest.raises(SettingsError, match=r"gate\.toml: is not TOML"):
            Settings.load(tmp_path / "gate.toml")


@pytest.mark.parametrize(
    ("content", "mend"),
    [
        (None, "can't be read; write the path of a PEM file"),
        (b"no certificate", "holds no certificates in PEM"),
        (AUTHORITIES + b"-----BEGIN PRIVATE KEY-----\n", "holds a private key"),
        (AUTHORITIES * 500, "has more than 262144 bytes; leave out the public authorities"),
        (AUTHORITIES, ""),
    ],
)
def test_authorities_are_read_where_they_are_deployed_from(tmp_path: Path, content: bytes | None, mend: str) -> None:
    (tmp_path / "gate.toml").write_text('networks = ["203.0.113.0/24"]\n[vpc]\nca_bundle = "ca.pem"\n')
    if content is not None:
        (tmp_path / "ca.pem").write_bytes(content)
    if mend:
        with pytest.raises(SettingsError, match=rf"^gate\.toml: vpc\.ca_bundle = 'ca\.pem' {mend}"):
            Settings.load(tmp_path / "gate.toml")
    else:
        assert Settings.load(tmp_path / "gate.toml").vpc.ca_bundle == "ca.pem"


def test_the_example_shows_every_setting_with_its_default() -> None:
    example = tomllib.loads((ROOT / "gate.toml").read_text())
    defaults = Settings.parse(GOOD).model_dump(mode="json")
    assert example == defaults


def test_a_list_that_is_too_long_is_not_repeated() -> None:
    (line,) = _told(networks=[f"203.0.{n // 256}.{n % 256}" for n in range(400)])
    assert "networks has 400 entries" in line
    assert len(line) < 400


def test_a_long_value_is_shortened() -> None:
    (line,) = _told(networks=[*(f"203.0.113.{n}" for n in range(90)), "0.0.0.0/1", "128.0.0.0/1"])
    assert "networks = ['203.0.113.0', '203.0.113.1'" in line
    assert len(line) < 400


def test_as_many_networks_as_are_possible_fit_into_the_policies() -> None:
    longest = [f"2001:abcd:abcd:abcd:abcd:abcd:abcd:{0x1000 + number:x}/128" for number in range(100)]
    (templates,) = synthesise_all([Settings.parse({"networks": longest})])
    resolved = ResolvedTemplate(templates[0])
    # API Gateway quotas (resource policy), and IAM quotas (inline policies of a role, which gate revoke shares).
    assert len(json.dumps(resolved.api_policy)) < 8_192
    assert len("".join(json.dumps(policy, separators=(",", ":")) for policy in resolved.launch_role.policies)) < 8_192
