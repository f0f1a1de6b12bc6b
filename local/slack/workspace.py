"""One Slack workspace: signs and sends what its people type and press, and keeps what the app answers."""

import http.client
import json
import secrets
import socket
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from slack_sdk.signature import SignatureVerifier
from werkzeug.wrappers import Request, Response

from local.sample import SlackUser
from local.serving import serve_wsgi
from local.slack import payloads
from local.slack.payloads import Member
from local.slack.surface import InvalidBlocksError, Surface, check

OUTSIDE = "127.0.0.2"
"""Slack's servers are in nobody's networks."""

USES, LIFETIME = 5, 1800
"""How often, and for how many seconds, a response_url can be used (docs.slack.dev, "Handling user interaction")."""

TRIGGER_SECONDS = 3


@dataclass
class _Hook:
    until: float
    user: str
    left: int = USES


class Workspace:
    """Serves Slack's API and response URLs on loopback."""

    def __init__(
        self,
        *,
        team: str,
        users: Sequence[SlackUser],
        signing_secret: str,
        gate_url: str,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`gate_url`: where the app takes what Slack sends, `…/slack`."""
        self.team = team
        self._users = {user.id: user for user in users}
        self._signing_secret = signing_secret
        self._gate_url = gate_url
        self._clock = clock
        self.bot_token = f"xoxb-local-{secrets.token_hex(12)}"
        self.asked: list[str] = []
        """The API methods that the app called, oldest first."""
        self._hooks: dict[str, _Hook] = {}
        self._triggers: dict[str, tuple[str, float]] = {}
        self._views: dict[str, str] = {}
        self._shown: dict[str, Surface] = {}
        self._changed = threading.Condition()
        self._server = serve_wsgi(self._app)
        self.url = self._server.url
        """Where the app finds it."""

    @property
    def api_url(self) -> str:
        """Where the API's methods are."""
        return f"{self.url}/api/"

    @property
    def hooks_url(self) -> str:
        """What every response_url begins with."""
        return f"{self.url}/hooks/"

    def close(self) -> None:
        """Stop serving."""
        self._server.close()

    def type(self, user: str, text: str = "") -> int:
        """Send `/notebook TEXT` as `user`; return the status that the app answers."""
        with self._changed:
            self._shown.pop(user, None)
        status, body = self._send(
            payloads.command(self._member(user), text, response_url=self.hook(user), trigger_id=self.trigger(user)), {}
        )
        if status == 200 and body:
            # What comes with the acknowledgement is shown at once (docs.slack.dev, "Responding to commands").
            self._show(user, Surface([{"type": "section", "text": {"text": json.loads(body)["text"]}}]))
        return status

    def shortcut(self, user: str) -> int:
        """Choose the app's global shortcut as `user`; return the status that the app answers."""
        with self._changed:
            self._shown.pop(user, None)
        return self.send(payloads.shortcut(self._member(user), trigger_id=self.trigger(user)))

    def press(self, user: str, number: int) -> int:
        """Press a button (from 0) of what `user` sees; return the status that the app answers."""
        with self._changed:
            surface = self._shown.pop(user)
        button = surface.buttons[number]
        return self.send(
            payloads.press(
                self._member(user),
                button,
                trigger_id=self.trigger(user),
                response_url=self.hook(user),
                view=surface.view,
            )
        )

    def seen_by(self, user: str, *, timeout: float = 60) -> Surface | None:
        """Return what `user` sees, once the app has answered; None when it does not in `timeout` seconds."""
        with self._changed:
            self._changed.wait_for(lambda: user in self._shown, timeout)
            return self._shown.get(user)

    def send(self, body: bytes, headers: Mapping[str, str] | None = None) -> int:
        """Send `body` to the app, signed, with `headers` in place of those that Slack sends; return the status."""
        return self._send(body, headers or {})[0]

    def _send(self, body: bytes, headers: Mapping[str, str]) -> tuple[int, bytes]:
        stamp = str(int(self._clock()))
        signed = SignatureVerifier(self._signing_secret).generate_signature(timestamp=stamp, body=body)
        own = {
            "Content-Type": "application/x-www-form-urlencoded",
            "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
            "X-Slack-Request-Timestamp": stamp,
            "X-Slack-Signature": signed or "",
        }
        place = urlsplit(self._gate_url)
        # Not as an address of this machine's own networks, where there is another.
        source = (OUTSIDE, 0) if _has(OUTSIDE) else None
        connection = http.client.HTTPConnection(str(place.hostname), place.port, timeout=120, source_address=source)
        try:
            connection.request("POST", place.path, body, {**own, **headers})
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def _member(self, user: str) -> Member:
        known = self._users.get(user)
        return Member(self.team, user, known.name if known else user.lower())

    def hook(self, user: str) -> str:
        """Return a response_url, by which the app can answer `user`."""
        token = secrets.token_urlsafe(18)
        self._hooks[token] = _Hook(self._clock() + LIFETIME, user)
        return f"{self.hooks_url}{token}"

    def trigger(self, user: str) -> str:
        """Return a trigger_id, by which the app can open a window for `user`."""
        trigger = f"{secrets.randbelow(10**12)}.{secrets.randbelow(10**12)}.{secrets.token_hex(16)}"
        self._triggers[trigger] = (user, self._clock() + TRIGGER_SECONDS)
        return trigger

    def _app(self, environ: dict[str, Any], start_response: Any) -> Any:
        request = Request(environ)
        if request.path.startswith("/hooks/"):
            return self._hooked(request)(environ, start_response)
        method = request.path.removeprefix("/api/")
        self.asked.append(method)
        answer = self._called(method, request)
        return Response(json.dumps(answer), content_type="application/json")(environ, start_response)

    def _hooked(self, request: Request) -> Response:
        hook = self._hooks.get(request.path.removeprefix("/hooks/"))
        if hook is None or hook.left < 1 or hook.until <= self._clock():
            return Response("expired_url", 404)
        hook.left -= 1
        message = request.get_json(force=True)
        try:
            check(message.get("blocks"), "message")
        except InvalidBlocksError as error:
            return Response(f"invalid_blocks: {error}", 400)
        if message.get("response_type", "ephemeral") != "ephemeral":
            return Response("no_text", 400)
        self._show(hook.user, Surface(message["blocks"]))
        return Response("ok")

    def _called(self, method: str, request: Request) -> dict[str, Any]:
        if request.headers.get("Authorization") != f"Bearer {self.bot_token}":
            return {"ok": False, "error": "invalid_auth"}
        form = request.get_json() if request.is_json else request.values.to_dict()
        match method:
            case "users.info":
                # Somebody's own workspace has people whom we do not know: members, without an address.
                user = self._users.get(form["user"]) or SlackUser(id=form["user"], name=form["user"].lower())
                return {"ok": True, "user": self._user(user)}
            case "users.lookupByEmail" if "email" not in form:
                return {"ok": False, "error": "invalid_arguments"}
            case "users.lookupByEmail":
                # Needs the scope users:read.email; finds nobody who is deactivated (docs.slack.dev).
                users = (self._user(user) for user in self._users.values() if user.email == form["email"])
                found = next((user for user in users if not user["deleted"]), None)
                return {"ok": True, "user": found} if found else {"ok": False, "error": "users_not_found"}
            case "views.open":
                user_id, until = self._triggers.pop(form["trigger_id"], ("", 0.0))
                if until <= self._clock():
                    return {"ok": False, "error": "expired_trigger_id"}
                view_id = f"V{secrets.token_hex(5).upper()}"
                self._views[view_id] = user_id
                return {"ok": True, "view": {"id": view_id, **_view(form)}}
            case "views.update" if form["view_id"] in self._views:
                view = {"id": form["view_id"], **_view(form)}
                try:
                    check(view.get("blocks"), "modal")
                except InvalidBlocksError as error:
                    return {"ok": False, "error": "invalid_arguments", "response_metadata": {"messages": [str(error)]}}
                self._show(self._views[form["view_id"]], Surface(view["blocks"], view))
                return {"ok": True, "view": view}
        return {"ok": False, "error": "unknown_method"}

    def _show(self, user: str, surface: Surface) -> None:
        with self._changed:
            self._shown[user] = surface
            self._changed.notify_all()

    def _user(self, user: SlackUser) -> dict[str, Any]:
        return {
            "id": user.id,
            "team_id": self.team,
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


def _view(form: Mapping[str, Any]) -> dict[str, Any]:
    view: dict[str, Any] = json.loads(form["view"]) if isinstance(form["view"], str) else form["view"]
    return view


def _has(address: str) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind((address, 0))
        except OSError:
            return False
    return True
