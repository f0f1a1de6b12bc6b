"""Settings and bundles that stop `npx cdk synth`, and what it warns about."""

import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from constructs import IConstruct

import app
from infra import environment
from infra.settings import Settings
from infra.stacks import add_stacks
from infra.synth_warnings import warn_incomparable_names, warn_long_studio_names, warn_unusable_endpoints
from tests.infra.command import ROOT, run
from tests.infra.examples import ENDPOINT, EXISTING_VPC, FULL, MINIMAL, SIGN_IN_ISSUER

WITH_ENDPOINTS = {"vpc_endpoints": [ENDPOINT]}
SLACK: dict[str, Any] = {"slack": {"teams": ["T0123ABCDEF"]}, "requests": {"approvers": {"group:leads": ["*"]}}}
ADDRESSES = {"teams": ["T0123ABCDEF", "T0OTHER"], "email_domains": ["example.com"]}
OTHER_CLAIM = {"identity": {**SIGN_IN_ISSUER, "user_claim": "oid"}}


def test_every_warning_is_in_the_stack(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("infra.function_code.runtime_python", lambda: None)
    stacks = cdk.App(context={"aws:cdk:bundling-stacks": []})
    add_stacks(stacks, Settings.parse({**MINIMAL, **WITH_ENDPOINTS, **SLACK}))
    warned = {text for construct in stacks.node.find_all() for text in _texts(construct)}
    for text in ("python install 3.13", "nobody can use a notebook through vpc_endpoints", "set slack.email_domains"):
        assert sum(text in each for each in warned) == 1, warned


def _texts(construct: IConstruct) -> list[str]:
    """Return the warnings at a construct, which a synthesis prints."""
    return [entry.data for entry in construct.node.metadata if entry.type == "aws:cdk:warning"]


def _warnings(warn: Callable[[cdk.Stack, Settings], None], settings: dict[str, Any]) -> list[str]:
    """Return the warnings that `warn` adds to an empty stack."""
    stack = cdk.Stack()
    warn(stack, Settings.parse({**MINIMAL, **settings}))
    return _texts(stack)


@pytest.mark.parametrize(
    ("settings", "warned"),
    [
        ({}, False),
        (WITH_ENDPOINTS, True),
        ({**WITH_ENDPOINTS, "pin": "network"}, True),
        ({**WITH_ENDPOINTS, "pin": "networks"}, False),
        ({**WITH_ENDPOINTS, "private_endpoints": [ENDPOINT]}, False),
    ],
)
def test_endpoints_that_nobody_could_use_are_warned_about(settings: dict[str, Any], warned: bool) -> None:
    found = _warnings(warn_unusable_endpoints, settings)
    assert len(found) == warned
    assert all('pin = "networks"' in each and "private_endpoints" in each for each in found)


@pytest.mark.parametrize(
    ("settings", "warned"),
    [
        ({}, []),
        (OTHER_CLAIM, []),
        ({**SLACK, "requests": {}}, []),
        ({**SLACK, "slack": ADDRESSES}, []),
        (SLACK, ["set slack.email_domains"]),
        ({**SLACK, **OTHER_CLAIM, "slack": ADDRESSES}, ['set identity.user_claim = "email"']),
        (
            {**SLACK, "slack": {"teams": ADDRESSES["teams"]}},
            ["set slack.email_domains", "in the workspace where the person asked"],
        ),
    ],
)
def test_names_that_cannot_be_compared_are_warned_about(settings: dict[str, Any], warned: list[str]) -> None:
    found = _warnings(warn_incomparable_names, settings)
    assert [text in each for text, each in zip(warned, found, strict=True)] == [True] * len(warned)


STUDIO = {"studio": {"domains": ["d-" + "x" * 12]}}
MANY_ADDRESSES: dict[str, Any] = {
    "vpc": {**EXISTING_VPC, "egress": [f"2001:db8:{n}:2222:3333:4444:5555:6666/128" for n in range(1111, 1119)]}
}


def test_session_policies_that_exceed_the_limit_are_warned_about() -> None:
    assert _warnings(warn_long_studio_names, STUDIO) == _warnings(warn_long_studio_names, MANY_ADDRESSES) == []
    crowded = {**STUDIO, **MANY_ADDRESSES, "vpc_endpoints": [ENDPOINT] * 8}
    crowded["vpc"] = {**crowded["vpc"], "subnet_cidrs": [f"2001:db8:{n}::/64" for n in range(1111, 1119)]}
    (found,) = _warnings(warn_long_studio_names, crowded)
    assert "may have at most 13 characters" in found
    assert not _warnings(warn_long_studio_names, {**crowded, "pin": "networks"})


def _set(settings: Path, section: str, name: str, value: str) -> None:
    """Replace the value of a setting in a file like gate.toml."""
    lines, inside = settings.read_text().splitlines(), not section
    for number, line in enumerate(lines):
        if line.startswith("["):
            inside = line == f"[{section}]"
        elif inside and line.startswith(f"{name} = "):
            lines[number] = f"{name} = {value}"
            settings.write_text("\n".join(lines) + "\n")
            return
    pytest.fail(f"gate.toml has no {name} in [{section}]")


def test_invalid_settings_stop_synth_with_one_line_for_each_problem(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Path(shutil.copy(ROOT / "gate.toml", tmp_path))
    _set(settings, "", "networks", '["203.0.113.7/24"]')
    _set(settings, "vpc", "id", '"vpc-0123456789abcdef0"')
    _set(settings, "vpc", "subnet_ids", '["subnet-01234567"]')
    _set(settings, "limits", "session", "90000")
    monkeypatch.setattr(app, "__file__", str(tmp_path / "app.py"))

    # `sys.exit` with a text prints just that.
    with pytest.raises(SystemExit) as ended:
        app.main()

    problems = [line.removeprefix("gate.toml: ").split(" = ")[0] for line in str(ended.value.code).splitlines()]
    assert problems == ["networks[0]", "vpc.egress", "limits.session"]


def test_a_bundle_that_cannot_be_made_stops_synth_and_says_why(tmp_path: Path) -> None:
    folder = tmp_path / "app"
    folder.mkdir()
    for name in ("app.py", "uv.lock", "gate.toml", "pyproject.toml"):
        shutil.copy(ROOT / name, folder / name)
    for name in ("infra", "lambda"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "node_modules").symlink_to(ROOT / "node_modules")
    lock = folder / "uv.lock"
    # The downloaded packages then do not match the hashes of the lock file.
    lock.write_text(lock.read_text().replace("sha256:", "sha256:0000"))

    command = f"JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION=20 {sys.executable} app.py"
    done = run("npx", "cdk", "synth", "--quiet", "--app", command, "--output", "out", cwd=folder)

    assert done.returncode != 0
    assert "Failed to bundle asset" in done.stderr
    assert "Traceback" not in done.stderr


LOCATIONS = [f"2109876{number:05}/eu-central-1" for number in range(50)]
ROLES = [
    f"arn:aws:iam::123456789012:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Team{number}_0123456789abcdef"
    for number in range(15)
]
GROUPS = [f"data-science-{number}" for number in range(40)]
LARGE = {
    **MINIMAL,
    "identity": {"groups": GROUPS, "user_roles": ROLES},
    "remote": {"locations": LOCATIONS, "external_id": "gate-4711"},
}
DEPLOYED = {
    "GATE_BASE_URL": "https://a1b2c3d4e5.execute-api.ap-southeast-1.amazonaws.com/prod",
    "GATE_CLIENT_ID": "3n4b5urk1ft4fl3mg5e62d9ado",
    "GATE_DECISION_SECRET_ARN": "arn:aws-us-gov:secretsmanager:us-gov-west-1:123456789012:secret:"
    "notebook-gate-RequestsDecisionKey63119726-1U44TLUZ7OR55-AbCdEf",
    "GATE_DENIES_FUNCTION_ARN": "arn:aws-us-gov:lambda:us-gov-west-1:123456789012:function:"
    "notebook-gate-DeniesFunction27E8652A-1U44TLUZ7OR55:denies",
    "GATE_EGRESS": "203.100.100.100/32",
    "GATE_ISSUER": "https://cognito-idp.ap-southeast-1.amazonaws.com/ap-southeast-1_AbCdEfGhI",
    "GATE_LAUNCH_ROLE_ARN": "arn:aws-us-gov:iam::123456789012:role/notebook-gate-LaunchRoleF9C6CCBE-1U44TLUZ7OR55",
    "GATE_REQUESTS_FUNCTION_ARN": "arn:aws-us-gov:lambda:us-gov-west-1:123456789012:function:"
    "notebook-gate-RequestsFunctionFunction0DDA20E6-1U44TLUZ7OR55:slack",
    "GATE_SESSION_SECRET_ARN": "arn:aws-us-gov:secretsmanager:us-gov-west-1:123456789012:secret:"
    "notebook-gate-SessionKey0FE01E29-1U44TLUZ7OR55-AbCdEf",
    "GATE_SLACK_SECRET_ARN": "arn:aws-us-gov:secretsmanager:us-gov-west-1:123456789012:secret:"
    "notebook-gate-SlackSecret0D48E608-1U44TLUZ7OR55-AbCdEf",
    "GATE_TABLE": "notebook-gate-GrantsTable3EFD9DAF-1U44TLUZ7OR55",
}
"""Values as long as those of a deployment, for what only the deployment makes."""


def _add(settings: dict[str, Any]) -> None:
    add_stacks(cdk.App(context={"aws:cdk:bundling-stacks": []}), Settings.parse(settings))


@pytest.mark.parametrize(
    ("settings", "advice"),
    [
        (
            LARGE,
            [
                "remote.locations takes 1,",
                "(list only ",
                "identity.user_roles takes 1,",
                "identity.groups takes ",
                "ds-*",
            ],
        ),
        (
            {"networks": [f"2001:abcd:abcd:abcd:abcd:abcd:abcd:{n}/128" for n in range(1000, 1099)], "pin": "network"},
            ["networks takes 4,", "(join adjacent networks"],
        ),
        (
            {**MINIMAL, "requests": {"approvers": {f"user:person-{n}@example.com": ["*"] for n in range(90)}}},
            ["requests takes 3,", "(name groups as approvers"],
        ),
    ],
)
def test_settings_that_do_not_fit_into_the_environment_are_named(
    settings: dict[str, Any], advice: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Settings, "load", lambda _path: Settings.parse(settings))
    with pytest.raises(SystemExit, match=r"^gate\.toml: .* [4-9],\d{3} bytes .* Lambda allows 4,096: ") as ended:
        app.main()
    (line,) = str(ended.value.code).splitlines()
    assert [words for words in advice if words not in line] == []


def test_a_large_deployment_fits() -> None:
    large = {
        **FULL,
        "identity": {**FULL["identity"], "groups": GROUPS[:20], "user_roles": ROLES[:5]},
        "remote": {"locations": LOCATIONS[:20], "external_id": "gate-4711"},
    }
    _add(large)


def test_no_value_of_a_deployment_is_longer_than_it_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    counted: dict[str, str] = {}
    monkeypatch.setattr(environment, "_size", lambda variables: counted.update(variables) or 0)
    for settings in ({name: value for name, value in FULL.items() if name != "domain"}, MINIMAL):
        _add(settings)
    unknown = {name for name, value in counted.items() if "xxxx" in value}
    assert unknown == DEPLOYED.keys()
    assert [name for name in unknown if len(counted[name]) < len(DEPLOYED[name])] == []


def test_json_in_a_variable_counts_with_its_escapes() -> None:
    # Lambda measures the variables as one JSON object.
    assert environment._size({"A": '{"b":1}'}) == len(r'{"A":"{\"b\":1}"}')
