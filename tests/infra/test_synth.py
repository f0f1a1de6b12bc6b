"""`npx cdk synth` as an operator types it: the template, what cfn-lint and cdk-nag say of it, the bundle."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest

from infra.bundle import SBOM, runtime_python
from infra.models import OPERATIONS
from infra.settings import Settings
from infra.stacks import add_stacks
from local.template import Template
from tests.infra.conftest import ENDPOINT, OWN

ROOT = Path(__file__).parents[2]
PACK = "AwsSolutions::"
CFN_LINT = str(Path(sys.executable).parent / "cfn-lint")
TIMEOUT = 600
"""Seconds for a command, on a machine that is busy with other things."""
AARCH64 = 0xB7  # e_machine (ELF for the Arm 64-bit Architecture)


def _run(*command: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=TIMEOUT, check=False)


@pytest.fixture(scope="module")
def synth(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The folder that `npx cdk synth` wrote for the example settings, and what it said."""
    folder = tmp_path_factory.mktemp("cdk") / "out"
    done = _run("npx", "cdk", "synth", "--quiet", "--output", str(folder))
    assert done.returncode == 0, done.stderr
    return folder, done.stdout + done.stderr


@pytest.fixture(scope="module")
def out(synth: tuple[Path, str]) -> Path:
    """The cloud assembly of the example settings."""
    return synth[0]


@pytest.fixture(scope="module")
def asset(out: Path) -> Path:
    (folder,) = out.glob("asset.*")
    return folder


def _json(path: Path) -> Any:
    return json.loads(path.read_text())


def _warnings(settings: dict[str, Any]) -> list[str]:
    """Return what a synthesis with `settings` warns of."""
    app = cdk.App(context={"aws:cdk:bundling-stacks": []})
    add_stacks(app, Settings.parse({"networks": ["203.0.113.0/24"], **settings}))
    assembly = Path(app.synth().directory)
    # The file rather than jsii's view of it, which depends on what else of CDK this process has imported.
    notes = json.loads((assembly / "notebook-gate.metadata.json").read_text())
    return [entry["data"] for entries in notes.values() for entry in entries if entry["type"] == "aws:cdk:warning"]


def _resources(template: Template) -> dict[str, Any]:
    """Return the resources without what depends on the bundle, or on the notes that the command line adds.

    The kept template (local/template.py) follows neither: names of a deployment and of a version are made of them.
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


def test_what_is_tested_elsewhere_is_what_is_deployed(out: Path, template: Template) -> None:
    deployed = _json(out / "notebook-gate.template.json")
    assert _resources(template) == _resources(deployed)
    assert template["Outputs"] == deployed["Outputs"]


def test_synth_says_nothing_that_a_newcomer_would_take_for_a_fault(synth: tuple[Path, str]) -> None:
    said = synth[1].lower()
    assert not [word for word in ("warning", "!!", "deprecat", "not configured", "end-of-life") if word in said], said


def test_cdk_commands_that_call_aws_say_nothing_of_the_kind_either(out: Path) -> None:
    """Whatever the Node.js is: the AWS SDK warns of 20 when it makes its first client."""
    environment = {**os.environ, "AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x", "AWS_REGION": "eu-west-1"}
    environment["AWS_ENDPOINT_URL"] = "http://127.0.0.1:9"  # where nobody listens
    command = ("npx", "cdk", "diff", "--app", str(out))
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=TIMEOUT, check=False
    )
    assert "AWS account" in done.stderr  # so that it was about to call it
    assert "NodeVersionSupportWarning" not in done.stderr


def test_cfn_lint_has_nothing_to_say(out: Path, tmp_path: Path, own_template: Template) -> None:
    own = tmp_path / "own.template.json"
    own.write_text(json.dumps(own_template))
    done = _run(CFN_LINT, str(out / "notebook-gate.template.json"), str(own))
    assert (done.returncode, done.stdout) == (0, ""), done.stdout + done.stderr


def test_cfn_lint_would_see_a_condition_that_no_evaluator_knows(out: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.template.json"
    bad.write_text((out / "notebook-gate.template.json").read_text().replace('"NotIpAddress"', '"NotIpAddres"'))
    assert "NotIpAddres" in _run(CFN_LINT, str(bad)).stdout


def test_cdk_nag_has_nothing_to_say_that_is_not_acknowledged(out: Path) -> None:
    (report,) = _json(out / "validation-report.json")["pluginReports"]
    assert (report["pluginName"], report["conclusion"], report["violations"]) == ("AwsSolutions", "success", [])
    # An app without resources would pass, too.
    assert len(_json(out / "notebook-gate.template.json")["Resources"]) > 60


def test_cdk_nag_has_nothing_to_say_of_all_that_settings_can_turn_on() -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "20"}
    done = subprocess.run(
        [sys.executable, "tests/infra/nagged.py"],
        cwd=ROOT,
        env=environment,
        input=json.dumps(OWN),
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (report,) = json.loads(done.stdout)["pluginReports"]
    assert (report["conclusion"], report["violations"]) == ("success", [])
    needed = {found["acknowledgedId"] for found in report["suppressedViolations"]}
    assert {f"{PACK}AwsSolutions-{rule}" for rule in ("SMG4", "APIG4", "COG4")} <= needed


def test_each_acknowledgement_is_needed_stands_on_its_own_construct_and_says_why(out: Path) -> None:
    (report,) = _json(out / "validation-report.json")["pluginReports"]
    needed = {(found["acknowledgedAt"], found["acknowledgedId"]) for found in report["suppressedViolations"]}
    made = {
        (path.lstrip("/"), rule)
        for path, entries in _json(out / "notebook-gate.metadata.json").items()
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


def test_the_bundle_can_be_imported_and_is_for_the_functions_platform(asset: Path) -> None:
    libraries = list(asset.rglob("*.so"))
    assert libraries  # cryptography's
    for library in libraries:
        assert int.from_bytes(library.read_bytes()[18:20], "little") == AARCH64, library
    # -S and -I: nothing but the bundle and the standard library.
    code = f"import sys; sys.path.insert(0, {str(asset)!r}); import gate.bootstrap; print(gate.bootstrap.__file__)"
    done = _run(sys.executable, "-I", "-S", "-c", code)
    assert done.stdout.strip() == str(asset / "gate" / "bootstrap.py"), done.stderr


def test_all_of_the_bundle_is_compiled_for_good(asset: Path) -> None:
    python = runtime_python()
    assert python, "Python 3.13 is missing here: bundles have no bytecode, and the function starts slowly"
    compiled = list(asset.rglob("*.cpython-313.pyc"))
    assert len(compiled) == len(list(asset.rglob("*.pyc"))) == len(list(asset.rglob("*.py")))
    magic = _run(python, "-c", "import importlib.util, sys; sys.stdout.write(importlib.util.MAGIC_NUMBER.hex())").stdout
    for path in compiled:
        head = path.read_bytes()[:8]
        # PEP 552: the lowest bit says that a hash follows, the next whether it is to be checked.
        assert (head[:4].hex(), int.from_bytes(head[4:], "little")) == (magic, 0b01), path
    # What one's shell says of bytecode decides nothing here.
    assert b"/var/task/gate/bootstrap.py" in (asset / "gate" / "__pycache__" / "bootstrap.cpython-313.pyc").read_bytes()


def test_the_bundle_is_not_larger_than_it_may_be(asset: Path, tmp_path: Path) -> None:
    archive = shutil.make_archive(str(tmp_path / "bundle"), "zip", asset)
    assert Path(archive).stat().st_size < 12_000_000
    services = {path.name for path in (asset / "botocore" / "data").iterdir() if path.is_dir()}
    assert services == set(OPERATIONS)


def test_who_deploys_without_the_functions_python_is_told_what_it_costs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("infra.function.runtime_python", lambda: None)
    (warning,) = (each for each in _warnings({}) if "There is no Python 3.13" in each)
    assert "uv python install 3.13" in warning


ENDPOINTS = {"vpc_endpoints": [ENDPOINT]}
PRIVATE = {**ENDPOINTS, "private_endpoints": [ENDPOINT]}


@pytest.mark.parametrize(
    ("settings", "warned"),
    [
        ({}, False),
        (ENDPOINTS, True),
        ({**ENDPOINTS, "pin": "network"}, True),
        ({**ENDPOINTS, "pin": "networks"}, False),
        (PRIVATE, False),
    ],
)
def test_endpoints_that_nobody_could_use_are_told(settings: dict[str, Any], warned: bool) -> None:
    found = [each for each in _warnings(settings) if "nobody can use a notebook through vpc_endpoints" in each]
    assert len(found) == warned
    assert all('pin = "networks"' in each and "private_endpoints" in each for each in found)


def test_the_bundle_holds_what_the_lock_file_says_and_nothing_of_the_tests(asset: Path) -> None:
    installed = {path.name.split("-")[0].lower().replace("_", "-") for path in asset.glob("*.dist-info")}
    assert {
        "botocore",
        "aws-lambda-powertools",
        "itsdangerous",
        "jinja2",
        "pyjwt",
        "cryptography",
    } <= installed
    assert not installed & {"boto3", "moto", "pytest", "aws-cdk-lib", "pydantic", "aiohttp"}


def test_the_bundle_says_what_it_holds(asset: Path) -> None:
    said = json.loads((asset / SBOM).read_text(encoding="utf-8"))
    assert said["bomFormat"] == "CycloneDX"
    listed = {each["purl"].partition("?")[0] for each in said["components"]}
    held = set()
    for path in asset.glob("*.dist-info"):
        name, version = path.stem.rsplit("-", 1)
        held.add(f"pkg:pypi/{name.lower().replace('_', '-').replace('.', '-')}@{version}")
    # What runs on other machines alone is listed, too, as in the lock file.
    assert held <= listed
    hashes = [file["hashes"] for each in said["components"] for file in each["externalReferences"]]
    assert all(each[0]["alg"] == "SHA-256" for each in hashes)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The app beside settings of its own."""
    folder = tmp_path / "app"
    folder.mkdir()
    for name in ("app.py", "uv.lock", "gate.toml", "pyproject.toml"):
        shutil.copy(ROOT / name, folder / name)
    for name in ("infra", "lambda"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "node_modules").symlink_to(ROOT / "node_modules")
    return folder


def _synth(folder: Path) -> subprocess.CompletedProcess[str]:
    app = f"JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION=20 {sys.executable} app.py"
    return _run("npx", "cdk", "synth", "--quiet", "--app", app, "--output", "out", cwd=folder)


def test_bad_settings_stop_synth_with_one_line_each(copy: Path) -> None:
    text = (copy / "gate.toml").read_text()
    for good, bad in {
        'networks = ["203.0.113.0/24"]': 'networks = ["203.0.113.7/24"]',
        "session = 43200": "session = 90000",
        "[vpc]\n# An existing VPC for the function. Empty: the stack makes one, with a NAT gateway and an Elastic IP.\n"
        'id = ""': '[vpc]\nid = "vpc-0123456789abcdef0"',
        "subnet_ids = []": 'subnet_ids = ["subnet-01234567"]',
    }.items():
        assert good in text
        text = text.replace(good, bad)
    (copy / "gate.toml").write_text(text)

    done = _synth(copy)

    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    told = [line for line in done.stderr.splitlines() if line.startswith("gate.toml: ")]
    assert [line.removeprefix("gate.toml: ").split(" = ")[0] for line in told] == [
        "networks[0]",
        "vpc.egress",
        "limits.session",
    ]


def test_a_bundle_that_cannot_be_made_stops_synth_and_says_why(copy: Path) -> None:
    lock = copy / "uv.lock"
    # What was downloaded is not what the lock file promises.
    lock.write_text(lock.read_text().replace("sha256:", "sha256:0000"))

    done = _synth(copy)

    assert done.returncode != 0
    assert "Failed to bundle asset" in done.stderr
    assert "Traceback" not in done.stderr
