"""`make run`: what it prints, what it serves, and that Ctrl-C leaves nothing behind."""

import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.dev.local.make_run import LOG, ROOT, MakeRun, locations, presigned_url

OPERATOR = ROOT / ".cache" / "local" / "operator.json"
GUIDE = (ROOT / "docs" / "gate.md").read_text()


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MakeRun]:
    run = MakeRun(tmp_path_factory.mktemp("run"))
    yield run
    if run.process.poll() is None:
        run.stop()


def test_a_bookmark_leads_to_the_presigned_url_and_jupyterlab(run: MakeRun) -> None:
    answers = run.sign_in("/open/alice-notebook", "alice@example.com")
    assert "<title>JupyterLab</title>" in answers
    assert locations(answers)[-1] == "/lab"
    last = presigned_url(answers)
    assert re.fullmatch(r"http://alice-notebook\.notebook\.eu-west-1\.localhost:\d+\?authToken=[\w.-]+&view=lab", last)


def test_several_notebooks_are_offered_and_a_user_without_a_grant_is_refused(run: MakeRun) -> None:
    choice = run.sign_in("/open", "bob@example.com")
    assert "200 OK" in choice.splitlines()[-1] or "/open/bob-notebook" in choice
    assert "/open/shared-notebook" in choice
    assert "HTTP/1.1 403" in run.sign_in("/open", "carol@example.com")


def test_127_0_0_2_is_outside(run: MakeRun) -> None:
    lines = LOG.read_text().count("\n")
    answer = run.curl("--interface", "127.0.0.2", f"{run.url}/open/alice-notebook")
    assert answer.startswith("HTTP/1.1 403")
    assert LOG.read_text().count("\n") == lines


def test_the_printed_curl_commands_work(run: MakeRun) -> None:
    printed = run.printed.replace("\\\n", " ")
    signed, outside = (shlex.split(line) for line in printed.splitlines() if line.strip().startswith("curl"))
    assert "HTTP/1.1 302" in run.curl(*signed[1:])
    assert "HTTP/1.1 403" in run.curl(*outside[1:])


def test_the_users_and_the_bookmarks_are_printed(run: MakeRun) -> None:
    for text in ("alice@example.com", "bob@example.com", "carol@example.com", f"{run.url}/open/alice-notebook"):
        assert text in run.printed


def test_the_gate_commands_of_the_guide_work(run: MakeRun, tmp_path: Path) -> None:
    lines = re.findall(r"^gate --local .*$", GUIDE, re.MULTILINE)
    assert len(lines) == 4
    for line in lines:
        command = [ROOT / ".venv" / "bin" / "gate", *shlex.split(line)[1:]]
        answer = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False)
        assert answer.returncode == 0, answer.stdout + answer.stderr
    assert "user:alice@example.com" in (tmp_path / "grants.yaml").read_text()
    assert OPERATOR.stat().st_mode & 0o777 == 0o600


def test_unused_grants_are_found_in_what_the_function_logged(run: MakeRun) -> None:
    run.sign_in("/open/alice-notebook", "alice@example.com")
    command = [ROOT / ".venv" / "bin" / "gate", "--local", "grants", "unused", "--days", "90"]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert answer.returncode == 3, answer.stdout + answer.stderr
    assert "gate --local grants take user:bob@example.com churn-model" in answer.stdout
    assert "gate --local grants take user:alice@example.com alice-notebook" not in answer.stdout
    assert "The log begins at" in answer.stdout


def test_a_port_in_use_is_reported_in_one_line(run: MakeRun) -> None:
    command = ["make", "run", f"PORT={run.port}"]
    second = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert second.returncode != 0
    assert f"port {run.port} can't be used" in second.stderr
    assert "Traceback" not in second.stderr


def test_ctrl_c_stops_every_child_process_and_no_secret_was_written(run: MakeRun) -> None:
    url = presigned_url(run.sign_in("/open/alice-notebook", "alice@example.com"))
    token = url.split("authToken=")[1]
    cookie = re.findall(r"gate-session\s+(\S+)", run.cookies.read_text())[0]
    children = run.children()
    commands = [" ".join(child.cmdline()) for child in children]
    for part in ("evaluate.mjs", "jupyterlab"):
        assert any(part in command for command in commands)

    run.stop()

    assert not any(child.is_running() for child in children)
    assert not OPERATOR.exists()
    assert "Traceback" not in run.printed
    for text in (run.printed, LOG.read_text()):
        for secret in (token, cookie, "authToken", "code="):
            assert secret not in text
    assert '"outcome":"allowed"' in LOG.read_text()
