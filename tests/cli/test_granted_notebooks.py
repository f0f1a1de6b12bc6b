"""`gate grants plan`, `apply` and `doctor` say which notebooks of grants do not exist, or do not fit their grants."""

from pathlib import Path
from typing import Any

import pytest

from local.aws.calls import ApiError
from local.aws.studio_resources import Domain, Profile
from local.deployment import LocalDeployment
from tests.cli.conftest import Gate, PutRow
from tests.cli.doctor_checks import checks_by_name

pytestmark = pytest.mark.usefixtures("as_new")

ALICE = "user:alice@example.com"
OTHER_DOMAIN = "studio:d-sso1/alice"

PROBLEMS = [
    ("gone", None, "warning", "the notebook instance does not exist", "Create the notebook instance, or remove the"),
    ("studio:d-local1/nobody", None, "warning", "the user profile nobody does not exist", "Create the user profile"),
    ("studio:d-local1/dave/gone", None, "warning", "the space gone does not exist", "Create the space gone, or"),
    ("studio:d-local1/nobody/team-space", None, "warning", "the user profile nobody does not exist", "Create the user"),
    ("studio:d-local1/dave/editor", None, "error", "it is a private space of another user profile", "Name the owner"),
    (OTHER_DOMAIN, None, "error", "the domain d-sso1 signs in with IAM Identity Center", "whose AuthMode is IAM"),
    ("studio:d-gone/alice", None, "warning", "the domain d-gone does not exist", "Correct its id, or remove the grant"),
    (
        "studio:d-new/alice",
        None,
        "error",
        "the domain d-new is not in studio.domains",
        "Add it to studio.domains in gate.toml",
    ),
    (
        "210987654321/eu-central-1/far",
        None,
        "error",
        "the location 210987654321/eu-central-1 is not in remote.locations",
        "Add it to",
    ),
    (
        "studio:d-local1/dave/churn-space",
        "code-editor",
        "warning",
        "view = code-editor is ignored, because the application of the space is JupyterLab",
        "Write view = jupyterlab, or leave view out.",
    ),
]


@pytest.fixture(autouse=True)
def more_domains(deployment: LocalDeployment, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lists a domain that signs in with IAM Identity Center, and one that does not exist."""
    name = next(name for name, each in deployment.function.environment.items() if each == "d-local1")
    environment = {**deployment.function.environment, name: "d-local1,d-sso1,d-gone"}
    monkeypatch.setitem(
        deployment.aws.changes,
        "GetFunctionConfiguration",
        lambda _call, answer: {**answer, "Environment": {"Variables": environment}},
    )
    monkeypatch.setitem(deployment.studio.domains, "d-sso1", Domain("SSO"))
    monkeypatch.setitem(deployment.studio.profiles, ("d-sso1", "alice"), Profile(identity_center_user="alice"))


def _file(folder: Path, *grants: tuple[str, str, str | None]) -> str:
    path = folder / "grants.yaml"
    lines = [
        f'- {{principal: "{who}", notebook: "{name}"{f", view: {view}" if view else ""}}}' for who, name, view in grants
    ]
    path.write_text("\n".join(["grants:", *lines, ""]))
    return str(path)


def _notes(gate: Gate, file: str) -> Any:
    return gate("grants", "plan", file, "--json").json


@pytest.mark.parametrize(("notebook", "view", "level", "text", "fix"), PROBLEMS)
def test_a_plan_names_the_grant_and_what_to_do(
    gate: Gate, tmp_path: Path, notebook: str, view: str | None, level: str, text: str, fix: str
) -> None:
    file = _file(tmp_path, (ALICE, notebook, view))
    (found,) = _notes(gate, file)["notebooks"]
    assert (found["notebook"], found["principals"], text in found["problem"], fix in found["fix"]) == (
        notebook, [ALICE], True, True,
    ), found  # fmt: skip
    planned = gate("grants", "plan", file)
    assert (planned.code, f"! {notebook} ({ALICE}): {text}" in planned.out) == (3, True), planned.out
    applied = gate("grants", "apply", file, "--yes", "--allow-removals")
    assert (applied.code, f"! {notebook} ({ALICE}): {text}" in applied.out) == (0, True)
    check = checks_by_name(gate)["notebooks"]
    assert (check["level"], f"{notebook} ({ALICE}): {text}" in check["text"], fix in check["fix"]) == (
        level,
        True,
        True,
    )


def test_notebooks_that_fit_their_grants_have_no_notes(gate: Gate, tmp_path: Path) -> None:
    grants = [
        (ALICE, "alice-notebook", "classic"),
        (ALICE, "studio:d-local1/dave", "studio"),
        (ALICE, "studio:d-local1/dave/churn-space", "jupyterlab"),
        (ALICE, "studio:d-local1/erin/team-space", None),
        (ALICE, "studio:d-local1/erin/editor", "code-editor"),
    ]
    file = _file(tmp_path, *grants)
    planned = _notes(gate, file)
    assert (planned["notebooks"], planned["unchecked"], len(planned["additions"])) == ([], [], 4)
    gate("grants", "apply", file, "--yes", "--allow-removals")
    check = checks_by_name(gate)["notebooks"]
    assert (check["level"], check["text"]) == ("ok", "5 notebooks exist and can be opened as their grants say")


def test_a_plan_does_not_look_for_notebooks_of_unchanged_grants(
    gate: Gate, tmp_path: Path, deployment: LocalDeployment
) -> None:
    file = _file(tmp_path, (ALICE, "gone", None))
    gate("grants", "apply", file, "--yes", "--allow-removals")
    deployment.aws.calls.clear()
    assert _notes(gate, file)["notebooks"] == []
    assert "DescribeNotebookInstance" not in {call.operation for call in deployment.aws.calls}
    changed = _notes(gate, _file(tmp_path, (ALICE, "gone", "classic")))
    assert [each["notebook"] for each in changed["notebooks"]] == ["gone"]


def test_one_sentence_names_everybody_with_a_grant_for_a_notebook(gate: Gate, tmp_path: Path) -> None:
    grants = [(f"group:g{number}", "gone", None) for number in range(5)]
    planned = gate("grants", "plan", _file(tmp_path, *grants))
    assert "! gone (group:g0, group:g1, group:g2 and 2 more): the notebook instance does not exist" in planned.out


def test_a_name_of_users_is_looked_up_for_users_and_not_for_groups(gate: Gate, tmp_path: Path) -> None:
    grants = [("user:dave@example.com", "studio:d-local1/{user}/{user}-space", None), ("group:g", "{user}-box", None)]
    (found,) = _notes(gate, _file(tmp_path, *grants))["notebooks"]
    assert (found["notebook"], found["problem"]) == (
        "studio:d-local1/dave/dave-space", "the space dave-space does not exist",
    )  # fmt: skip


def test_rows_that_grant_nothing_are_not_looked_up(gate: Gate, put: PutRow) -> None:
    put("user:Alice@example.com", "gone")
    put(ALICE, "gone", until={"N": "5"})
    put(ALICE, "not a name")
    found = [check["level"] for check in gate("doctor", "--json").json["checks"] if check["name"] == "notebooks"]
    assert found == ["ok"]


def _deny(deployment: LocalDeployment, monkeypatch: pytest.MonkeyPatch, operation: str) -> None:
    def answer(*_: Any) -> Any:
        raise ApiError("AccessDeniedException", "no", 403)

    monkeypatch.setitem(deployment.aws.changes, operation, answer)


def test_a_missing_permission_is_named_and_other_notebooks_are_checked(
    gate: Gate, tmp_path: Path, deployment: LocalDeployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    _deny(deployment, monkeypatch, "DescribeDomain")
    grants = [(ALICE, "studio:d-local1/dave", None), (ALICE, "studio:d-local1/erin", None), (ALICE, "gone", None)]
    file = _file(tmp_path, *grants)
    planned = gate("grants", "plan", file)
    assert "! gone" in planned.out
    assert (
        "Notebooks that were not checked: 2. AWS denies DescribeDomain: your role needs that permission" in planned.out
    )
    gate("grants", "apply", file, "--yes", "--allow-removals")
    found = [check for check in gate("doctor", "--json").json["checks"] if check["name"] == "notebooks"]
    assert [check["level"] for check in found] == ["warning", "warning"]
    assert "AWS denies DescribeDomain" in found[1]["text"]


def test_an_operator_who_cannot_read_the_function_can_still_plan(
    gate: Gate, tmp_path: Path, deployment: LocalDeployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    _deny(deployment, monkeypatch, "GetFunctionConfiguration")
    planned = gate("grants", "plan", _file(tmp_path, (ALICE, "gone", None)))
    assert planned.code == 3
    assert "The notebooks were not checked: AWS denies GetFunctionConfiguration" in planned.out
