"""What people do in the local Slack, and the links that they are given."""

from local.slack.surface import Surface
from local.world import World


def ask(world: World, user: str = "U0ALICE", text: str = "") -> Surface:
    assert world.slack.type(user, text) == 200
    surface = world.slack.seen_by(user)
    assert surface is not None
    return surface


def press(world: World, surface: Surface, label: str, user: str = "U0ALICE") -> Surface:
    labels = [button["text"]["text"] for button in surface.buttons]
    assert world.slack.press(user, labels.index(label)) == 200
    seen = world.slack.seen_by(user)
    assert seen is not None
    return seen


def ticket(world: World, surface: Surface) -> str:
    """Return the path of the first link to a notebook."""
    url: str = next(button["url"] for button in surface.buttons if button.get("url"))
    assert url.startswith(f"{world.base_url}/open/")
    return url.removeprefix(world.base_url)
