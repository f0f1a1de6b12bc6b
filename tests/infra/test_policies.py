"""The policies in docs/policies, which an administrator gives to operators, to the deployer, and to CloudFormation."""

import json
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest

from infra.settings import Settings
from local.template import Template, synthesise_all
from tests.infra.cloudformation_actions import ACTIONS
from tests.infra.examples import FULL, resources
from tests.infra.test_every_setting import ROWS, _with

ROOT = Path(__file__).parents[2]
POLICIES = {path.stem: json.loads(path.read_text()) for path in (ROOT / "docs" / "policies").glob("*.json")}
IAM_DATA = ROOT / "node_modules" / "@cloud-copilot" / "iam-data" / "data" / "actions"
MAX_POLICY_SIZE = 6144
"""Characters of a managed policy without white space (IAM quotas)."""


def _listed(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value]


def _actions(policy: Any) -> list[str]:
    return [action for statement in policy["Statement"] for action in _listed(statement["Action"])]


def test_there_is_a_policy_for_each_of_them() -> None:
    assert set(POLICIES) == {"operator", "deployer", "cloudformation"}
    operations = (ROOT / "docs" / "operations.md").read_text()
    assert all(f"(policies/{name}.json)" in operations for name in POLICIES)


@pytest.mark.parametrize("name", POLICIES)
def test_every_action_exists_and_is_named_once(name: str) -> None:
    actions = _actions(POLICIES[name])
    assert len(actions) == len(set(actions))
    for action in actions:
        service, _, operation = action.partition(":")
        known = json.loads((IAM_DATA / f"{service}.json").read_text())
        assert operation.lower() in known, action


@pytest.mark.parametrize("name", POLICIES)
def test_a_policy_fits_into_a_managed_policy(name: str) -> None:
    assert len(json.dumps(POLICIES[name], separators=(",", ":"))) < MAX_POLICY_SIZE


def test_the_policy_of_cloudformation_has_the_actions_of_the_types_and_no_others() -> None:
    assert sorted(_actions(POLICIES["cloudformation"])) == sorted({each for row in ACTIONS.values() for each in row})


def test_every_type_of_resource_has_its_actions(template: Template, full_template: Template) -> None:
    rows = synthesise_all([_with(data, setting, value) for setting, (data, value, _) in ROWS.items()])
    templates = [template, full_template, *(each for row in rows for each in row)]
    types = {resource["Type"] for each in templates for resource in each["Resources"].values()}
    parameters = {each["Type"] for one in templates for each in one.get("Parameters", {}).values()}
    # Parameters of other types are values that CloudFormation does not look up.
    assert types | {each for each in parameters if each.startswith("AWS::SSM::")} == set(ACTIONS)


def test_generated_names_begin_as_the_policies_say(full_template: Template) -> None:
    # CloudFormation names most resources after the stack, but secrets after their logical ids.
    (statement,) = (each for each in POLICIES["cloudformation"]["Statement"] if each["Sid"] == "Secrets")
    patterns = [each.rpartition(":")[2] for each in statement["Resource"]]
    secrets = resources(full_template, "AWS::SecretsManager::Secret")
    assert all(any(fnmatch(name, pattern) for pattern in patterns) for name in secrets)
    assert len(patterns) == len(secrets)
    assert all("Name" not in secret["Properties"] for secret in secrets.values())
    settings = Settings.parse(FULL)
    assert settings.remote_role.startswith(f"{settings.name}-")
