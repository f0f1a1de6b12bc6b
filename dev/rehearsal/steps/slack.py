"""Steps in Slack."""

from local.slack.page import SlackPage
from rehearsal.environment import Environment
from rehearsal.hosts import OUTSIDE
from rehearsal.slack import USER
from rehearsal.steps import require

JSON = {"Accept": "application/json"}


def command(env: Environment) -> str:
    """Type /notebook: acknowledged at once, and answered by the function's second invocation."""
    surface = ask(env)
    require("alice-notebook" in surface.text, f"what Alice sees in Slack: {surface.text}")
    require(env.slack.workspace.api_calls == ["users.info"], f"Slack was asked {env.slack.workspace.api_calls}")
    return f"acknowledged with 200, then answered at the response URL: {surface.text.splitlines()[0]}"


def ask(env: Environment) -> SlackPage:
    """Type /notebook, and return what the user sees."""
    workspace = env.slack.workspace
    status = workspace.type(USER.id)
    require(status == 200, f"POST /slack: {status}")
    surface = workspace.seen_by(USER.id, timeout=20)
    require(surface, "Slack got no answer: the function was not invoked a second time, or failed")
    assert surface is not None
    return surface


def ticket(env: Environment) -> str:
    """Click Open in Slack, once and twice, and once from outside."""
    url = next(button["url"] for button in ask(env).buttons if button.get("url"))
    stranger = env.browser(OUTSIDE).get(url, headers=JSON)
    require(stranger.json()["error"] == "outside_networks", f"from outside: {stranger.status_code} {stranger.text}")
    first = env.browser().get(url)
    location = first.headers.get("Location", "")
    require(location.startswith("https://alice-notebook.notebook."), f"the first click: {first.status_code} {location}")
    second = env.browser().get(url, headers=JSON)
    require(second.json()["error"] == "invalid_ticket", f"the second click: {second.status_code} {second.text}")
    return "the first click opens the notebook; the second gets invalid_ticket"
