"""`make run`: what it prints, what it serves, and that Ctrl-C leaves nothing behind."""

import os
import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from local.access_file import ACCESS_FILE
from local.places import COLLEAGUE, OUTSIDE
from tests.dev.local.make_run import LOG, ROOT, MakeRun, locations, presigned_url

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


def test_the_printed_address_of_outside_is_refused_before_the_function_runs(run: MakeRun) -> None:
    lines = LOG.read_text().count("\n")
    (outside,) = re.findall(r"(http://\S+) +outside, refused", run.printed)
    assert run.curl(f"{outside}/open/alice-notebook").startswith("HTTP/1.1 403")
    assert LOG.read_text().count("\n") == lines


def test_at_the_printed_address_of_a_colleague_the_gate_sees_another_address(run: MakeRun) -> None:
    (colleague,) = re.findall(r"(http://\S+) +a colleague", run.printed)
    run.sign_in("/", "alice@example.com")
    assert f"Your address is <code>{COLLEAGUE}</code>" in run.curl(f"{colleague}/")


def test_an_open_notebook_is_refused_at_the_printed_addresses(run: MakeRun) -> None:
    url = presigned_url(run.sign_in("/open/alice-notebook", "alice@example.com"))
    printed = re.findall(r"http://alice-notebook\S+/lab", run.printed)
    assert len(printed) == 2
    for address in printed:
        assert run.curl(address).startswith("HTTP/1.1 403")
    for address in (COLLEAGUE, OUTSIDE):
        assert run.curl(run.places.seen_from(address, url)).startswith("HTTP/1.1 403")
    assert run.curl(f"http://{urlsplit(url).netloc}/lab").startswith("HTTP/1.1 200")


def test_the_printed_curl_command_works(run: MakeRun) -> None:
    printed = run.printed.replace("\\\n", " ")
    (signed,) = (shlex.split(line) for line in printed.splitlines() if line.strip().startswith("curl"))
    assert "HTTP/1.1 302" in run.curl(*signed[1:])


def test_make_slack_finds_the_port(run: MakeRun) -> None:
    assert "\n  make slack\n" in run.printed
    environment = {name: value for name, value in os.environ.items() if name != "PORT"}
    command = ["make", "-s", "slack"]
    console = subprocess.run(
        command, input="/notebook\nquit\n", cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert f"{run.url}/open/alice-notebook?ticket=" in console.stdout, console.stdout + console.stderr


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
    assert ACCESS_FILE.stat().st_mode & 0o777 == 0o600


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
    assert f"one of the ports {run.port} to {run.port + 2} can't be used" in second.stderr
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
    assert not ACCESS_FILE.exists()
    assert "Traceback" not in run.printed
    for text in (run.printed, LOG.read_text()):
        for secret in (token, cookie, "authToken", "code="):
            assert secret not in text
    assert '"outcome":"allowed"' in LOG.read_text()
