"""The function in the template, and what it uses: environment, network, secrets, table and logs."""

import json

from gate.platform.config import Config
from gate.values.version import VERSION
from gate.web.cookies import CookieFactory
from infra.settings import Settings
from local.resolved_template import ResolvedTemplate
from local.template import EGRESS, REGION, Template, synthesise
from tests.infra.examples import FULL, MINIMAL, only, properties, resources


def test_the_function_can_read_its_environment(resolved: ResolvedTemplate, full_resolved: ResolvedTemplate) -> None:
    config = Config.from_environ({**resolved.environment, "AWS_REGION": REGION})
    assert config.base_url == "https://localgate1.execute-api.eu-west-1.amazonaws.com/prod"
    assert config.egress == (f"{EGRESS}/32",)
    assert (config.pin, config.max_session, config.groups_claim) == ("caller", 43_200, "cognito:groups")
    full = Config.from_environ({**full_resolved.environment, "AWS_REGION": REGION})
    assert full.base_url == "https://notebooks.example.com"
    assert full.egress == ("192.0.2.10/32", "192.0.2.11/32")
    assert (full.issuer, full.client_id) == ("https://login.example.com", "gate")
    assert CookieFactory(full.base_path, full.secure)


def test_the_function_logs_no_events_and_no_debug_output(resolved: ResolvedTemplate) -> None:
    # Each of these would print whole events with their cookies, or return tracebacks.
    for name in resolved.environment:
        assert "DEBUG" not in name
        assert name not in {"POWERTOOLS_DEV", "POWERTOOLS_LOGGER_LOG_EVENT"}
    assert resolved.environment["POWERTOOLS_LOG_LEVEL"] == "INFO"


def test_the_function_runs_in_private_subnets_and_accepts_no_connections(template: Template) -> None:
    function = next(each for each in properties(template, "AWS::Lambda::Function").values() if "VpcConfig" in each)
    assert (function["Runtime"], function["Architectures"]) == ("python3.13", ["arm64"])
    assert function["Timeout"] < 29  # when API Gateway gives up
    private = {
        name
        for name, subnet in properties(template, "AWS::EC2::Subnet").items()
        if not subnet["MapPublicIpOnLaunch"] and "private" in name
    }
    assert {subnet["Ref"] for subnet in function["VpcConfig"]["SubnetIds"]} == private
    group = only(template, "AWS::EC2::SecurityGroup")
    assert [(rule["FromPort"], rule["ToPort"]) for rule in group["SecurityGroupEgress"]] == [(443, 443)]
    assert "SecurityGroupIngress" not in group
    assert len(resources(template, "AWS::EC2::NatGateway")) == len(resources(template, "AWS::EC2::EIP")) == 1


def test_slacks_secret_is_random_until_the_real_one_is_stored(full_template: Template) -> None:
    secrets = properties(full_template, "AWS::SecretsManager::Secret").values()
    (secret,) = [each for each in secrets if "Slack" in json.dumps(each)]
    generated = secret["GenerateSecretString"]
    assert (generated["GenerateStringKey"], generated["PasswordLength"]) == ("signing_secret", 64)
    assert json.loads(generated["SecretStringTemplate"]) == {"bot_token": ""}


def test_events_from_slack_are_retried_for_five_minutes_and_denies_for_an_hour(
    full_template: Template,
) -> None:
    configs = properties(full_template, "AWS::Lambda::EventInvokeConfig").values()
    found = sorted((each["MaximumRetryAttempts"], each["MaximumEventAgeInSeconds"]) for each in configs)
    assert found == [(1, 300), (1, 300), (2, 3600)]


def test_an_update_leaves_the_earlier_versions_of_all_functions(full_template: Template) -> None:
    versions = resources(full_template, "AWS::Lambda::Version").values()
    assert [(each["DeletionPolicy"], each["UpdateReplacePolicy"]) for each in versions] == [("Retain", "Retain")] * 3


def test_the_grants_table_can_be_restored_and_expires_items(template: Template) -> None:
    (resource,) = resources(template, "AWS::DynamoDB::Table").values()
    table = resource["Properties"]
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert table["DeletionProtectionEnabled"] is True
    assert table["TimeToLiveSpecification"] == {"AttributeName": "until", "Enabled": True}
    assert [key["AttributeName"] for key in table["KeySchema"]] == ["principal", "notebook"]
    assert resource["DeletionPolicy"] == "Retain"


def test_the_key_that_signs_cookies_is_generated_at_deployment(template: Template) -> None:
    secret = only(template, "AWS::SecretsManager::Secret")
    assert secret["GenerateSecretString"]["PasswordLength"] == 64
    assert "SecretString" not in secret


def test_logs_are_kept_as_long_as_the_settings_say(template: Template) -> None:
    groups = properties(template, "AWS::Logs::LogGroup").values()
    assert len(groups) == 3
    assert {each["RetentionInDays"] for each in groups} == {365}


def test_the_outputs_are_those_that_the_readme_names(template: Template, full_template: Template) -> None:
    outputs = {
        "BaseUrl", "ExampleBookmark", "GrantsTable", "LaunchRoleArn", "FunctionName", "ApiLoggingRoleArn",
        "FunctionRoleArn", "Egress", "ApiStageArn", "Version",
    }  # fmt: skip
    assert template["Outputs"].keys() == outputs | {"UserPool"}
    assert full_template["Outputs"].keys() == outputs | {
        "SlackSecret",
        "RequestsFunctionName",
        "DeniesFunctionName",
        "DecisionSecret",
        "RequestsRoleArn",
        "DomainTarget",
    }


def test_existing_resources_are_used_and_not_created(full_template: Template) -> None:
    for kind in ("AWS::EC2::VPC", "AWS::EC2::EIP", "AWS::EC2::NatGateway", "AWS::Cognito::UserPool"):
        assert resources(full_template, kind) == {}
    functions = properties(full_template, "AWS::Lambda::Function").values()
    placed = [each["VpcConfig"]["SubnetIds"] for each in functions if "VpcConfig" in each]
    assert placed == [["subnet-01234567", "subnet-89abcdef"]] * 2
    assert only(full_template, "AWS::ApiGateway::RestApi")["DisableExecuteApiEndpoint"] is True
    name = only(full_template, "AWS::ApiGateway::DomainName")
    assert (name["DomainName"], name["SecurityPolicy"]) == ("notebooks.example.com", "TLS_1_2")
    assert only(full_template, "AWS::Route53::RecordSet")["HostedZoneId"] == "Z0123"
    assert full_template["Outputs"]["ExampleBookmark"]["Value"] == "https://notebooks.example.com/open"


def test_the_stack_has_the_version_as_output(template: Template) -> None:
    assert template["Outputs"]["Version"] == {"Value": VERSION}


def test_two_nat_gateways_have_an_address_each_and_addresses_stay_in_the_account() -> None:
    template = synthesise(Settings.parse({**MINIMAL, "vpc": {"nat_gateways": 2}}))
    addresses = resources(template, "AWS::EC2::EIP")
    gateways = properties(template, "AWS::EC2::NatGateway").values()
    assert [{"Fn::GetAtt": [name, "AllocationId"]} for name in addresses] == [each["AllocationId"] for each in gateways]
    assert len({each["SubnetId"]["Ref"] for each in gateways}) == 2
    assert {each["DeletionPolicy"] for each in addresses.values()} == {"Retain"}
    resolved = ResolvedTemplate(template)
    assert resolved.environment["GATE_EGRESS"] == f"{EGRESS}/32,{EGRESS}/32"
    named = json.dumps(template["Outputs"]["Egress"])
    assert all(name in named for name in addresses)


def test_the_default_security_group_of_the_stacks_vpc_allows_nothing(template: Template) -> None:
    (group,) = properties(template, "Custom::VpcRestrictDefaultSG").values()
    (vpc,) = resources(template, "AWS::EC2::VPC")
    assert group["DefaultSecurityGroupId"] == {"Fn::GetAtt": [vpc, "DefaultSecurityGroup"]}


def test_an_existing_table_is_used_in_place_of_a_new_one() -> None:
    template = synthesise(Settings.parse({**FULL, "stack": {"grants_table": "restored-grants"}}))
    resolved = ResolvedTemplate(template)
    assert not resources(template, "AWS::DynamoDB::Table")
    assert resolved.environment["GATE_TABLE"] == "restored-grants"
    assert template["Outputs"]["GrantsTable"]["Value"] == "restored-grants"
    named = json.dumps(list(resolved.function.role.policies))
    assert f"arn:aws:dynamodb:{REGION}:123456789012:table/restored-grants" in named
