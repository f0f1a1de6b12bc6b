"""What users do in the local Slack workspace, and the links that they receive."""

import os
import subprocess
import sys
from pathlib import Path

from local.deployment import LocalDeployment
from local.slack.page import SlackPage

ROOT = Path(__file__).parents[2]


def run_command(deployment: LocalDeployment, user: str = "U0ALICE", text: str = "") -> SlackPage:
    assert deployment.slack.type(user, text) == 200
    page = deployment.slack.seen_by(user)
    assert page is not None
    return page


def press_button(deployment: LocalDeployment, page: SlackPage, label: str, user: str = "U0ALICE") -> SlackPage:
    labels = [button["text"]["text"] for button in page.buttons]
    assert deployment.slack.press(user, labels.index(label)) == 200
    seen = deployment.slack.seen_by(user)
    assert seen is not None
    return seen


def ticket_path(deployment: LocalDeployment, page: SlackPage) -> str:
    """Return the path of the first link to a notebook, which has a ticket."""
    url: str = next(button["url"] for button in page.buttons if button.get("url"))
    assert url.startswith(f"{deployment.base_url}/open/")
    return url.removeprefix(deployment.base_url)


def make_slack(lines: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run `make slack` with `lines` as its input. `environment`: variables such as PORT."""
    return subprocess.run(
        [sys.executable, "-m", "local.slack"],
        input=lines,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": "lambda:dev:.", **environment},
    )
