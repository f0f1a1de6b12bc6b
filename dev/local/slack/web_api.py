"""Slack's side of what the gate and its operators' commands send: Web API methods, and answers to response URLs."""

import json
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from werkzeug.wrappers import Request, Response

from local.sample import SlackUser
from local.slack.blocks import InvalidBlocksError, check_blocks
from local.slack.page import SlackPage

TRIGGER_LIFETIME = 3
"""Seconds for which a trigger_id can open a modal (docs.slack.dev, "Handling user interaction")."""

MAX_USES, LIFETIME = 5, 1800
"""Uses of a response URL, and the seconds after which it expires (docs.slack.dev, "Handling user interaction")."""


class WebApi:
    """Answers API calls about the users of one workspace."""

    def __init__(
        self,
        *,
        team: str,
        users: Sequence[SlackUser],
        clock: Callable[[], float],
        show: Callable[[str, SlackPage], None],
    ) -> None:
        """`team`: the workspace's ID. `show`: called with the user's ID and what the user now sees."""
        self._team = team
        self._users = {user.id: user for user in users}
        self._clock = clock
        self._show = show
        self._triggers: dict[str, tuple[str, float]] = {}
        self._views: dict[str, str] = {}
        self.user_groups: dict[str, list[str]] = {}
        """The ids of the users in each user group."""
        self.messages: dict[tuple[str, str], SlackPage] = {}
        """The messages in channels and to users, by channel and timestamp."""
        self.bot_token = f"xoxb-local-{secrets.token_hex(12)}"

    def create_trigger(self, user: str) -> str:
        """Return a trigger_id with which the app can open a modal for `user`."""
        trigger = f"{secrets.randbelow(10**12)}.{secrets.randbelow(10**12)}.{secrets.token_hex(16)}"
        self._triggers[trigger] = (user, self._clock() + TRIGGER_LIFETIME)
        return trigger

    def answer(self, method: str, request: Request) -> dict[str, Any]:
        """Return the answer to a call of `method`."""
        if request.headers.get("Authorization") != f"Bearer {self.bot_token}":
            return _error("invalid_auth")
        form = request.get_json() if request.is_json else request.values.to_dict()
        match method:
            case "users.info":
                # A workspace at Slack has users who are not in the sample: they are members without an address.
                user = self._users.get(form["user"]) or SlackUser(id=form["user"], name=form["user"].lower())
                return {"ok": True, "user": self.user_object(user)}
            case "usergroups.users.list":
                members = self.user_groups.get(form["usergroup"])
                return _error("no_such_subteam") if members is None else {"ok": True, "users": list(members)}
            case "users.lookupByEmail":
                return self._look_up(form)
            case "views.open":
                return self._open_view(form)
            case "views.update" if form["view_id"] in self._views:
                return self._update_view(form)
            case "chat.postMessage":
                return self._post(form)
            case "chat.update":
                return self._update(form)
        return _error("unknown_method")

    def _post(self, form: Mapping[str, Any]) -> dict[str, Any]:
        timestamp = f"{self._clock():.0f}.{len(self.messages):06d}"
        return self._put(form, form["channel"], timestamp)

    def _update(self, form: Mapping[str, Any]) -> dict[str, Any]:
        if (form["channel"], form["ts"]) not in self.messages:
            return _error("message_not_found")
        return self._put(form, form["channel"], form["ts"])

    def _put(self, form: Mapping[str, Any], channel: str, timestamp: str) -> dict[str, Any]:
        blocks = json.loads(form["blocks"]) if isinstance(form["blocks"], str) else form["blocks"]
        try:
            check_blocks(blocks, "message")
        except InvalidBlocksError as error:
            return {**_error("invalid_blocks"), "response_metadata": {"messages": [str(error)]}}
        self.messages[channel, timestamp] = page = SlackPage(blocks, message=(channel, timestamp))
        self._show(channel, page)
        return {"ok": True, "channel": channel, "ts": timestamp}

    def _look_up(self, form: Mapping[str, Any]) -> dict[str, Any]:
        """Answer users.lookupByEmail, which does not find deactivated users (docs.slack.dev)."""
        if "email" not in form:
            return _error("invalid_arguments")
        users = (self.user_object(user) for user in self._users.values() if user.email == form["email"])
        found = next((user for user in users if not user["deleted"]), None)
        return {"ok": True, "user": found} if found else _error("users_not_found")

    def _open_view(self, form: Mapping[str, Any]) -> dict[str, Any]:
        user, expires_at = self._triggers.pop(form["trigger_id"], ("", 0.0))
        if expires_at <= self._clock():
            return _error("expired_trigger_id")
        view_id = f"V{secrets.token_hex(5).upper()}"
        self._views[view_id] = user
        return {"ok": True, "view": {"id": view_id, **_view_of(form)}}

    def _update_view(self, form: Mapping[str, Any]) -> dict[str, Any]:
        view = {"id": form["view_id"], **_view_of(form)}
        try:
            check_blocks(view.get("blocks"), "modal")
        except InvalidBlocksError as error:
            return {**_error("invalid_arguments"), "response_metadata": {"messages": [str(error)]}}
        self._show(self._views[form["view_id"]], SlackPage(view["blocks"], view))
        return {"ok": True, "view": view}

    def user_object(self, user: SlackUser) -> dict[str, Any]:
        """Return `user` in the form of docs.slack.dev, "User object"."""
        return {
            "id": user.id,
            "team_id": self._team,
            "name": user.name,
            "deleted": False,
            "real_name": user.name.title(),
            "tz": "Europe/Dublin",
            "profile": {"real_name": user.name.title(), "display_name": user.name, "email": user.email},
            "is_admin": False,
            "is_owner": False,
            "is_restricted": False,
            "is_ultra_restricted": False,
            "is_bot": False,
            "is_app_user": False,
            "is_email_confirmed": user.email is not None,
            "updated": 1_795_425_322,
        }


@dataclass
class _ResponseUrl:
    user: str
    expires_at: float
    uses_left: int = MAX_USES


class ResponseUrls:
    """Creates response URLs, by which an app answers a user without a token, and accepts what it posts to them."""

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


def _error(code: str) -> dict[str, Any]:
    return {"ok": False, "error": code}


def _view_of(form: Mapping[str, Any]) -> dict[str, Any]:
    view: dict[str, Any] = json.loads(form["view"]) if isinstance(form["view"], str) else form["view"]
    return view
