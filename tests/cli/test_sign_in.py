"""`gate doctor --sign-in`: a sign-in over real sockets, its report, and that no row is left behind."""

import re
from typing import Any

import pytest

from cli.doctor.claim_checks import Report, check_sign_in
from gate.platform.config import Config
from gate.values.received_claim import ReceivedClaim
from local.deployment import LocalDeployment
from testing.environment import ENVIRON
from testing.user import TestUser
from tests.cli.conftest import CommandResult, Gate

EMAIL = "alice@example.com"


@pytest.fixture
def browser(deployment: LocalDeployment, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Replaces the operator's browser by one in which Alice signs in; returns the opened URLs."""
    opened: list[str] = []

    def open_(url: str) -> bool:
        opened.append(url)
        TestUser(deployment).open(url.removeprefix(deployment.base_url), EMAIL)
        return True

    monkeypatch.setattr("webbrowser.open", open_)
    return opened


def _reports(deployment: LocalDeployment) -> list[Any]:
    items = deployment.operator("dynamodb").scan(TableName=deployment.template.table["TableName"])["Items"]
    return [item for item in items if item["principal"]["S"].startswith("report:")]


def _checks(result: CommandResult) -> dict[str, tuple[str, str]]:
    return {check["name"]: (check["level"], check["text"]) for check in result.json["checks"]}


def test_a_sign_in_is_reported_without_values(gate: Gate, deployment: LocalDeployment, browser: list[str]) -> None:
    before = gate("grants", "export").out
    result = gate("doctor", "--sign-in")
    assert result.code == 0
    assert re.fullmatch(rf"{re.escape(deployment.base_url)}/login\?report=[\w-]{{22}}", browser[0])
    assert f"Sign in at {browser[0]}" in result.out
    assert re.search(r"✓ sign-in: you are signed in \(reference [\w-]+\)", result.out)
    assert "✓ user claim: email came from the ID token, as a string" in result.out
    assert "✓ verified address: email_verified came from the ID token, as a boolean" in result.out
    assert "✓ groups claim: groups came from the ID token, as a list" in result.out
    assert re.search(r"^CLAIM +TYPE +SOURCE", result.out, re.MULTILINE)
    assert re.search(r"^email +string +id_token *$", result.out, re.MULTILINE)
    assert EMAIL not in result.out + result.err
    assert _reports(deployment) == []
    assert gate("grants", "export").out == before


def test_the_sign_in_as_json(gate: Gate, browser: list[str]) -> None:
    result = gate("doctor", "--sign-in", "--json")
    assert _checks(result)["sign-in"][0] == "ok"
    assert {"name": "email", "type": "string", "source": "id_token"} in result.json["claims"]
    assert browser[0] in result.err
    assert "claims" not in gate("doctor", "--json").json


def test_a_refused_sign_in_is_reported_with_its_reason(
    gate: Gate, deployment: LocalDeployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The provider does not know this person and does not confirm their address.
    monkeypatch.setattr(
        "webbrowser.open",
        lambda url: TestUser(deployment).open(url.removeprefix(deployment.base_url), "mallory@example.com"),
    )
    result = gate("doctor", "--sign-in", "--json")
    assert result.code == 3
    checks = _checks(result)
    assert checks["sign-in"][0] == "error"
    assert checks["sign-in"][1].startswith("refused: ")
    assert _reports(deployment) == []


def test_no_browser_only_prints_the_url(
    gate: Gate,
    deployment: LocalDeployment,
    browser: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    printed: list[str] = []

    def sign_in_elsewhere(seconds: float) -> None:
        assert seconds == 1.0
        printed.append(re.findall(r"http\S+report=\S+", capsys.readouterr().out)[0])
        TestUser(deployment).open(printed[0].removeprefix(deployment.base_url), EMAIL)

    monkeypatch.setattr("cli.doctor.sign_in.sleep", sign_in_elsewhere)
    result = gate("doctor", "--sign-in", "--no-browser")
    assert (result.code, len(printed), browser) == (0, 1, [])
    assert "✓ sign-in: you are signed in" in result.out


def test_the_check_times_out_if_nobody_signs_in(
    gate: Gate, deployment: LocalDeployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    moment = [1_800_000_000.0]
    monkeypatch.setattr("cli.doctor.sign_in.sleep", lambda seconds: moment.__setitem__(0, moment[0] + 200))
    monkeypatch.setattr("cli.doctor.sign_in.wait_for_sign_in.__kwdefaults__", {"clock": lambda: moment[0]})
    result = gate("doctor", "--sign-in", "--no-browser")
    assert (result.code, "✗ sign-in: nobody signed in" in result.out) == (3, True)
    assert moment[0] == 1_800_000_600
    assert _reports(deployment) == []


def test_ctrl_c_removes_the_row(gate: Gate, deployment: LocalDeployment, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(seconds: float) -> None:
        assert len(_reports(deployment)) == 1
        raise KeyboardInterrupt

    monkeypatch.setattr("cli.doctor.sign_in.sleep", interrupt)
    assert gate("doctor", "--sign-in", "--no-browser").code == 130  # the exit code of an interrupted command
    assert _reports(deployment) == []


def _report(outcome: str = "allowed", **claims: str) -> Report:
    """Return a report; each claim is given as its type, followed by its source if that is not the ID token."""
    found = [(name, *f"{kind} id_token".split()[:2]) for name, kind in claims.items()]
    return Report(outcome, "ref", tuple(ReceivedClaim(*each) for each in found))


ADDRESS = {"email": "string", "email_verified": "boolean"}


@pytest.mark.parametrize(
    ("settings", "report", "name", "level", "message"),
    [
        ({}, None, "sign-in", "error", "nobody signed in"),
        ({}, _report("sign_in_denied"), "sign-in", "error", "refused: sign_in_denied (reference ref)"),
        ({}, _report(**ADDRESS), "user claim", "ok", "email came from the ID token, as a string"),
        ({}, _report(email="string userinfo"), "user claim", "ok", "email came from the UserInfo endpoint"),
        ({}, _report("user_unknown", sub="string"), "user claim", "error", "email did not come"),
        ({}, _report("user_unknown", email="null"), "user claim", "error", "email did not come"),
        ({"GATE_USER_CLAIM": "oid"}, _report("user_unknown", oid="number"), "user claim", "error", "valid user name"),
        ({}, _report(**ADDRESS), "verified address", "ok", "email_verified came from the ID token, as a boolean"),
        ({}, _report("email_not_verified", email="string"), "verified address", "error", "email_verified did not come"),
        ({}, _report("email_not_verified", **ADDRESS), "verified address", "error", "does not confirm the address"),
        ({"GATE_TRUST_EMAIL": "true"}, _report(email="string"), "verified address", None, ""),
        ({"GATE_USER_CLAIM": "sub"}, _report(sub="string"), "verified address", None, ""),
        ({}, _report(**ADDRESS, groups="array userinfo"), "groups claim", "ok", "UserInfo endpoint, as a list"),
        ({}, _report(**ADDRESS, groups="number"), "groups claim", "warning", "came from the ID token, as a number"),
        ({}, _report(**ADDRESS), "groups claim", "warning", 'add "groups" to identity.scopes'),
        ({"GATE_SCOPES": "openid groups"}, _report(**ADDRESS), "groups claim", "warning", "send it (docs"),
        ({}, _report(**ADDRESS, roles="array", amr="array"), "groups claim", "warning", "(roles came as a list)"),
        ({}, _report(**ADDRESS, _claim_names="object"), "groups claim", "warning", "only the groups assigned to"),
        ({}, _report(**ADDRESS, hasgroups="boolean"), "groups claim", "warning", "in too many groups for a token"),
        ({"GATE_GROUPS": ""}, _report(**ADDRESS), "groups claim", "ok", "groups are not used"),
    ],
)  # fmt: skip
def test_each_claim_setting_is_checked(
    settings: dict[str, str], report: Report | None, name: str, level: str | None, message: str
) -> None:
    config = Config.from_environ({**ENVIRON, "GATE_ISSUER": "https://login.example.com", **settings})
    found = {check.name: check for check in check_sign_in(config, report)}
    if level is None:
        assert name not in found
        return
    check = found[name]
    assert (check.level, message in f"{check.text} {check.fix}") == (level, True), check
    assert check.level == "ok" or check.fix.endswith(".")
