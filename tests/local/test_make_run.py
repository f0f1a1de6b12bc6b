"""`make run` as somebody types it: what it prints, what it serves, and that Ctrl-C leaves nothing behind."""

import os
import re
import shlex
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import psutil
import pytest
from slack_sdk.signature import SignatureVerifier

from tests.providers.browser import Browser
from tests.providers.provider import PEOPLE, SECRET, Certified, Setup, TestUser, client

ROOT = Path(__file__).parents[2]
LOG = ROOT / ".cache" / "local" / "gate.log"
OPERATOR = ROOT / ".cache" / "local" / "operator.json"
ALICE, BOB = PEOPLE
README = (ROOT / "README.md").read_text()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


class Run:
    """One `make run`, from the first line to the end."""

    def __init__(self, folder: Path, **variables: str) -> None:
        self.port = _free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.output = folder / "output.txt"
        self.jar = folder / "cookies.txt"
        settings = [f"{name}={value}" for name, value in {"PORT": str(self.port), **variables}.items()]
        with self.output.open("w") as output:
            self.process = subprocess.Popen(
                ["make", "run", *settings], cwd=ROOT, stdout=output, stderr=output, start_new_session=True
            )
        self._wait_for("Decisions are logged")

    def _wait_for(self, text: str) -> None:
        deadline = time.monotonic() + 600  # the first time, set-up is part of it
        while text not in self.printed:
            assert self.process.poll() is None, self.printed
            assert time.monotonic() < deadline, self.printed
            time.sleep(0.1)

    @property
    def printed(self) -> str:
        return self.output.read_text()

    def curl(self, *arguments: str) -> str:
        command = ["curl", "-s", "-i", "--max-time", "120", "-b", str(self.jar), "-c", str(self.jar), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout

    def sign_in(self, path: str, email: str) -> str:
        """Follow redirects to the provider, sign in there, follow again; return all headers of the second half."""
        self.jar.unlink(missing_ok=True)
        form = _locations(self.curl("-L", self.url + path))[-1]
        return self.curl("-L", "--data-urlencode", f"sub={email}", form)

    def children(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def end(self, number: int = signal.SIGINT) -> None:
        os.killpg(self.process.pid, number)
        self.process.wait(timeout=120)


def _locations(headers: str) -> list[str]:
    return [line.strip() for line in re.findall(r"(?mi)^location: (.*)$", headers)]


def _presigned(headers: str) -> str:
    return next(location for location in _locations(headers) if "authToken=" in location)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    run = Run(tmp_path_factory.mktemp("run"))
    yield run
    if run.process.poll() is None:
        run.end()


def test_alice_is_sent_to_her_notebooks_presigned_url_and_lands_in_jupyterlab(run: Run) -> None:
    answers = run.sign_in("/open/alice-notebook", "alice@example.com")
    assert "<title>JupyterLab</title>" in answers
    assert _locations(answers)[-1] == "/lab"
    last = _presigned(answers)
    assert re.fullmatch(r"http://alice-notebook\.notebook\.eu-west-1\.localhost:\d+\?authToken=[\w.-]+&view=lab", last)


def test_bob_chooses_and_carol_is_told_no(run: Run) -> None:
    choice = run.sign_in("/open", "bob@example.com")
    assert "200 OK" in choice.splitlines()[-1] or "/open/bob-notebook" in choice
    assert "/open/shared-notebook" in choice
    assert "HTTP/1.1 403" in run.sign_in("/open", "carol@example.com")


def test_127_0_0_2_is_outside(run: Run) -> None:
    lines = LOG.read_text().count("\n")
    answer = run.curl("--interface", "127.0.0.2", f"{run.url}/open/alice-notebook")
    assert answer.startswith("HTTP/1.1 403")
    assert LOG.read_text().count("\n") == lines


def test_the_curl_lines_that_it_prints_do_what_they_say(run: Run) -> None:
    printed = run.printed.replace("\\\n", " ")
    signed, outside = (shlex.split(line) for line in printed.splitlines() if line.strip().startswith("curl"))
    assert "HTTP/1.1 302" in run.curl(*signed[1:])
    assert "HTTP/1.1 403" in run.curl(*outside[1:])


def test_it_names_the_people_and_the_bookmarks(run: Run) -> None:
    for text in ("alice@example.com", "bob@example.com", "carol@example.com", f"{run.url}/open/alice-notebook"):
        assert text in run.printed


def test_gate_looks_after_it_as_the_readme_says(run: Run, tmp_path: Path) -> None:
    lines = re.findall(r"^gate --local .*$", README, re.MULTILINE)
    assert len(lines) == 4
    for line in lines:
        command = [ROOT / ".venv" / "bin" / "gate", *shlex.split(line)[1:]]
        told = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False)
        assert told.returncode == 0, told.stdout + told.stderr
    assert "user:alice@example.com" in (tmp_path / "grants.yaml").read_text()
    assert OPERATOR.stat().st_mode & 0o777 == 0o600


def test_a_taken_port_is_one_clear_line(run: Run) -> None:
    command = ["make", "run", f"PORT={run.port}"]
    second = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert second.returncode != 0
    assert f"port {run.port} can't be had" in second.stderr
    assert "Traceback" not in second.stderr


def test_ctrl_c_ends_every_child_and_no_secret_was_written(run: Run) -> None:
    url = _presigned(run.sign_in("/open/alice-notebook", "alice@example.com"))
    token = url.split("authToken=")[1]
    cookie = re.findall(r"gate-session\s+(\S+)", run.jar.read_text())[0]
    children = run.children()
    commands = [" ".join(child.cmdline()) for child in children]
    for part in ("evaluate.mjs", "jupyterlab"):
        assert any(part in command for command in commands)

    run.end()

    assert not any(child.is_running() for child in children)
    assert not OPERATOR.exists()
    assert "Traceback" not in run.printed
    for text in (run.printed, LOG.read_text()):
        for secret in (token, cookie, "authToken", "code="):
            assert secret not in text
    assert '"outcome":"allowed"' in LOG.read_text()


def test_sigterm_ends_it_too(tmp_path: Path) -> None:
    run = Run(tmp_path)
    children = run.children()
    run.end(signal.SIGTERM)
    assert not any(child.is_running() for child in children)


def test_other_people_grants_and_notebooks(tmp_path: Path) -> None:
    sample = tmp_path / "mine.yaml"
    sample.write_text(
        "people: [{email: dora@example.com}]\n"
        "notebooks: [{name: doras}]\n"
        "grants: [{principal: 'user:dora@example.com', notebook: doras}]\n"
    )
    run = Run(tmp_path, SAMPLE=str(sample))
    try:
        assert _presigned(run.sign_in("/open", "dora@example.com")).startswith("http://doras.notebook.")
        assert "alice" not in run.printed
    finally:
        run.end()


def test_somebodys_own_slack(tmp_path: Path) -> None:
    secret, team = "8f742231b10e8888abcd99yyyzzz85a5", "T0123ABCDEF"
    run = Run(tmp_path, SLACK_SIGNING_SECRET=secret, SLACK_TEAM=team)
    try:
        assert f"The Slack workspace is {team}" in run.printed
        play = ["make", "-s", "slack", f"PORT={run.port}"]
        played = subprocess.run(play, input="/notebook\nquit\n", cwd=ROOT, capture_output=True, text=True, check=False)
        url = next(word for word in played.stdout.split() if "?ticket=" in word)
        assert "authToken=" in _locations(run.curl(url))[-1]

        real = SignatureVerifier(secret).generate_signature
        for made, status in ((team, "200"), ("T0OTHER", "401")):
            body = f"team_id={made}&user_id=U1&command=/notebook&text=&response_url=https://nobody.invalid/"
            stamp = str(int(time.time()))
            headers = [f"X-Slack-Request-Timestamp: {stamp}", f"X-Slack-Signature: {real(timestamp=stamp, body=body)}"]
            given = [word for header in headers for word in ("-H", header)]
            answer = run.curl("--interface", "127.0.0.2", *given, "--data-raw", body, f"{run.url}/slack")
            assert answer.startswith(f"HTTP/1.1 {status}")
        assert secret not in run.printed + LOG.read_text()
    finally:
        run.end()


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
def test_somebodys_own_provider(
    tmp_path: Path,
    provider: Certified,
    method: str,
    claims_in: Literal["userinfo"] | None,
    variables: dict[str, str],
    person: TestUser,
    notebook: str,
) -> None:
    provider.configure(Setup([]))
    run = Run(tmp_path, ISSUER=provider.issuer, CLIENT_ID="notebook-gate", **variables)
    try:
        registered = client(run.url, "notebook-gate", token_endpoint_auth_method=method)
        provider.configure(Setup([registered], claims_in=claims_in))
        assert f"Users sign in at {provider.issuer}" in run.printed
        assert registered["redirect_uris"][0] in run.printed
        with Browser(run.url, provider) as browser:
            answer = browser.sign_in(f"/open/{notebook}", person)
        assert answer.headers["Location"].startswith(f"http://{notebook}.notebook.")
        assert "authToken=" in answer.headers["Location"]
        assert SECRET not in run.printed + LOG.read_text()
    finally:
        run.end()


@pytest.mark.parametrize(
    ("variables", "told"),
    [
        (["PORT=x"], "PORT=x is not a port"),
        (["PORT=70000"], "PORT=70000 is not a port"),
        (["ISSUER=https://login.example.com"], "ISSUER and CLIENT_ID go together"),
        (["ISSUER=ftp://example.com", "CLIENT_ID=x"], "identity.issuer = 'ftp://example.com' is no issuer"),
        (["SCOPES=openid groups"], "SCOPES, USER_CLAIM and GROUPS_CLAIM need an external identity provider"),
        (["USER_CLAIM=sub"], "make run ISSUER=https://login.example.com CLIENT_ID=… SCOPES='openid email groups'"),
        (["ISSUER=https://login.example.com", "CLIENT_ID=x", "SCOPES=email"], "identity.scopes = ['email'] lacks"),
        (["SLACK_TEAM=T0123ABCDEF"], "SLACK_SIGNING_SECRET and SLACK_TEAM go together"),
        (["SLACK_SIGNING_SECRET=x"], "make run SLACK_SIGNING_SECRET=… SLACK_TEAM=T0123ABCDEF"),
        (["SLACK_BOT_TOKEN=xoxb-1"], "SLACK_BOT_TOKEN needs both"),
        (["SLACK_SIGNING_SECRET=x", "SLACK_TEAM=my-company"], "slack.teams[0] = 'my-company'"),
        (["SAMPLE=/no/such/file"], "/no/such/file: can't be read"),
    ],
)
def test_what_cannot_be_run_is_told_in_one_line(variables: list[str], told: str) -> None:
    command = ["make", "-s", "run", *variables]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert answer.returncode != 0
    assert told in answer.stderr
    assert "Traceback" not in answer.stderr
