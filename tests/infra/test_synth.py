"""`npx cdk synth` as an operator types it: its output, the template, and what cfn-lint and cdk-nag report."""

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from infra.bundle import PYTHON_VERSION, runtime_python
from infra.bytecode import MISSING
from local.template import Template
from tests.infra.command import ROOT, run
from tests.infra.examples import FULL

PACK = "AwsSolutions::"
CFN_LINT = str(Path(sys.executable).parent / "cfn-lint")


def _json(path: Path) -> Any:
    return json.loads(path.read_text())


def _resources(template: Template) -> dict[str, Any]:
    """Return the resources without what depends on the bundle or on metadata that the command line adds.

    The cached template (dev/local/template.py) has neither: logical ids of a deployment and of a version depend on
    them.
    """
    own = {name: {**each, "Metadata": None} for name, each in template["Resources"].items() if name != "CDKMetadata"}
    text = json.dumps(own)
    for kind in ("AWS::ApiGateway::Deployment", "AWS::Lambda::Version"):
        (name,) = (name for name, each in own.items() if each["Type"] == kind)
        text = text.replace(name, kind)
    resources: dict[str, Any] = json.loads(text)
    for each in resources.values():
        each.get("Properties", {}).pop("Code", None)
    return resources


def _nag_report(assembly: Path) -> Any:
    """Return the report of cdk-nag; the warning about bytecode is in another one."""
    reports = _json(assembly / "validation-report.json")["pluginReports"]
    (report,) = (each for each in reports if each["pluginName"] == "AwsSolutions")
    return report


def test_the_tested_template_is_the_deployed_one(assembly: Path, template: Template) -> None:
    deployed = _json(assembly / "notebook-gate.template.json")
    assert _resources(template) == _resources(deployed)
    assert template["Outputs"] == deployed["Outputs"]


def test_synth_prints_nothing_that_looks_like_a_problem(synth: tuple[Path, str]) -> None:
    missing = f"WARNING {MISSING.format(version=PYTHON_VERSION)}"
    assert (missing in synth[1]) == (runtime_python() is None)
    output = synth[1].replace(missing, "").lower()
    assert not [word for word in ("warning", "!!", "deprecat", "not configured", "end-of-life") if word in output]


def test_cdk_commands_that_call_aws_print_no_warning(assembly: Path) -> None:
    """Independent of the Node.js version: the AWS SDK warns about version 20 when it creates its first client."""
    environment = {**os.environ, "AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x", "AWS_REGION": "eu-west-1"}
    environment["AWS_ENDPOINT_URL"] = "http://127.0.0.1:9"  # nothing listens there
    done = run("npx", "cdk", "diff", "--app", str(assembly), env=environment)
    assert "AWS account" in done.stderr  # it was about to call AWS
    assert "NodeVersionSupportWarning" not in done.stderr


def test_cfn_lint_reports_nothing_but_an_unknown_condition_operator(
    assembly: Path, tmp_path: Path, template: Template, full_template: Template
) -> None:
    full, bad = tmp_path / "full.template.json", tmp_path / "bad.template.json"
    full.write_text(json.dumps(full_template))
    roles = {name: each for name, each in template["Resources"].items() if each["Type"] == "AWS::IAM::Role"}
    bad.write_text(json.dumps({"Resources": roles}).replace('"NotIpAddress"', '"NotIpAddres"'))
    # One process, since cfn-lint takes seconds to start.
    done = run(CFN_LINT, "--format", "parseable", str(assembly / "notebook-gate.template.json"), str(full), str(bad))
    found = done.stdout.splitlines()
    assert [line for line in found if not line.startswith(f"{bad}:")] == [], done.stderr
    assert any("NotIpAddres" in line for line in found)


def test_cdk_nag_reports_only_acknowledged_findings(assembly: Path) -> None:
    report = _nag_report(assembly)
    assert (report["conclusion"], report["violations"]) == ("success", [])
    # An app without resources would pass, too.
    assert len(_json(assembly / "notebook-gate.template.json")["Resources"]) > 60


@pytest.mark.parametrize("arguments", [[], ["own-app"]])
def test_cdk_nag_reports_only_acknowledged_findings_with_all_optional_settings(arguments: list[str]) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "20"}
    done = run(sys.executable, "tests/infra/nag_report.py", *arguments, env=environment, stdin=json.dumps(FULL))
    assert done.returncode == 0, done.stderr
    (report,) = json.loads(done.stdout)["pluginReports"]
    assert (report["conclusion"], report["violations"]) == ("success", [])
    needed = {found["acknowledgedId"] for found in report["suppressedViolations"]}
    assert {f"{PACK}AwsSolutions-{rule}" for rule in ("SMG4", "APIG4", "COG4")} <= needed


def test_each_acknowledgement_is_needed_has_a_reason_and_is_on_its_own_construct(assembly: Path) -> None:
    report = _nag_report(assembly)
    needed = {(found["acknowledgedAt"], found["acknowledgedId"]) for found in report["suppressedViolations"]}
    made = {
        (path.lstrip("/"), rule)
        for path, entries in _json(assembly / "notebook-gate.metadata.json").items()
        for entry in entries
        if entry["type"] == "aws:cdk:acknowledged-rules"
        for rule in entry["data"]
        if rule.startswith(PACK)
    }
    assert made == needed
    for found in report["suppressedViolations"]:
        (construct,) = found["violatingConstructs"]
        assert construct["constructPath"] in {found["acknowledgedAt"], f"{found['acknowledgedAt']}/Resource"}
        assert len(found["reason"]) > 40
