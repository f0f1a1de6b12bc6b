"""`gate doctor --sign-in`: a sign-in over real sockets, what is told of it, and that nothing is left behind."""

import re
from typing import Any

import pytest

from cli.doctor.claim_checks import Report, check_sign_in
from gate.config import Config
from gate.identity.claims import ReceivedClaim
from local.deployment import LocalDeployment
from tests.cli.conftest import Gate, Said
from tests.unit.conftest import ENVIRON
from trials.user import TestUser

EMAIL = "alice@example.com"


@pytest.fixture
def browser(deployment: LocalDeployment, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Plays the operator's browser, in which Alice signs in; the addresses that were opened."""
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


def _checks(said: Said) -> dict[str, tuple[str, str]]:
    return {check["name"]: (check["level"], check["text"]) for check in said.json["checks"]}


def test_a_sign_in_is_watched_and_told_without_a_value(
    gate: Gate, deployment: LocalDeployment, browser: list[str]
) -> None:
    before = gate("grants", "export").out
    said = gate("doctor", "--sign-in")
    assert said.code == 0
    assert re.fullmatch(rf"{re.escape(deployment.base_url)}/login\?report=[\w-]{{22}}", browser[0])
    assert f"Sign in at {browser[0]}" in said.out
    assert re.search(r"✓ sign-in: you are signed in \(reference [\w-]+\)", said.out)
    assert "✓ user claim: email came from the ID token, as a string" in said.out
    assert "✓ verified address: email_verified came from the ID token, as a boolean" in said.out
    assert "✓ groups claim: groups came from the ID token, as a list" in said.out
    assert re.search(r"^CLAIM +TYPE +SOURCE", said.out, re.MULTILINE)
    assert re.search(r"^email +string +id_token *$", said.out, re.MULTILINE)
    assert EMAIL not in said.out + said.err
    assert _reports(deployment) == []
    assert gate("grants", "export").out == before


def test_it_speaks_json(gate: Gate, browser: list[str]) -> None:
    said = gate("doctor", "--sign-in", "--json")
    assert _checks(said)["sign-in"][0] == "ok"
    assert {"name": "email", "type": "string", "source": "id_token"} in said.json["claims"]
    assert browser[0] in said.err
    assert "claims" not in gate("doctor", "--json").json


def test_a_refused_sign_in_is_told_with_its_reason(
    gate: Gate, deployment: LocalDeployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The provider knows no such person, and vouches for no address of theirs.
    monkeypatch.setattr(
        "webbrowser.open",
        lambda url: TestUser(deployment).open(url.removeprefix(deployment.base_url), "mallory@example.com"),
    )
    said = gate("doctor", "--sign-in", "--json")
    assert said.code == 3
    checks = _checks(said)
    assert checks["sign-in"][0] == "error"
    assert checks["sign-in"][1].startswith("refused: ")
    assert _reports(deployment) == []


def test_the_address_alone_is_printed_where_that_is_wanted(
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
    said = gate("doctor", "--sign-in", "--no-browser")
    assert (said.code, len(printed), browser) == (0, 1, [])
    assert "✓ sign-in: you are signed in" in said.out


def test_nobody_who_signs_in_is_waited_for_as_long_as_a_sign_in_may_take(
    gate: Gate, deployment: LocalDeployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    moment = [1_800_000_000.0]
    monkeypatch.setattr("cli.doctor.sign_in.sleep", lambda seconds: moment.__setitem__(0, moment[0] + 200))
    monkeypatch.setattr("cli.doctor.sign_in.SignInCheck.__init__.__kwdefaults__", {"clock": lambda: moment[0]})
    said = gate("doctor", "--sign-in", "--no-browser")
    assert (said.code, "✗ sign-in: nobody signed in" in said.out) == (3, True)
    assert moment[0] == 1_800_000_600
    assert _reports(deployment) == []


def test_ctrl_c_ends_it_and_leaves_nothing(
    gate: Gate, deployment: LocalDeployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(seconds: float) -> None:
        assert len(_reports(deployment)) == 1
        raise KeyboardInterrupt

    monkeypatch.setattr("cli.doctor.sign_in.sleep", interrupt)
    assert gate("doctor", "--sign-in", "--no-browser").code == 130  # as a shell tells an interrupt
    assert _reports(deployment) == []


def _report(outcome: str = "allowed", **claims: str) -> Report:
    """Return a report with each claim's type, and its source behind a space where it is not the ID token."""
    found = [(name, *f"{kind} id_token".split()[:2]) for name, kind in claims.items()]
    return Report(outcome, "ref", tuple(ReceivedClaim(*each) for each in found))


ADDRESS = {"email": "string", "email_verified": "boolean"}


@pytest.mark.parametrize(
    ("settings", "report", "name", "level", "told"),
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
def test_each_setting_is_told_with_its_mend(
    settings: dict[str, str], report: Report | None, name: str, level: str | None, told: str
) -> None:
    config = Config.from_environ({**ENVIRON, "GATE_ISSUER": "https://login.example.com", **settings})
    found = {check.name: check for check in check_sign_in(config, report)}
    if level is None:
        assert name not in found
        return
    check = found[name]
    assert (check.level, told in f"{check.text} {check.fix}") == (level, True), check
    assert check.level == "ok" or check.fix.endswith(".")
