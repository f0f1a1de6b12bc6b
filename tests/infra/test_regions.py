"""Regions that lack a service: found at synth, with the setting to change."""

import json
import os
import re
import sys

import aws_cdk as cdk
import pytest
from aws_cdk.region_info import RegionInfo

from infra.regions import check_region
from infra.settings import Settings
from infra.settings_errors import SettingsError
from infra.stack import GateStack
from tests.infra.command import ROOT, run
from tests.infra.examples import MINIMAL, SIGN_IN_ISSUER

GOVERNMENT = {**MINIMAL, "snap_start": False, "slack": {"teams": ["T0123ABCDEF"], "domain": "slack-gov.com"}}
CHINA = {**MINIMAL, "snap_start": False, "identity": {**SIGN_IN_ISSUER, "client_secret_arn": ""}}


@pytest.mark.parametrize(
    ("region", "settings", "mends"),
    [
        ("eu-west-1", MINIMAL, []),
        ("eu-central-2", MINIMAL, []),
        ("not-a-region-1", MINIMAL, []),
        ("ap-southeast-6", MINIMAL, ["write snap_start = false"]),
        ("us-gov-west-1", MINIMAL, ["write snap_start = false"]),
        ("us-gov-west-1", GOVERNMENT, []),
        ("cn-north-1", MINIMAL, ["write snap_start = false", "write the issuer of your own identity provider"]),
        ("cn-north-1", {**CHINA, "stack": {"tracing": True}}, ["write tracing = false"]),
        ("cn-northwest-1", CHINA, []),
    ],
)
def test_every_setting_that_a_region_lacks_is_named(region: str, settings: object, mends: list[str]) -> None:
    parsed = Settings.parse(settings)  # type: ignore[arg-type]
    if not mends:
        check_region(parsed, region)
        return
    with pytest.raises(SettingsError) as raised:
        check_region(parsed, region)
    lines = str(raised.value).splitlines()
    assert [line.rpartition("; ")[2] for line in lines] == mends
    assert all(line.startswith("gate.toml: ") and region in line for line in lines)


def test_cdk_knows_the_partitions() -> None:
    """A region whose partition CDK does not know is not checked."""
    for region in ("us-gov-west-1", "cn-north-1", "ap-southeast-6"):
        assert RegionInfo.get(region).partition


def test_synth_checks_the_region_of_the_credentials() -> None:
    environment = {**os.environ, "CDK_DEFAULT_REGION": "us-gov-west-1", "PYTHONPATH": "lambda:."}
    refused = run(sys.executable, "app.py", env=environment)
    assert (refused.returncode, refused.stderr.strip().rpartition("; ")[2]) == (1, "write snap_start = false")


def test_a_stack_with_a_region_checks_it() -> None:
    stacks = cdk.App(context={"aws:cdk:bundling-stacks": []})
    with pytest.raises(SettingsError, match="snap_start"):
        GateStack(stacks, "gate", settings=Settings.parse(MINIMAL), env=cdk.Environment(region="us-gov-west-1"))


@pytest.mark.parametrize(("region", "settings"), [("us-gov-west-1", GOVERNMENT), ("cn-north-1", CHINA)])
def test_templates_name_no_suffix_or_partition(region: str, settings: object) -> None:
    """CDK's own validation, which knows the types of each region, finds nothing either."""
    code = (
        "import json, sys, aws_cdk as cdk; from infra.settings import Settings; from infra.stack import GateStack; "
        "context = json.load(open('cdk.json'))['context'] | {'aws:cdk:bundling-stacks': []}; "
        "app = cdk.App(context=context); settings = Settings.parse(json.loads(sys.argv[1])); "
        "GateStack(app, 'gate', settings=settings, env=cdk.Environment(region=sys.argv[2])); "
        "print(open(app.synth().get_stack_by_name('gate').template_full_path).read())"
    )
    environment = {**os.environ, "PYTHONPATH": "lambda:.", "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "20"}
    done = run(sys.executable, "-c", code, json.dumps(settings), region, env=environment, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    # The principals of services have this suffix everywhere.
    text = re.sub(r"(lambda|apigateway|events|vpc-flow-logs)\.amazonaws\.com", "", done.stdout)
    found = re.findall(r".{40}(?:arn:aws:|\.amazonaws\.com).{20}", text)
    assert found == []
