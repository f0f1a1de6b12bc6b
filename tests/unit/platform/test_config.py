"""The function's environment is parsed once, and all problems are reported together."""

import pytest

from gate.platform.config import Config, ConfigError
from testing.environment import ENVIRON

VALID = {**ENVIRON, "GATE_ISSUER": "https://issuer.example"}


def test_a_complete_environment_is_read() -> None:
    config = Config.from_environ({**VALID, "GATE_VPC_ENDPOINTS": "vpce-1, vpce-2", "GATE_USER_ROLES": ""})
    assert config.base_path == "/prod"
    assert config.origin == "https://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com"
    assert config.vpc_endpoints == ("vpce-1", "vpce-2")
    assert config.user_roles == ()
    assert config.trust_email is False


def test_all_problems_are_reported_together() -> None:
    invalid = {**VALID, "GATE_TABLE": "", "GATE_PIN": "none", "GATE_MAX_SESSION": "12h"}
    del invalid["GATE_ISSUER"]
    with pytest.raises(ConfigError) as raised:
        Config.from_environ(invalid)
    assert str(raised.value).splitlines() == [
        "GATE_TABLE is not set",
        "GATE_ISSUER is not set",
        "GATE_PIN='none' is not one of caller, network, networks",
        "GATE_MAX_SESSION='12h' is not a whole number of seconds",
    ]


def test_a_variable_that_may_be_empty_may_be_absent() -> None:
    assert Config.from_environ({name: value for name, value in VALID.items() if value}).audiences == ()


@pytest.mark.parametrize("name", [name for name, value in VALID.items() if value and "POWERTOOLS" not in name])
def test_a_variable_is_required_unless_it_is_a_list_of_what_is_allowed(name: str) -> None:
    without = {key: value for key, value in VALID.items() if key != name}
    if name in ("GATE_USER_ROLES", "GATE_GROUPS", "GATE_EGRESS"):
        Config.from_environ(without)
    else:
        with pytest.raises(ConfigError, match=name):
            Config.from_environ(without)


def test_the_other_slack_settings_are_required_with_teams() -> None:
    with pytest.raises(ConfigError) as raised:
        Config.from_environ({**VALID, "GATE_SLACK_TEAMS": "T0LOCAL"})
    assert str(raised.value).splitlines() == ["GATE_SLACK_SECRET_ARN is not set", "GATE_SLACK_API_URL is not set"]


def test_the_function_that_takes_access_requests_needs_the_key_that_proves_who_decides() -> None:
    with pytest.raises(ConfigError, match=r"^GATE_DECISION_SECRET_ARN is not set$"):
        Config.from_environ({**VALID, "GATE_ACCESS_REQUESTS": "{}", "GATE_DENIES_FUNCTION_ARN": "arn"})
