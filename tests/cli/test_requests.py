"""`gate requests`, and requested grants in `gate grants`: an operator at a running deployment."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from local.deployment import LocalDeployment
from local.options import LocalOptions
from local.sample import Sample
from testing.user import TestUser
from tests.cli.conftest import Gate

CAROL = "carol@example.com"


pytestmark = pytest.mark.usefixtures("as_new")


@pytest.fixture(scope="module")
def deployment(sample: Sample) -> Iterator[LocalDeployment]:
    automatic = {"automatic": {f"user:{CAROL}": ["auto-*"]}, "automatic_longest": 28_800}
    settings = {"requests": {"approvers": sample.approvers, "two": ["shared-*"], **automatic}}
    with LocalDeployment(sample, LocalOptions(settings=settings)) as deployment:
        yield deployment


def _ask(deployment: LocalDeployment, notebook: str = "churn-model", email: str = CAROL) -> str:
    """Return the id of a new request."""
    user = TestUser(deployment)
    user.open("/requests", email)
    headers = {"Sec-Fetch-Site": "same-origin", "Content-Type": "application/x-www-form-urlencoded"}
    form = urlencode({"notebook": notebook, "reason": "quarterly report", "seconds": 28_800})
    return str(user.go("/requests", "POST", headers=headers, data=form).headers["Location"].rpartition("/")[2])


def _grant(deployment: LocalDeployment, notebook: str = "churn-model") -> Any:
    key = {"principal": {"S": f"user:{CAROL}"}, "notebook": {"S": notebook}}
    table = deployment.template.table["TableName"]
    return deployment.operator("dynamodb").get_item(TableName=table, Key=key).get("Item")


def test_requests_are_listed_and_allowed(gate: Gate, deployment: LocalDeployment) -> None:
    assert gate("requests", "list").out == "No open access requests.\n"
    request = _ask(deployment)
    listed = gate("requests", "list").out
    assert all(
        text in listed
        for text in (request, f"user:{CAROL}", "churn-model", "8 hours", "waiting for a decision", "quarterly report")
    )
    assert gate("requests", "list", "--json").json["requests"][0]["access_request"] == request
    result = gate("requests", "allow", request)
    assert result.code == 0, result.err
    operator = "iam:arn:aws:iam::123456789012:user/operator"
    assert f"churn-model for user:{CAROL}: allowed by {operator} until" in result.out
    assert _grant(deployment)["granted_by"]["S"] == operator
    assert gate("requests", "list").out == "No open access requests.\n"
    assert f"allowed by {operator}" in gate("requests", "list", "--all").out
    assert TestUser(deployment).open("/open/churn-model", CAROL).status_code == 302


def test_a_length_of_the_settings_can_be_chosen(gate: Gate, deployment: LocalDeployment) -> None:
    request = _ask(deployment)
    refused = gate("requests", "allow", request, "--for", "9h")
    assert (refused.code, "1 hour, 8 hours, 1 day, 7 days" in refused.err) == (1, True)
    result = gate("requests", "allow", request, "--for", "1h", "--json").json["request"]
    assert result["decision"] == "allowed"
    assert "for 1 hour of the 8 hours asked for, until" in result["outcome"]
    assert "for 1 hour of the 8 hours asked for, until" in gate("requests", "list", "--all").out


def test_a_request_is_denied_once(gate: Gate, deployment: LocalDeployment) -> None:
    request = _ask(deployment)
    result = gate("requests", "deny", request, "--reason", " ask  Bob first ")
    assert f"churn-model for user:{CAROL}: denied by iam:" in result.out
    assert "operator: ask Bob first" in gate("requests", "list", "--all").out
    (listed,) = [
        each
        for each in gate("requests", "list", "--all", "--json").json["requests"]
        if each["access_request"] == request
    ]
    assert (listed["state"], listed["decision_reason"]) == ("denied", "ask Bob first")
    again = gate("requests", "allow", request)
    assert (again.code, "decided already" in again.out) == (3, True)
    assert _grant(deployment) is None


def test_an_operator_is_one_of_two_approvers(gate: Gate, deployment: LocalDeployment) -> None:
    request = _ask(deployment, "shared-notebook")
    assert "waiting for another person" in gate("requests", "allow", request).out
    assert "waiting for another person" in gate("requests", "list").out
    assert gate("requests", "allow", request).code == 3
    assert _grant(deployment, "shared-notebook") is None


def test_a_reason_that_cannot_be_stored_decides_nothing(gate: Gate, deployment: LocalDeployment) -> None:
    request = _ask(deployment)
    refused = gate("requests", "deny", request, "--reason", "x" * 301)
    assert (refused.code, "Nothing was decided" in refused.out) == (3, True)
    assert request in gate("requests", "list").out


def test_a_withdrawn_request_is_not_open(gate: Gate, deployment: LocalDeployment) -> None:
    request = _ask(deployment)
    user = TestUser(deployment)
    user.open("/requests", CAROL)
    headers = {"Sec-Fetch-Site": "same-origin", "Content-Type": "application/x-www-form-urlencoded"}
    assert user.go(f"/requests/{request}", "POST", headers=headers, data="decision=withdraw").status_code == 303
    assert gate("requests", "list").out == "No open access requests.\n"
    assert f"withdrawn by user:{CAROL}" in gate("requests", "list", "--all").out
    refused = gate("requests", "allow", request)
    assert (refused.code, "This request was withdrawn" in refused.out) == (3, True)


@pytest.mark.parametrize("words", [("allow", "x"), ("deny", "x")])
def test_an_unknown_request(gate: Gate, words: tuple[str, ...]) -> None:
    result = gate("requests", *words)
    assert result.code in (1, 3)
    assert "request" in result.err + result.out


def test_the_function_that_opens_notebooks_cannot_decide_as_an_operator(deployment: LocalDeployment) -> None:
    """Its alias is not the one of operators."""
    function = deployment.template.requests_function
    assert function is not None
    request = _ask(deployment)
    event = {"operator": {"arn": "arn:aws:iam::1:user/x", "action": "allow", "request": request, "seconds": 3600}}
    assert deployment.front_door.invoke(function.aliases["slack"], event) is None
    assert deployment.front_door.invoke(function.aliases["live"], event)["statusCode"] == 404
    assert _grant(deployment) is None


@pytest.mark.parametrize(
    "event", [None, 7, [], {}, {"action": "allow"}, {"arn": "x", "action": "allow", "request": []}]
)
def test_a_malformed_event_is_refused(deployment: LocalDeployment, event: Any) -> None:
    function = deployment.template.requests_function
    assert function is not None
    answer = deployment.front_door.invoke(function.aliases["operators"], {"operator": event})
    assert answer["error"] == "invalid_form"


@pytest.mark.parametrize("leaked", [False, True])
def test_the_key_that_proves_who_decides_is_rotated_with_the_other(
    gate: Gate, deployment: LocalDeployment, leaked: bool
) -> None:
    secrets, arn = deployment.operator("secretsmanager"), deployment.template.outputs["DecisionSecret"]
    leaked_key = secrets.get_secret_value(SecretId=arn)["SecretString"]
    gate("rotate-key", *(["--leaked"] if leaked else []))
    found = [
        secrets.get_secret_value(SecretId=arn, VersionStage=f"AWS{stage}")["SecretString"]
        for stage in ("CURRENT", "PREVIOUS")
    ]
    assert (found[0] != leaked_key, found[1] == leaked_key) == (True, not leaked)


def test_plan_and_apply_leave_requested_grants_alone(gate: Gate, deployment: LocalDeployment, tmp_path: Path) -> None:
    file = tmp_path / "grants.yaml"
    gate("requests", "allow", _ask(deployment))
    assert gate("grants", "export", str(file)).code == 0
    assert CAROL not in file.read_text()
    assert gate("grants", "plan", str(file)).code == 0
    assert f"- user:{CAROL} churn-model" in gate("grants", "plan", str(file), "--include-requested").out
    gate("grants", "apply", str(file), "--yes")
    assert _grant(deployment) is not None
    gate("grants", "apply", str(file), "--yes", "--include-requested")
    assert _grant(deployment) is None


def test_the_grants_of_a_file_replace_requested_ones(gate: Gate, deployment: LocalDeployment, tmp_path: Path) -> None:
    file = tmp_path / "grants.yaml"
    gate("requests", "allow", _ask(deployment))
    text = gate("grants", "export").out + f"- principal: user:{CAROL}\n  notebook: churn-model\n"
    file.write_text(text)
    assert f"~ user:{CAROL} churn-model" in gate("grants", "plan", str(file)).out
    gate("grants", "apply", str(file), "--yes")
    assert set(_grant(deployment)) == {"principal", "notebook"}


@pytest.mark.parametrize("by_file", [False, True])
def test_a_requested_grant_that_an_operator_edits_is_theirs(
    gate: Gate, deployment: LocalDeployment, tmp_path: Path, by_file: bool
) -> None:
    gate("requests", "allow", _ask(deployment))
    extension = _ask(deployment)
    if by_file:
        file = tmp_path / "grants.yaml"
        file.write_text(gate("grants", "export", "--include-requested").out)
        gate("grants", "apply", str(file), "--yes")
    else:
        gate("grants", "give", CAROL, "churn-model", "--until", "2099-12-31")
    edited = _grant(deployment)
    assert "has been granted already" in gate("requests", "allow", extension).out
    assert _grant(deployment) == edited
    assert extension not in gate("requests", "list").out


def test_an_extension_keeps_the_later_end(gate: Gate, deployment: LocalDeployment) -> None:
    gate("requests", "allow", _ask(deployment))
    kept = _grant(deployment)
    assert (
        "the end of the earlier access, which is later"
        in gate("requests", "allow", _ask(deployment), "--for", "1h").out
    )
    assert _grant(deployment) == kept


def test_the_list_shows_who_allowed_a_grant(gate: Gate, deployment: LocalDeployment) -> None:
    gate("requests", "allow", _ask(deployment))
    listed = gate("grants", "list", CAROL).out
    assert "granted_by=iam:arn:aws:iam::123456789012:user/operator" in listed
    assert "reason=quarterly report" in listed
    assert "ignored" not in listed


def test_what_the_rule_allowed_is_told_in_words(gate: Gate, deployment: LocalDeployment) -> None:
    request = _ask(deployment, "auto-notebook")
    assert _grant(deployment, "auto-notebook")["request_id"]["S"] == request
    assert gate("requests", "list").out == "No open access requests.\n"
    assert "allowed by the rule requests.automatic until" in gate("requests", "list", "--all").out
    (listed,) = gate("requests", "list", "--all", "--json").json["requests"]
    assert (listed["state"], listed["approved_by"]) == ("allowed", ["rule:requests.automatic"])
    assert "granted_by=rule:requests.automatic" in gate("grants", "list", CAROL).out
    explained = gate("explain", CAROL, "auto-notebook", "--from", "127.0.0.1").out
    assert f"access request {request}, allowed by the rule requests.automatic)" in explained
    assert "decided already" in gate("requests", "deny", request).out


def test_explain_says_who_allowed_a_request(gate: Gate, deployment: LocalDeployment) -> None:
    gate("requests", "allow", _ask(deployment))
    explained = gate("explain", CAROL, "churn-model", "--from", "127.0.0.1").out
    assert "allowed by iam:arn:aws:iam::123456789012:user/operator)" in explained


def test_revoking_takes_requested_grants_and_ends_open_requests(gate: Gate, deployment: LocalDeployment) -> None:
    gate("requests", "allow", _ask(deployment))
    other = _ask(deployment, "alice-notebook")
    assert gate("revoke", "--yes", CAROL).code in (0, 3)
    assert _grant(deployment) is None
    assert "has ended" in gate("requests", "allow", other).out


def test_without_approvers_the_command_says_what_to_set(
    gate: Gate, deployment: LocalDeployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(deployment.template.metadata["NotebookGate"], "requests", {})  # as in one without them
    result = gate("requests", "list")
    assert (result.code, "set requests.approvers in gate.toml" in result.err) == (1, True)
