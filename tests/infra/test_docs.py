"""The documentation matches the code: endpoints, settings, commands, outputs, and the tests of each threat."""

import ast
import contextlib
import importlib
import json
import pkgutil
import re
import shlex
import tomllib
from pathlib import Path
from typing import Any

import pytest
import typer

from cli.main import app
from gate.values import errors
from gate.values.errors.base import GateError
from infra.api import IAM_ROUTES, OPEN_ROUTES, REQUEST_ROUTES, SIGN_IN_ROUTES, SLACK_ROUTES
from local.resolved_template import ResolvedTemplate
from local.template import Template
from testing.aws_command import AwsCommand

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
GATE: Any = typer.main.get_command(app)


def _rows(heading: str, text: str = README) -> list[list[str]]:
    section = text.split(f"\n{heading}\n", 1)[1].split("\n#", 1)[0]
    rows = [line.strip("|").split(" | ") for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in row] for row in rows[2:]]


def _gate_commands(command: Any = GATE, *before: str) -> dict[str, Any]:
    """Return each command of `gate` by the words that call it. Groups of commands are left out."""
    if not hasattr(command, "commands"):
        return {" ".join(before): command}
    return {
        name: leaf
        for word, each in command.commands.items()
        for name, leaf in _gate_commands(each, *before, word).items()
    }


def _parse(words: list[str]) -> None:
    """Parse the arguments of `gate`. Raises typer's usage error if they are not a command of it."""
    context = GATE.make_context("gate", words)
    while hasattr(context.command, "commands"):
        name, command, rest = context.command.resolve_command(context, [*context._protected_args, *context.args])
        context = command.make_context(name, rest, parent=context)


def _commands(text: str = README) -> list[str]:
    blocks = re.findall(r"^ *```sh\n(.*?)^ *```", text, re.MULTILINE | re.DOTALL)
    return [line.strip() for block in blocks for line in block.splitlines()]


def test_the_endpoint_table_lists_every_route() -> None:
    listed = {tuple(row[0].strip("`").split(" ")) for row in _rows("## Endpoints")}
    assert listed == {*OPEN_ROUTES, *SIGN_IN_ROUTES, *IAM_ROUTES, *REQUEST_ROUTES, *SLACK_ROUTES}


def test_the_readme_lists_every_section_of_the_settings() -> None:
    sections = [name for name, value in tomllib.loads((ROOT / "gate.toml").read_text()).items() if type(value) is dict]
    assert [row[0].strip("`") for row in _rows("## Settings")] == ["at the top", *sections]


def test_the_security_summary_has_ten_points() -> None:
    section = README.split("## Security in ten lines\n", 1)[1]
    assert re.findall(r"^(\d+)\. ", section, re.MULTILINE) == [str(number) for number in range(1, 11)]


def test_the_documents_name_the_stacks_outputs(template: Template, full_template: Template) -> None:
    for name in template["Outputs"]:
        assert f"`{name}`" in README
    assert "`SlackSecret`" in (ROOT / "docs" / "slack.md").read_text()
    assert full_template["Outputs"].keys() - template["Outputs"].keys() == {
        "SlackSecret",
        "RequestsFunctionName",
        "DecisionSecret",
        "RequestsRoleArn",
        "DomainTarget",
    }
    assert all(f"`{name}`" in (ROOT / "docs" / "remote-accounts.md").read_text() for name in REMOTE_OUTPUTS)


REMOTE_OUTPUTS = ("FunctionRoleArn", "Egress")


def test_every_command_exists() -> None:
    commands = [command for path in DOCUMENTS for command in _commands(path.read_text())]
    assert {"make run", "make test", "npx cdk deploy", "make slack"} <= set(commands)
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for command in commands:
        first, *rest = shlex.split(command)
        assert first in {"make", "npx", "aws", "gate"}, command
        if first == "make":
            assert rest[0] in targets
        if first == "gate":
            _parse(rest)
        if first == "npx":
            assert rest[:2] in (["cdk", "synth"], ["cdk", "bootstrap"], ["cdk", "deploy"])


def test_the_command_table_lists_every_command_of_gate() -> None:
    listed = [row[0].strip("`").split(" ") for row in _rows("## Operations")]
    assert sorted(" ".join(word for word in words[1:] if word.islower()) for words in listed) == sorted(
        _gate_commands()
    )


def test_every_gate_command_in_a_sentence_exists() -> None:
    found = [text for path in DOCUMENTS for text in re.findall(r"`gate (\S[^`]*)`", path.read_text())]
    assert len(found) > 20
    for text in found:
        # A sentence may name a command without its arguments. `--version` ends the program.
        with contextlib.suppress(typer.BadParameter, typer.Exit):
            _parse(shlex.split(text))


@pytest.mark.parametrize("name", _gate_commands())
def test_every_command_of_gate_takes_json(name: str) -> None:
    assert "--json" in [option for parameter in _gate_commands()[name].params for option in parameter.opts]


AWS_COMMANDS = [line for path in DOCUMENTS for line in _commands(path.read_text()) if line.startswith("aws ")]


@pytest.mark.parametrize("command", AWS_COMMANDS)
def test_every_aws_command_is_valid(command: str) -> None:
    AwsCommand.parse(command)


def test_the_item_in_the_readme_has_the_keys_of_the_table(template: Template) -> None:
    (command,) = (each for each in _commands() if "put-item" in each)
    item = json.loads(shlex.split(command)[-1])
    (table,) = (each for each in template["Resources"].values() if each["Type"] == "AWS::DynamoDB::Table")
    assert {key["AttributeName"] for key in table["Properties"]["KeySchema"]} == item.keys()


def test_every_threat_names_tests_that_exist() -> None:
    written = "\n".join(path.read_text() for path in (ROOT / "tests").rglob("test_*.py"))
    rows = _rows("# Threat model", "\n" + (ROOT / "docs" / "security.md").read_text())
    assert len(rows) > 15
    for threat, _, tests in rows:
        named = re.findall(r"`(test_\w+)`", tests)
        assert named, threat
        for name in named:
            assert f"def {name}(" in written, f"{threat}: {name}"


def test_no_text_claims_that_a_change_of_the_signing_key_ends_sign_ins() -> None:
    """`test_a_rotation_of_the_key_signs_nobody_out` shows that a change does not."""
    code = [path for folder in ("infra", "lambda") for path in sorted((ROOT / folder).rglob("*.py"))]
    assert [path.name for path in (*DOCUMENTS, *code) if "ends all sign-ins" in path.read_text()] == []


def _anchors(path: Path) -> set[str]:
    """Return the anchors of the headings in a Markdown file, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", path.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_every_linked_file_and_heading_exists(path: Path) -> None:
    for link in re.findall(r"\]\(([^)]+)\)", path.read_text()):
        if not link.startswith("https://"):
            target, _, anchor = link.partition("#")
            linked = path.parent / target if target else path
            assert linked.exists(), link
            assert not anchor or anchor in _anchors(linked), link


def test_the_code_in_the_table_of_the_first_deployment_exists() -> None:
    for _, _, where, _ in _rows(
        "# What to check at the first deployment", "\n" + (ROOT / "docs" / "first-deploy.md").read_text()
    ):
        path, *names = re.findall(r"`([^`]+)`", where)
        source = ROOT / "lambda" / path if path.startswith("gate/") else ROOT / path
        for name in names:
            assert re.search(rf"\b{name}\b", source.read_text()), f"{path}: {name}"


def _error_classes(base: type[GateError] = GateError) -> set[type[GateError]]:
    return {base}.union(*(_error_classes(each) for each in base.__subclasses__()))


def _statuses(heading: str) -> dict[str, str]:
    rows = _rows(heading, (ROOT / "docs" / "reasons.md").read_text())
    return {row[0].strip("`"): row[1] for row in rows}


def test_every_reason_of_the_gate_is_listed_with_its_status() -> None:
    for module in pkgutil.iter_modules(errors.__path__, f"{errors.__name__}."):
        importlib.import_module(module.name)
    kinds = {kind for kind in _error_classes() if "reason" in vars(kind)}
    assert len(kinds) > 20
    assert _statuses("## Reasons of the gate") == {kind.reason: str(kind.status) for kind in kinds}


def test_every_reason_of_api_gateway_is_listed(template: Template) -> None:
    found = {}
    for kind, response in ResolvedTemplate(template).gateway_responses.items():
        status = str(response.status or kind.removeprefix("DEFAULT_"))
        found[json.loads(response.templates["application/json"])["error"]] = status
    assert _statuses("## Reasons of API Gateway") == found


@pytest.mark.parametrize(
    "reason", sorted({*_statuses("## Reasons of the gate"), *_statuses("## Reasons of API Gateway")})
)
def test_a_test_covers_every_reason(reason: str) -> None:
    # Not in this file, which names them all, nor in the documents.
    others = [path for path in (ROOT / "tests").rglob("test_*.py") if path.name != Path(__file__).name]
    assert any(f'"{reason}"' in path.read_text() for path in others), f"no test for {reason}"


def test_the_glossary_has_at_most_twenty_words_and_every_class_of_the_function() -> None:
    rows = _rows("# Glossary", "\n" + (ROOT / "docs" / "glossary.md").read_text())
    assert len(rows) <= 20
    listed = [name for row in rows for name in re.findall(r"`(\w+)`", row[2])]
    modules = [ast.parse(file.read_text()) for file in (ROOT / "lambda" / "gate").rglob("*.py")]
    classes = {node.name for module in modules for node in module.body if isinstance(node, ast.ClassDef)}
    expected = {name for name in classes if not name.startswith("_") and not name.endswith("Error")}
    assert sorted(listed) == sorted(expected)


def test_no_file_has_more_than_250_lines() -> None:
    folders = ("lambda", "infra", "cli", "dev", "tests")
    files = [file for folder in folders for file in (ROOT / folder).rglob("*.py")]
    assert {str(file.relative_to(ROOT)) for file in files if len(file.read_text().splitlines()) > 250} == set()


def test_the_map_names_files_that_exist() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text()
    for name in re.findall(r"`([\w/.]+(?:/|\.py|\.md|\.toml|\.yaml|\.html))`", text):
        assert any((folder / name).exists() for folder in (ROOT, ROOT / "lambda" / "gate", ROOT / "tests")), name
