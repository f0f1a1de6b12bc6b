"""What users do in the local Slack workspace, and the links that they receive."""

from local.deployment import LocalDeployment
from local.slack.page import SlackPage


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
