"""Invalid settings: the error lists every problem with the setting, its value and the fix."""

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.settings import Settings
from infra.settings_errors import SettingsError
from local.resolved_template import ResolvedTemplate
from local.template import synthesise_all
from tests.infra.examples import ENDPOINT, EXISTING_VPC, MINIMAL, SIGN_IN_ISSUER

ROOT = Path(__file__).parents[2]
GIVEN, VPCE, VPC = SIGN_IN_ISSUER, ENDPOINT, EXISTING_VPC
PEOPLE = {"source": "address", "domain": "example.com"}
NO_EGRESS: dict[str, Any] = {
    "id": VPC["id"],
    "subnet_ids": VPC["subnet_ids"],
    "no_egress": True,
    "subnet_cidrs": ["10.0.1.0/24"],
}


def _problems(**settings: Any) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        Settings.parse({**MINIMAL, **settings}, source="gate.toml")
    return str(caught.value).splitlines()


@pytest.mark.parametrize(
    ("settings", "setting", "fix"),
    [
        ({"networks": []}, "networks = []", 'write the public addresses of your users, such as ["203'),
        ({"limits": {"log_days": True}}, "limits.log_days = True", "is not a number"),
        ({"alarms": {"key_days": True}}, "alarms.key_days = True", "is not a number"),
        ({"vpc": NO_EGRESS, "vpc_endpoints": [VPCE]}, "vpc", "cannot reach the user pool of the stack"),
        (
            {"vpc": NO_EGRESS, "vpc_endpoints": [VPCE], "identity": GIVEN, "slack": {"teams": ["T0123ABCDEF"]}},
            "vpc",
            "cannot reach Slack; leave slack.teams empty, or set vpc.proxy",
        ),
        (
            {"identity": {**GIVEN, "issuer": "https://sso.example.com:99999"}},
            "identity.issuer = 'https://sso.example.com:99999'",
            "is not an issuer URL",
        ),
        ({"networks": ["203.0.113.7/24"]}, "networks[0] = '203.0.113.7/24'", 'write "203.0.113.0/24", or "203.0'),
        ({"networks": ["203.0.113.0/24", "office"]}, "networks[1] = 'office'", "is not an address or a CIDR"),
        ({"networks": ["0.0.0.0/0"]}, "networks = ['0.0.0.0/0']", "allow_any_network = true"),
        ({"networks": ["0.0.0.0/1", "128.0.0.0/1"]}, "networks = ['0.0.0.0/1', '128.0.0.0/1']", "allows every address"),
        ({"networks": ["::/0"]}, "networks = ['::/0']", "allow_any_network = true"),
        ({"networks": ["2001:db8::1/32"]}, "networks[0] = '2001:db8::1/32'", 'write "2001:db8::/32"'),
        ({"limits": {"session": 1799}}, "limits.session = 1799", "greater than or equal to 1800"),
        ({"limits": {"session": 43_201}}, "limits.session = 43201", "less than or equal to 43200"),
        ({"limits": {"session": "1h"}}, "limits.session = '1h'", "valid integer"),
        ({"limits": {"log_days": 2}}, "limits.log_days = 2", "should be 1, 3, 5, 7"),
        ({"limits": {"rate": 0}}, "limits.rate = 0", "greater than or equal to 1"),
        ({"vpc": {**VPC, "egress": []}}, "vpc.egress = []", "write the public"),
        ({"vpc": {**VPC, "subnet_ids": []}}, "vpc.subnet_ids = []", "write private subnets"),
        ({"vpc": {"id": "my-vpc"}}, "vpc.id = 'my-vpc'", 'is not a VPC id; write one such as "vpc-0123456789abcdef0"'),
        ({"vpc": {"egress": ["192.0.2.1"]}}, "vpc.egress = ['192.0.2.1']", "set vpc.id, or remove"),
        ({"vpc_endpoints": ["vpce-x"]}, "vpc_endpoints[0] = 'vpce-x'", "is not a VPC endpoint id"),
        # A session policy has 2,048 characters, so it could not name more endpoints.
        ({"vpc_endpoints": [f"vpce-0123456{n}" for n in range(9)]}, "vpc_endpoints has 9 entries", "the maximum is 8"),
        ({"networks": [f"203.0.113.{n}" for n in range(101)]}, "networks has 101 entries, but the maximum", "Join"),
        ({"pin": "none"}, "pin = 'none'", "'caller', 'network' or 'networks'"),
        (
            {"pin": "network", "private_endpoints": [VPCE], "vpc_endpoints": [VPCE]},
            "pin = 'network'",
            'write pin = "caller" or pin = "networks"',
        ),
        ({"private_host": "endpoint"}, "private_host = 'endpoint'", "set private_endpoints, or remove"),
        ({"private_host": "dns"}, "private_host = 'dns'", "'api' or 'endpoint'"),
        (
            {
                "vpc": NO_EGRESS,
                "vpc_endpoints": [VPCE],
                "identity": GIVEN,
                "remote": {
                    "locations": ["210987654321/eu-west-1", "210987654321/us-east-1"],
                    "external_id": "gate-4711",
                },
            },
            "remote has locations in several regions",
            "give the subnets egress (vpc.egress), or remove the other locations",
        ),
        ({"vpc": {**NO_EGRESS, "subnet_cidrs": []}}, "vpc.subnet_cidrs = []", "write the CIDRs of vpc.subnet_ids"),
        ({"vpc": {**NO_EGRESS, "subnet_cidrs": ["10.0.0.0/8"]}}, "vpc.subnet_cidrs[0] = '10.0.0.0/8'", '"10.0.1.0/24"'),
        ({"vpc": {**NO_EGRESS, "subnet_cidrs": ["0.0.0.0/0"]}}, "vpc.subnet_cidrs[0] = '0.0.0.0/0'", '"10.0.1.0/24"'),
        ({"vpc": {**NO_EGRESS, "subnet_cidrs": ["2001:db8::/32"]}}, "vpc.subnet_cidrs[0]", '"10.0.1.0/24"'),
        ({"vpc": {"subnet_cidrs": ["10.0.1.0/24"]}}, "vpc.subnet_cidrs = ['10.0.1.0/24']", "set vpc.id, or remove"),
        ({"vpc": NO_EGRESS}, "vpc has subnet_cidrs, but vpc_endpoints is empty", "add the endpoint of SageMaker's API"),
        ({"identity": {"issuer": "http://example.com"}}, "identity.issuer = 'http://example.com'", "an issuer URL"),
        ({"identity": {"issuer": "https://["}}, "identity.issuer = 'https://['", "is not an issuer URL"),
        ({"identity": {"issuer": "https://example.com"}}, "identity.client_id = ''", "write the client id"),
        ({"identity": {"client_id": "x"}}, "identity.client_id = 'x'", "set identity.issuer, or remove"),
        ({"identity": {"client_secret_arn": "hunter"}}, "identity.client_secret_arn", "write the full ARN of"),
        ({"identity": {"user_roles": ["*"]}}, "identity.user_roles[0] = '*'", "arn:aws:iam::123456789012:role/Name"),
        ({"identity": {"iam_accounts": ["12"]}}, "identity.iam_accounts[0] = '12'", "twelve digits"),
        ({"identity": {"groups": ["a,b"]}}, "identity.groups[0] = 'a,b'", "write one pattern in each entry"),
        ({"identity": {"groups": [" "]}}, "identity.groups[0] = ' '", "write one pattern in each entry"),
        ({"identity": {"audiences": ["a,b"]}}, "identity.audiences[0] = 'a,b'", "write one client id in each entry"),
        ({"identity": {**GIVEN, "scopes": ["groups"]}}, "identity.scopes = ['groups']", 'lacks "openid"'),
        ({"identity": {**GIVEN, "scopes": ["openid email"]}}, "identity.scopes[0] = 'openid email'", "is not a scope"),
        ({"identity": {"scopes": ["openid", "groups"]}}, "identity.scopes = ", "identity.issuer is empty"),
        ({"identity": {"user_claim": "sub"}}, "identity.user_claim = 'sub'", "identity.issuer is empty"),
        ({"identity": {**GIVEN, "user_claim": "sub", "trust_email": True}}, "identity.trust_email", "change the claim"),
        ({"identity": {"sign_out": "there"}}, "identity.sign_out = 'there'", "'provider' or 'here'"),
        ({"identity": {"sign_in_seconds": 10}}, "identity.sign_in_seconds = 10", "greater than or equal to 300"),
        ({"vpc": {**VPC, "proxy": "proxy:3128"}}, "vpc.proxy = 'proxy:3128'", '"http://proxy.example.com:3128"'),
        ({"vpc": {**VPC, "proxy": "http://proxy"}}, "vpc.proxy = 'http://proxy'", "write scheme, host and port"),
        ({"vpc": {**VPC, "proxy": "socks5://proxy:1080"}}, "vpc.proxy = 'socks5", "write scheme, host and port"),
        ({"vpc": {**VPC, "proxy": "http://proxy:99999"}}, "vpc.proxy = 'http://proxy:99999'", "write scheme, host"),
        ({"vpc": {**VPC, "proxy": "http://me:hunter2@proxy:3128"}}, "vpc.proxy = 'http://***@proxy:3128'", "user name"),
        ({"vpc": {"proxy": "http://proxy:3128"}}, "vpc.proxy = 'http://proxy:3128'", "set vpc.id"),
        ({"vpc": {**VPC, "no_proxy": [".example.com"]}}, "vpc.no_proxy = ['.example.com']", "vpc.proxy is empty"),
        ({"vpc": {**VPC, "proxy": "http://p:1", "no_proxy": ["*"]}}, "vpc.no_proxy[0] = '*'", '".amazonaws.com"'),
        (
            {"slack": {"teams": ["T0123ABCDEF"]}, "vpc": {**VPC, "proxy": "https://proxy:3128"}},
            "vpc has an https:// proxy",
            "write one with http://",
        ),
        ({"domain": {"name": "notebooks.example.com"}}, "domain.certificate_arn = ''", "write that of the certificate"),
        ({"domain": {"name": "https://x"}}, "domain.name = 'https://x'", "is not a host name; write one"),
        ({"slack": {"domain": "slack.gov"}}, "slack.domain = 'slack.gov'", "'slack.com' or 'slack-gov.com'"),
        ({"slack": {"teams": ["my-company"]}}, "slack.teams[0] = 'my-company'", "the id of a Slack workspace"),
        ({"slack": {"email_domains": ["example.com"]}}, "slack.email_domains = ['example.com']", "teams is empty"),
        ({"slack": {"teams": ["T0123ABCDEF"], "email_domains": ["@x"]}}, "slack.email_domains[0] = '@x'", "a domain"),
        ({"slack": {"teams": ["T0123ABCDEF"], "email_domains": ["Example.com"]}}, "slack.email_domains[0]", "a domain"),
        ({"user_names": {"source": "address"}}, "user_names.domain = ''", "write the domain of your users"),
        ({"user_names": {"domain": "example.com"}}, "user_names.domain = 'example.com'", "user_names.source is empty"),
        ({"user_names": {"separator": "-"}}, "user_names.separator = '-'", "user_names.source is empty"),
        ({"user_names": {**PEOPLE, "domain": "Example.com"}}, "user_names.domain = 'Example.com'", "a host name"),
        ({"user_names": {**PEOPLE, "separator": "+"}}, "user_names.separator = '+'", "'.', '-' or '_'"),
        ({"user_names": {"source": "claim"}}, 'user_names has source = "claim"', 'write source = "address"'),
        ({"name": "my gate"}, "name = 'my gate'", "then letters, digits and hyphens"),
        ({"netwroks": []}, "netwroks is not a setting", "see the example gate.toml"),
        ({"limits": {"sesion": 1}}, "limits.sesion is not a setting", "see the example gate.toml"),
    ],
)  # fmt: skip
def test_a_problem_names_the_setting_the_value_and_the_fix(settings: dict[str, Any], setting: str, fix: str) -> None:
    lines = _problems(**settings)
    assert len(lines) == 1
    assert lines[0].startswith(f"gate.toml: {setting}")
    assert fix in lines[0]


def test_all_problems_are_reported_at_once() -> None:
    lines = _problems(
        networks=["10.0.0.1/8"],
        limits={"session": 60, "rate": 0},
        vpc={**VPC, "egress": []},
        pin="none",
    )
    locations = [line.removeprefix("gate.toml: ").split(" = ")[0] for line in lines]
    assert sorted(locations) == ["limits.rate", "limits.session", "networks[0]", "pin", "vpc.egress"]


@pytest.mark.parametrize(
    "settings",
    [
        {"user_names": PEOPLE},
        {"identity": {**GIVEN, "user_claim": "sub"}, "user_names": {"source": "claim", "separator": "-"}},
        {"networks": ["0.0.0.0/0"], "allow_any_network": True},
        {"networks": ["0.0.0.0/1"]},
        {"networks": ["203.0.113.7", "2001:db8::/32"]},
        {"limits": {"session": 1800}},
        {"limits": {"session": 43_200}},
        {"vpc": VPC},
        {"identity": {"issuer": "https://login.example.com/v2.0", "client_id": "x"}},
        {"identity": {"issuer": "http://127.0.0.1:9000", "client_id": "x"}},
        {"identity": {**GIVEN, "scopes": ["openid", "groups"], "user_claim": "oid", "audiences": ["api://x"]}},
        {"pin": "network"},
        {"vpc_endpoints": [VPCE], "vpc": NO_EGRESS, "identity": GIVEN},
        # Through a proxy, the function reaches the user pool and Slack.
        {
            "vpc_endpoints": [VPCE],
            "vpc": {**NO_EGRESS, "proxy": "http://proxy.example.com:3128"},
            "slack": {"teams": ["T0123ABCDEF"]},
        },
        {
            "vpc": {
                **VPC,
                "proxy": "https://proxy.example.com:3128/",
                "no_proxy": [".amazonaws.com", "login.example.com"],
            }
        },
        {
            "vpc_endpoints": [VPCE],
            "vpc": {**NO_EGRESS, "subnet_cidrs": ["10.0.1.0/28", "2001:db8:0:1::/64"]},
            "identity": GIVEN,
        },
    ],
)
def test_valid_settings_are_accepted(settings: dict[str, Any]) -> None:
    Settings.parse({**MINIMAL, **settings})


NAMES = st.sampled_from(["networks", "limits", "session", "vpc", "id"])
ARBITRARY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(NAMES, inner),
)


@given(ARBITRARY)
def test_arbitrary_values_are_reported(value: Any) -> None:
    with pytest.raises(SettingsError, match=r"^settings: "):
        Settings.parse({"netwroks": value, "networks": value})


def test_a_file_that_is_missing_or_not_toml_is_reported_by_name(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"gate\.toml: the file does not exist"):
        Settings.load(tmp_path / "gate.toml")
    for text in (b"networks = [", b"\xff"):
        (tmp_path / "gate.toml").write_bytes(text)
        with pytest.raises(SettingsError, match=r"gate\.toml: the file is not valid TOML"):
            Settings.load(tmp_path / "gate.toml")


def test_the_example_has_every_setting_with_its_default() -> None:
    example = tomllib.loads((ROOT / "gate.toml").read_text())
    defaults = Settings.parse(MINIMAL).model_dump(mode="json")
    assert example == defaults


def test_a_list_that_is_too_long_is_not_printed() -> None:
    (line,) = _problems(networks=[f"203.0.{n // 256}.{n % 256}" for n in range(400)])
    assert "networks has 400 entries" in line
    assert len(line) < 400


def test_a_long_value_is_shortened() -> None:
    (line,) = _problems(networks=[*(f"203.0.113.{n}" for n in range(90)), "0.0.0.0/1", "128.0.0.0/1"])
    assert "networks = ['203.0.113.0', '203.0.113.1'" in line
    assert len(line) < 400


def test_the_maximum_of_networks_fits_into_the_policies() -> None:
    longest = [f"2001:abcd:abcd:abcd:abcd:abcd:abcd:{0x1000 + number:x}/128" for number in range(100)]
    (templates,) = synthesise_all([Settings.parse({"networks": longest})])
    resolved = ResolvedTemplate(templates[0])
    # API Gateway quotas (resource policy), and IAM quotas (inline policies of a role, which gate revoke shares).
    assert len(json.dumps(resolved.api_policy)) < 8_192
    assert len("".join(json.dumps(policy, separators=(",", ":")) for policy in resolved.launch_role.policies)) < 8_192
