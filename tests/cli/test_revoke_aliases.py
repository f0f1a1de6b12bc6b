"""`gate revoke` finds the other principal of a person in Slack, or reports why it could not."""

import shlex
from typing import Any

import pytest

from gate.launch.kinds.notebook_instance import OPEN
from local.aws.calls import ApiError, Call
from local.deployment import LocalDeployment
from local.sample import SlackUser
from local.slack.web_api import WebApi
from testing.user import TestUser
from tests.cli.conftest import CommandResult, Gate

pytestmark = pytest.mark.usefixtures("as_new")

BOB, BOB_IN_SLACK = "user:bob@example.com", "slack:T0LOCAL/U0BOB"


def _opens_by_slack(deployment: LocalDeployment, user: str, notebook: str) -> Any:
    """Open `notebook` with the link that Slack shows to `user`; return the presigned URL, with its session."""
    deployment.slack.type(user)
    seen = deployment.slack.seen_by(user)
    assert seen
    link = next(button["url"] for button in seen.buttons if notebook in button.get("url", ""))
    person = TestUser(deployment)
    url = person.get(link, allow_redirects=False, timeout=30).headers["Location"]
    return next(made for made in deployment.urls.made if url.startswith(made.url))


def _is_open(deployment: LocalDeployment, made: Any) -> bool:
    arn = f"arn:aws:sagemaker:eu-west-1:123456789012:notebook-instance/{made.notebook}"
    return deployment.authority.allows(made.creator, OPEN, arn, "127.0.0.1")


def _deploy_with(deployment: LocalDeployment, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Change variables of the deployed function."""

    def change(_call: Call, answer: Any) -> Any:
        return {**answer, "Environment": {"Variables": {**answer["Environment"]["Variables"], **environment}}}

    monkeypatch.setitem(deployment.aws.changes, "GetFunctionConfiguration", change)


def _grants_of(gate: Gate, principal: str) -> list[Any]:
    return [grant for grant in gate("grants", "list", "--json").json["grants"] if grant["principal"] == principal]


@pytest.mark.parametrize(("who", "other"), [(BOB_IN_SLACK, BOB), (BOB, BOB_IN_SLACK)])
def test_revoke_finds_the_alias_in_both_directions(
    gate: Gate, deployment: LocalDeployment, who: str, other: str
) -> None:
    gate("grants", "give", BOB_IN_SLACK, "shared-notebook")
    by_address = _opens_by_slack(deployment, "U0BOB", "bob-notebook")
    assert _is_open(deployment, by_address)

    result = gate("revoke", "--yes", who, "--json")

    assert result.code == 0
    assert result.json["principals"] == [who, other]
    assert {taken["principal"] for taken in result.json["taken"]} == {BOB, BOB_IN_SLACK}
    assert not _grants_of(gate, BOB)
    assert not _grants_of(gate, BOB_IN_SLACK)
    assert not _is_open(deployment, by_address)
    role = deployment.template.launch_role.arn.rpartition("/")[2]
    denied = deployment.operator("iam").get_role_policy(RoleName=role, PolicyName="notebook-gate-revocations")[
        "PolicyDocument"
    ]
    (statement,) = denied["Statement"]
    first, second = sorted(statement["Condition"]["StringEquals"]["aws:SourceIdentity"])
    assert (first.partition("=")[0], second) == ("U0BOB", "bob@example.com")


def test_a_slack_user_without_an_address_has_no_alias(gate: Gate) -> None:
    result = gate("revoke", "--yes", "slack:T0LOCAL/U0DANA", "--json")
    assert (result.code, result.json["principals"]) == (0, ["slack:T0LOCAL/U0DANA"])


def _no_permission(deployment: LocalDeployment, monkeypatch: pytest.MonkeyPatch) -> None:
    def deny(_call: Call, _answer: Any) -> None:
        raise ApiError("AccessDeniedException", "User is not authorized", 400)

    monkeypatch.setitem(deployment.aws.changes, "GetSecretValue", deny)


def _no_secret(deployment: LocalDeployment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(deployment.aws.changes, "GetSecretValue", lambda *_: {"SecretString": "not stored yet"})


def _slack_says(error: str) -> Any:
    def change(deployment: LocalDeployment, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(WebApi, "answer", lambda *_: {"ok": False, "error": error})

    return change


def _half_an_answer(deployment: LocalDeployment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(WebApi, "answer", lambda *_: {"ok": True, "user": {"name": "bob"}})


def _flagged(**flags: Any) -> Any:
    def change(deployment: LocalDeployment, monkeypatch: pytest.MonkeyPatch) -> None:
        real = WebApi.user_object

        def user(self: WebApi, user: SlackUser) -> dict[str, Any]:
            return {**real(self, user), **flags}

        monkeypatch.setattr(WebApi, "user_object", user)

    return change


UNKNOWN_USER = "slack:T0LOCAL/<user>"


@pytest.mark.parametrize(
    ("who", "change", "message", "also"),
    [
        (BOB, _no_permission, "AWS denies GetSecretValue", UNKNOWN_USER),
        (BOB, _no_secret, "Slack did not answer the lookup (no bot_token)", UNKNOWN_USER),
        (BOB, _slack_says("missing_scope"), "Slack did not answer the lookup (missing_scope)", UNKNOWN_USER),
        (BOB, _half_an_answer, "Slack did not answer the lookup (incomplete response)", UNKNOWN_USER),
        (BOB, _flagged(deleted=True), "Slack finds no user with the address bob@example.com", UNKNOWN_USER),
        (BOB, _flagged(is_restricted=True), f"{BOB_IN_SLACK} has that address in Slack, but Slack does", BOB_IN_SLACK),
        (BOB_IN_SLACK, _no_permission, "AWS denies GetSecretValue", "user:<e-mail>"),
        (BOB_IN_SLACK, _slack_says("user_not_found"), "did not answer the lookup (user_not_found)", "user:<e-mail>"),
        (BOB_IN_SLACK, _flagged(deleted=True), f"{BOB_IN_SLACK} has bob@example.com in Slack, but Slack does", BOB),
        (BOB_IN_SLACK, _flagged(deleted=True, profile={}), "is deactivated, and Slack shows no", "user:<e-mail>"),
    ],
)
def test_a_failed_slack_lookup_is_left_to_do(
    gate: Gate,
    deployment: LocalDeployment,
    monkeypatch: pytest.MonkeyPatch,
    who: str,
    change: Any,
    message: str,
    also: str,
) -> None:
    change(deployment, monkeypatch)

    result = gate("revoke", "--yes", who, "--json")

    assert (result.code, result.json["principals"]) == (3, [who])
    assert not _grants_of(gate, who)
    (left,) = result.json["left_to_do"]
    assert message in left["problem"]
    (command,) = left["commands"]
    assert shlex.split(command["command"]) == ["gate", "--local", "revoke", who, "--also", also]
    # The command works once its placeholder is replaced.
    other = BOB_IN_SLACK if who == BOB else BOB
    typed = [other if "<" in word else word for word in shlex.split(command["command"])[1:]]
    again: CommandResult = gate(*typed, "--json", confirm="y")
    assert (again.code, again.json["principals"]) == (0, [who, other])
    assert not _grants_of(gate, other)


def test_a_caller_unknown_to_slack_is_revoked_all_the_same(gate: Gate) -> None:
    gate("grants", "give", "carol@example.com", "shared-notebook")
    result = gate("revoke", "--yes", "carol@example.com")
    assert result.code == 3
    assert "Slack finds no user with the address carol@example.com" in result.out
    assert "  gate --local revoke user:carol@example.com --also 'slack:T0LOCAL/<user>'\n" in result.out
    assert not _grants_of(gate, "user:carol@example.com")


GRID = {"enterprise_user": {"enterprise_id": "E0GRID", "teams": ["T0HOME9", "T0LOCAL", "T0THIRD"]}}
IN_HOME, IN_GRID = "slack:T0HOME9/U0BOB", "slack:E0GRID/U0BOB"


@pytest.mark.parametrize(
    ("who", "domains", "others"),
    [
        (BOB, "example.com", [BOB_IN_SLACK, IN_HOME, IN_GRID]),
        (BOB_IN_SLACK, "example.com", [BOB, IN_HOME, IN_GRID]),
        (BOB_IN_SLACK, "", [IN_HOME, IN_GRID]),
    ],
)
def test_a_person_of_an_organisation_is_revoked_in_each_listed_workspace(
    gate: Gate,
    deployment: LocalDeployment,
    monkeypatch: pytest.MonkeyPatch,
    who: str,
    domains: str,
    others: list[str],
) -> None:
    _flagged(team_id=None, **GRID)(deployment, monkeypatch)
    environment = {"GATE_SLACK_TEAMS": "T0LOCAL,T0HOME9,E0GRID,T0OTHER", "GATE_SLACK_EMAIL_DOMAINS": domains}
    _deploy_with(deployment, environment, monkeypatch)
    result = gate("revoke", "--yes", who, "--json")
    assert (result.code, result.json["principals"]) == (0, [who, *others])


def test_also_names_another_principal_of_the_same_person(gate: Gate, deployment: LocalDeployment) -> None:
    result = gate("revoke", "--yes", "carol@example.com", "--also", "slack:T0LOCAL/U0DANA", "--json")
    assert (result.code, result.json["principals"]) == (0, ["user:carol@example.com", "slack:T0LOCAL/U0DANA"])
    assert not _grants_of(gate, "slack:T0LOCAL/U0DANA")
    assert "users.lookupByEmail" not in deployment.slack.api_calls
    # A second address is not the Slack user, so Slack is asked.
    more = gate("revoke", "--yes", "bob@example.com", "--also", "bob@old.example", "--json")
    assert more.json["principals"] == [BOB, "user:bob@old.example", BOB_IN_SLACK]
    assert gate("revoke", "--yes", "--everybody", "--also", "bob@example.com").code == 1


@pytest.mark.parametrize(
    ("who", "environment"),
    [
        (BOB, {"GATE_SLACK_TEAMS": "", "GATE_SLACK_EMAIL_DOMAINS": ""}),
        (BOB, {"GATE_SLACK_EMAIL_DOMAINS": ""}),
        (BOB, {"GATE_SLACK_EMAIL_DOMAINS": "example.org"}),
        (BOB_IN_SLACK, {"GATE_SLACK_EMAIL_DOMAINS": ""}),
    ],
)
def test_slack_is_not_asked_without_email_domains(
    gate: Gate, deployment: LocalDeployment, monkeypatch: pytest.MonkeyPatch, who: str, environment: dict[str, str]
) -> None:
    _deploy_with(deployment, environment, monkeypatch)
    result = gate("revoke", "--yes", who, "--json")
    assert (result.code, result.json["principals"]) == (0, [who])
    assert deployment.slack.api_calls == []
