"""Slack's response URLs, by which an app answers a user without a token."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass

from werkzeug.wrappers import Request, Response

from local.slack.blocks import InvalidBlocksError, check_blocks
from local.slack.page import SlackPage

MAX_USES, LIFETIME = 5, 1800
"""Uses of a response URL, and the seconds after which it expires (docs.slack.dev, "Handling user interaction")."""


@dataclass
class _ResponseUrl:
    user: str
    expires_at: float
    uses_left: int = MAX_USES


class ResponseUrls:
    """Creates response URLs, and accepts what the app posts to them."""

    def __init__(self, *, clock: Callable[[], float], show: Callable[[str, SlackPage], None]) -> None:
        """`show`: called with the user's ID and what the user now sees."""
        self._clock = clock
        self._show = show
        self._urls: dict[str, _ResponseUrl] = {}

    def create(self, user: str) -> str:
        """Return the secret part of a new response URL for `user`."""
        token = secrets.token_urlsafe(18)
        self._urls[token] = _ResponseUrl(user, self._clock() + LIFETIME)
        return token

    def accept(self, token: str, request: Request) -> Response:
        """Answer a request to the response URL with the secret part `token`."""
        url = self._urls.get(token)
        if url is None or url.uses_left < 1 or url.expires_at <= self._clock():
            return Response("expired_url", 404)
        url.uses_left -= 1
        message = request.get_json(force=True)
        try:
            check_blocks(message.get("blocks"), "message")
        except InvalidBlocksError as error:
            return Response(f"invalid_blocks: {error}", 400)
        if message.get("response_type", "ephemeral") != "ephemeral":
            return Response("no_text", 400)
        self._show(url.user, SlackPage(message["blocks"]))
        return Response("ok")
