"""What people do in the local Slack, and the links that they are given."""

from local.deployment import LocalDeployment
from local.slack.surface import Surface


def ask(deployment: LocalDeployment, user: str = "U0ALICE", text: str = "") -> Surface:
    assert deployment.slack.type(user, text) == 200
    surface = deployment.slack.seen_by(user)
    assert surface is not None
    return surface


def press(deployment: LocalDeployment, surface: Surface, label: str, user: str = "U0ALICE") -> Surface:
    labels = [button["text"]["text"] for button in surface.buttons]
    assert deployment.slack.press(user, labels.index(label)) == 200
    seen = deployment.slack.seen_by(user)
    assert seen is not None
    return seen


def ticket(deployment: LocalDeployment, surface: Surface) -> str:
    """Return the path of the first link to a notebook."""
    url: str = next(button["url"] for button in surface.buttons if button.get("url"))
    assert url.startswith(f"{deployment.base_url}/open/")
    return url.removeprefix(deployment.base_url)
