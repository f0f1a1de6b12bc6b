"""The function's environment variables: what they hold, and that they fit before anything is deployed."""

from typing import Any

import aws_cdk as cdk
import pytest

import app
from infra import environment
from infra.settings import Settings, SettingsError
from infra.stacks import add_stacks
from tests.infra.examples import FULL, MINIMAL

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
def test_settings_that_do_not_fit_into_the_environment_are_named(settings: dict[str, Any], advice: list[str]) -> None:
    with pytest.raises(SettingsError, match=r"^gate\.toml: .* [4-9],\d{3} bytes .* Lambda allows 4,096: ") as caught:
        _add(settings)
    (line,) = str(caught.value).splitlines()
    assert [words for words in advice if words not in line] == []


def test_synth_ends_with_that_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Settings, "load", lambda _path: Settings.parse(LARGE))
    with pytest.raises(SystemExit, match=r"remote\.locations takes"):
        app.main()


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
