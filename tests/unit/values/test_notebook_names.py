"""One notebook has one normal form: spellings of its name meet the same rules, rows and requests."""

import re
from contextlib import suppress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gate.values.errors.notebook import InvalidNotebookNameError
from gate.values.notebook import PATTERN, Notebook
from testing.asking import JSON, ask, browser_of, post, request_rules, state_of
from testing.harness import Harness

HOME, REMOTE = "123456789012/eu-west-1", "210987654321/eu-central-1"
SPELLINGS = ["prod-model", "Prod-model", "PROD-MODEL", f"{HOME}/prod-model", f"{HOME}/PROD-Model"]
SEGMENTS = [name.replace("/", "~") for name in SPELLINGS]


@pytest.mark.parametrize("name", SPELLINGS)
def test_spellings_of_a_name_are_one_notebook(name: str) -> None:
    notebook = Notebook.parse(name).relative_to(HOME)
    assert (notebook, hash(notebook), str(notebook)) == (
        Notebook("prod-model"),
        hash(Notebook("prod-model")),
        "prod-model",
    )
    assert notebook.segment == "prod-model"
    assert notebook.name == name.rpartition("/")[2]  # as SageMaker may have it
    assert notebook != Notebook.parse(f"{REMOTE}/prod-model").relative_to(HOME)


@pytest.mark.parametrize("row", SPELLINGS)
@pytest.mark.parametrize("segment", SEGMENTS)
def test_a_row_is_found_by_every_spelling(harness: Harness, row: str, segment: str) -> None:
    name = row.rpartition("/")[2]
    harness.aws.notebooks[name] = "Stopped"
    harness.aws.grant("user:carol@example.com", row, power="start")
    harness.sign_in("carol@example.com")
    assert harness.browser.get("/", headers=JSON).json["notebooks"][0]["open"].endswith("/open/prod-model")
    assert harness.browser.get(f"/open/{segment}").status == 409
    assert harness.browser.post(f"/notebooks/{segment}/start").location.endswith("/open/prod-model")
    # The name that an operator wrote is the one that SageMaker is asked for.
    assert harness.aws.called("start_notebook_instance") == [{"NotebookInstanceName": name}]


@pytest.mark.parametrize("row", SPELLINGS)
def test_a_requested_grant_hides_no_row_in_another_spelling(harness: Harness, row: str) -> None:
    harness.aws.notebooks[row.rpartition("/")[2]] = "InService"
    harness.aws.grant("group:leads", row, power="start-stop")
    harness.aws.grant(
        "user:carol@example.com", "prod-model", power="start", request_id="r", until=int(harness.clock()) + 60
    )
    harness.sign_in("carol@example.com", groups=["leads"])
    assert harness.browser.post("/notebooks/prod-model/stop").status == 303


@pytest.mark.parametrize("name", SPELLINGS)
def test_two_people_must_approve_in_every_spelling(asking: Harness, name: str) -> None:
    asking.aws.table.clear("user:alice")
    alice, dana = browser_of(asking, "alice@example.com"), browser_of(asking, "dana@example.com")
    path = ask(alice, name)
    assert ask(alice, "prod-model") == path
    assert post(dana, path, decision="allow", seconds=3600).status == 303
    assert state_of(alice, path) == "open"
    assert alice.get("/open/prod-model").status == 403
    assert post(browser_of(asking, "erin@example.com"), path, decision="allow", seconds=3600).status == 303
    assert [row["notebook"]["S"] for row in asking.aws.table.query(["user:alice@example.com"])] == ["prod-model"]


@pytest.mark.parametrize("name", SPELLINGS)
def test_who_has_a_notebook_cannot_ask_for_it_in_another_spelling(asking: Harness, name: str) -> None:
    asking.aws.grant("user:alice@example.com", name)
    alice = browser_of(asking, "alice@example.com")
    for other in SPELLINGS:
        assert post(alice, "/requests", notebook=other, reason="r", seconds=3600).status == 409


@pytest.mark.parametrize("row", SPELLINGS)
def test_an_owner_owns_every_spelling(asking: Harness, row: str) -> None:
    asking.aws.grant("user:grace@example.com", row, owner=True)
    path = ask(browser_of(asking, "alice@example.com"), "Prod-MODEL")
    grace = browser_of(asking, "grace@example.com")
    assert path in grace.get("/requests").body
    assert post(grace, path, decision="deny").status == 303


@pytest.mark.parametrize(
    ("pattern", "name", "matches"),
    [
        *(("prod-*", name, True) for name in SPELLINGS),
        *(("PROD-*", name, True) for name in SPELLINGS),
        *((f"{HOME}/prod-*", name, True) for name in SPELLINGS),
        *((f"{HOME.upper()}/*", name, True) for name in SPELLINGS),
        *(("*", name, True) for name in SPELLINGS),
        ("prod-*", f"{REMOTE}/Prod-model", True),
        (f"{REMOTE}/*", f"{REMOTE}/prod-model", True),
        ("2109*", f"{REMOTE}/prod-model", True),
        (f"{REMOTE}/*", "prod-model", False),
        (f"{HOME}/*", f"{REMOTE}/prod-model", False),
        ("*west*", "prod-model", False),  # the region is not part of the name
        ("12*", f"{HOME}/prod-model", False),
        ("prod-*", "nonprod-model", False),
    ],
)
def test_patterns_match_the_bare_and_the_located_name_in_any_case(pattern: str, name: str, matches: bool) -> None:
    rules = request_rules(approvers={"user:dana": (pattern,)}, two_approvals=(pattern,), home=HOME)
    assert rules.approvals_needed(Notebook.parse(name)) == (2 if matches else 1)
    assert rules.approving_principals(["user:dana"], Notebook.parse(name)) == (["user:dana"] if matches else [])


@given(st.text("abAB19-/:{}~d studio", max_size=40) | st.from_regex(re.compile(PATTERN, re.ASCII), fullmatch=True))
@example("studio:d-abc123/alice/churn-space")
@example("210987654321/eu-central-1/studio:d-abc123/alice")
@example(" churn-model ")
def test_the_pattern_of_the_form_refuses_no_valid_name(text: str) -> None:
    with suppress(InvalidNotebookNameError):
        Notebook.parse(text.strip())
        assert re.fullmatch(PATTERN, text, re.ASCII)
