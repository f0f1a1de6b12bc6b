"""The documentation matches the code: endpoints, settings, commands, outputs, and the tests of each threat."""

import ast
import json
import re
import tomllib
from pathlib import Path

import pytest

from gate.store.grant_row import OPTIONAL
from infra.api import IAM_ROUTES, OPEN_ROUTES, REQUEST_ROUTES, SIGN_IN_ROUTES, SLACK_ROUTES
from local.resolved_template import ResolvedTemplate
from local.template import Template
from reference.reasons import classes

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]


def _rows(heading: str, text: str) -> list[list[str]]:
    section = text.split(f"\n{heading}\n", 1)[1].split("\n#", 1)[0]
    rows = [line.strip("|").split(" | ") for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in row] for row in rows[2:]]


def test_the_endpoint_tables_list_every_route() -> None:
    text = (ROOT / "docs" / "endpoints.md").read_text()
    listed = re.findall(r"^\| `([A-Z]+) (\S+)` \|", text, re.MULTILINE)
    assert len(listed) == len(set(listed))
    assert set(listed) == {*OPEN_ROUTES, *SIGN_IN_ROUTES, *IAM_ROUTES, *REQUEST_ROUTES, *SLACK_ROUTES}


def test_the_settings_have_a_table_for_every_section() -> None:
    sections = [name for name, value in tomllib.loads((ROOT / "gate.toml").read_text()).items() if type(value) is dict]
    headings = re.findall(r"^## (.*)$", (ROOT / "docs" / "settings.md").read_text(), re.MULTILINE)
    assert headings == ["At the top of the file", *(f"`[{name}]`" for name in sections)]
    assert all(_rows(f"## {heading}", (ROOT / "docs" / "settings.md").read_text()) for heading in headings)


def test_the_tables_of_grants_have_every_attribute() -> None:
    text = (ROOT / "docs" / "grants.md").read_text()
    assert sorted(row[0].strip("`") for row in _rows("# Grants", "\n" + text)) == sorted(OPTIONAL)
    of_several = [name for row in _rows("## Several grants", text) for name in re.findall(r"`(\w+)`", row[0])]
    assert sorted(of_several) == sorted(OPTIONAL)


def test_the_security_summary_has_ten_points() -> None:
    section = README.split("## Security in ten lines\n", 1)[1].split("\n#", 1)[0]
    assert re.findall(r"^(\d+)\. ", section, re.MULTILINE) == [str(number) for number in range(1, 11)]


def test_the_documents_name_the_stacks_outputs(template: Template, full_template: Template) -> None:
    guide = (ROOT / "docs" / "deploy.md").read_text()
    for name in template["Outputs"]:
        assert f"`{name}`" in guide
    assert "`SlackSecret`" in (ROOT / "docs" / "slack.md").read_text()
    assert full_template["Outputs"].keys() - template["Outputs"].keys() == {
        "SlackSecret",
        "RequestsFunctionName",
        "DeniesFunctionName",
        "DecisionSecret",
        "RequestsRoleArn",
        "DomainTarget",
    }
    assert all(f"`{name}`" in (ROOT / "docs" / "remote-accounts.md").read_text() for name in REMOTE_OUTPUTS)


REMOTE_OUTPUTS = ("FunctionRoleArn", "Egress")


def test_the_costs_in_the_readme_are_those_of_the_calculation() -> None:
    found = re.search(r"About (\d+) dollars .* of which (\d+) are for the NAT gateway, and about (\d+) without", README)
    assert found
    with_vpc, nat, without = found.groups()
    text = (ROOT / "docs" / "operations.md").read_text()
    assert f"| **total** | | **about {with_vpc}** |" in text
    assert round(sum(map(float, re.findall(r"^\| NAT gateway.* ([\d.]+) \|$", text, re.MULTILINE)))) == int(nat)
    assert re.search(rf"the total is about\s{without}\.", text)


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


def test_the_code_in_the_tables_of_the_first_deployment_exists() -> None:
    text = (ROOT / "docs" / "first-deploy.md").read_text()
    rows = [row for heading in re.findall(r"^## .*$", text, re.MULTILINE) for row in _rows(heading, text)]
    assert len(rows) == text.count("\n| ") - text.count("\n| assumption ") > 60
    for _, _, where, _ in rows:
        path, *names = re.findall(r"`([^`]+)`", where)
        source = (ROOT / path).read_text()
        for name in names:
            assert re.search(rf"\b{name}\b", source), f"{path}: {name}"


def _statuses(heading: str) -> dict[str, str]:
    rows = _rows(heading, (ROOT / "docs" / "reasons.md").read_text())
    return {row[0].strip("`"): row[1] for row in rows}


def test_every_reason_of_the_gate_is_listed_with_its_status() -> None:
    kinds = classes()
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
