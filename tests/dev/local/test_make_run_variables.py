"""The variables of `make run`: another sample, an external identity provider, an app at Slack, and wrong values."""

import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from slack_sdk.signature import SignatureVerifier

import local.__main__
from local.places import OUTSIDE
from local.slack.app import SlackApp
from testing.providers.browser import ProviderBrowser
from testing.providers.provider import PEOPLE, SECRET, Certified, Setup, TestUser, client
from tests.dev.local.make_run import LOG, ROOT, MakeRun, locations, presigned_url

ALICE, BOB = PEOPLE


def test_another_sample_is_served_until_sigterm(tmp_path: Path) -> None:
    sample = tmp_path / "sample.yaml"
    sample.write_text(
        "people: [{email: dora@example.com}]\n"
        "notebooks: [{name: doras}]\n"
        "grants: [{principal: 'user:dora@example.com', notebook: doras}]\n"
    )
    run = MakeRun(tmp_path, SAMPLE=str(sample))
    try:
        assert presigned_url(run.sign_in("/open", "dora@example.com")).startswith("http://doras.notebook.")
        assert "alice" not in run.printed
        children = run.children()
    finally:
        run.stop(signal.SIGTERM)
    assert not any(child.is_running() for child in children)


def test_a_slack_app_at_slack(tmp_path: Path) -> None:
    secret, team = "8f742231b10e8888abcd99yyyzzz85a5", "T0123ABCDEF"
    run = MakeRun(tmp_path, SLACK_SIGNING_SECRET=secret, SLACK_TEAM=team)
    try:
        assert f"The Slack workspace is {team}" in run.printed
        command = ["make", "-s", "slack", f"PORT={run.port}"]
        console = subprocess.run(
            command, input="/notebook\nquit\n", cwd=ROOT, capture_output=True, text=True, check=False
        )
        url = next(word for word in console.stdout.split() if "?ticket=" in word)
        assert "authToken=" in locations(run.curl(url))[-1]

        real = SignatureVerifier(secret).generate_signature
        for made, status in ((team, "200"), ("T0OTHER", "401")):
            body = f"team_id={made}&user_id=U1&command=/notebook&text=&response_url=https://nobody.invalid/"
            stamp = str(int(time.time()))
            headers = [f"X-Slack-Request-Timestamp: {stamp}", f"X-Slack-Signature: {real(timestamp=stamp, body=body)}"]
            given = [word for header in headers for word in ("-H", header)]
            answer = run.curl(*given, "--data-raw", body, f"{run.places.url(OUTSIDE)}/slack")
            assert answer.startswith(f"HTTP/1.1 {status}")
        assert secret not in run.printed + LOG.read_text()
    finally:
        run.stop()


@pytest.fixture
def provider() -> Iterator[Certified]:
    provider = Certified()
    yield provider
    provider.close()


@pytest.mark.parametrize(
    ("method", "claims_in", "variables", "person", "notebook"),
    [
        ("none", None, {"USER_CLAIM": "sub"}, ALICE, "alice-notebook"),
        (
            "client_secret_basic",
            "userinfo",
            {"CLIENT_SECRET": SECRET, "SCOPES": "openid email groups", "GROUPS_CLAIM": "groups"},
            BOB,
            "shared-notebook",
        ),
    ],
    ids=["public client, by sub", "secret, groups from UserInfo"],
)
def test_an_external_provider(
    tmp_path: Path,
    provider: Certified,
    method: str,
    claims_in: Literal["userinfo"] | None,
    variables: dict[str, str],
    person: TestUser,
    notebook: str,
) -> None:
    provider.configure(Setup([]))
    run = MakeRun(tmp_path, ISSUER=provider.issuer, CLIENT_ID="notebook-gate", **variables)
    try:
        registered = client(run.url, "notebook-gate", token_endpoint_auth_method=method)
        provider.configure(Setup([registered], claims_in=claims_in))
        assert f"Users sign in at {provider.issuer}" in run.printed
        assert registered["redirect_uris"][0] in run.printed
        with ProviderBrowser(run.url, provider) as browser:
            answer = browser.sign_in(f"/open/{notebook}", person)
        assert answer.headers["Location"].startswith(f"http://{notebook}.notebook.")
        assert "authToken=" in answer.headers["Location"]
        assert SECRET not in run.printed + LOG.read_text()
    finally:
        run.stop()


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"PORT": "x"}, "PORT=x is not a port"),
        ({"PORT": "65531"}, "PORT=65531 is not a port: write a number from 1 to 65530"),
        ({"ISSUER": "https://login.example.com"}, "ISSUER and CLIENT_ID go together"),
        (
            {"ISSUER": "ftp://example.com", "CLIENT_ID": "x"},
            "identity.issuer = 'ftp://example.com' is not an issuer URL",
        ),
        ({"SCOPES": "openid groups"}, "SCOPES, USER_CLAIM and GROUPS_CLAIM need an external identity provider"),
        ({"USER_CLAIM": "sub"}, "make run ISSUER=https://login.example.com CLIENT_ID=… SCOPES='openid email groups'"),
        (
            {"ISSUER": "https://login.example.com", "CLIENT_ID": "x", "SCOPES": "email"},
            "identity.scopes = ['email'] lacks",
        ),
        ({"SLACK_TEAM": "T0123ABCDEF"}, "SLACK_SIGNING_SECRET and SLACK_TEAM go together"),
        ({"SLACK_SIGNING_SECRET": "x"}, "make run SLACK_SIGNING_SECRET=… SLACK_TEAM=T0123ABCDEF"),
        ({"SLACK_BOT_TOKEN": "xoxb-1"}, "SLACK_BOT_TOKEN needs both"),
        ({"SLACK_SIGNING_SECRET": "x", "SLACK_TEAM": "my-company"}, "slack.teams[0] = 'my-company'"),
        ({"SAMPLE": "/no/such/file"}, "/no/such/file: can't be read"),
    ],
)
def test_wrong_variables_are_reported_in_one_line(
    variables: dict[str, str], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("signal.signal", lambda *_: None)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    # `sys.exit` with a text prints just that, which `test_a_port_in_use_is_reported_in_one_line` shows of `make run`.
    with pytest.raises(SystemExit) as ended:
        local.__main__.main()
    (line,) = str(ended.value.code).splitlines()
    assert message in line


def test_the_settings_file_says_whether_there_is_a_vpc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (local.__main__.ROOT / "gate.toml").read_text()
    (tmp_path / "gate.toml").write_text(text.replace("\nnone = false\n", "\nnone = true\n"))
    without_issuer = {"issuer": "", "client_id": ""}
    made = []
    for folder in (local.__main__.ROOT, tmp_path):
        monkeypatch.setattr(local.__main__, "ROOT", folder)
        made.append(local.__main__._settings(without_issuer, SlackApp(), {})["vpc"])
    assert made == [{"none": False}, {"none": True}]
