"""One Slack workspace: sends what its users type and press, and keeps what the app shows them."""

import http.client
import json
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from werkzeug.wrappers import Request, Response

from local.sample import SlackUser
from local.serving import serve_wsgi
from local.slack import payloads
from local.slack.page import SlackPage
from local.slack.payloads import Member, Payload
from local.slack.web_api import ResponseUrls, WebApi

_API, _HOOKS = "/api/", "/hooks/"

Deliver = Callable[[bytes, Mapping[str, str]], tuple[int, bytes]]
"""Sends a body with headers to the app; returns the status and the body of its answer."""


class Workspace:
    """Serves Slack's Web API and response URLs on loopback, and acts for the workspace's users."""

    def __init__(
        self,
        *,
        team: str,
        users: Sequence[SlackUser],
        signing_secret: str,
        deliver: Deliver,
        clock: Callable[[], float] = time.time,
        reroute: Callable[[str], str] = str,
    ) -> None:
        """`team`: the workspace's ID. `deliver`: sends what Slack sends to the app.

        `reroute`: given the address of this server, returns the address that the app uses for it.
        """
        self.team = team
        self._names = {user.id: user.name for user in users}
        self._signing_secret, self._deliver, self._clock = signing_secret, deliver, clock
        self._response_urls = ResponseUrls(clock=clock, show=self._show)
        self._api = WebApi(team=team, users=users, clock=clock, show=self._show)
        self.bot_token = self._api.bot_token
        self.api_calls: list[str] = []
        """The API methods that the app called, oldest first."""
        self._shown: dict[str, SlackPage] = {}
        self._changed = threading.Condition()
        self._server = serve_wsgi(self._app)
        self._url = reroute(self._server.url)

    @property
    def user_groups(self) -> dict[str, list[str]]:
        """The ids of the users in each user group."""
        return self._api.user_groups

    @property
    def api_url(self) -> str:
        """The address that API methods are appended to."""
        return f"{self._url}{_API}"

    @property
    def hooks_url(self) -> str:
        """The prefix of every response URL."""
        return f"{self._url}{_HOOKS}"

    def close(self) -> None:
        """Stop serving."""
        self._server.close()

    def type(self, user: str, text: str = "") -> int:
        """Send `/notebook TEXT` as `user`; return the status of the app's answer."""
        self._clear(user)
        status, answer = self._send(payloads.encoded(self.command(user, text)))
        if status == 200 and answer:
            # Slack shows a message in the acknowledgement at once (docs.slack.dev, "Responding to commands").
            self._show(user, SlackPage([{"type": "section", "text": {"text": json.loads(answer)["text"]}}]))
        return status

    def shortcut(self, user: str) -> int:
        """Choose the app's global shortcut as `user`; return the status of the app's answer."""
        self._clear(user)
        payload = payloads.shortcut(self.member(user), trigger_id=self.trigger_id(user))
        return self.send(payloads.encoded(payload))

    def press(self, user: str, number: int, *, channel: str = "") -> int:
        """Press a button (from 0) of what `user` sees; return the status of the app's answer.

        `channel`: the channel whose last message has the button, by default what only `user` sees.
        Raises `KeyError` when `user` sees nothing, and `IndexError` when there is no such button.
        """
        with self._changed:
            page = self._shown[channel] if channel else self._shown.pop(user)
        return self.send(payloads.encoded(self.pressed(user, page.buttons[number], page)))

    def submit(self, user: str, inputs: Mapping[str, str]) -> int:
        """Send the window that `user` sees, with its `inputs` by id; return the status of the app's answer.

        Raises `KeyError` when `user` sees no window, or an input is missing.
        """
        with self._changed:
            page = self._shown.pop(user)
        if page.view is None:
            raise KeyError(user)
        return self.send(payloads.encoded(payloads.submission(self.member(user), page.view, inputs)))

    def seen_by(self, user: str, *, timeout: float = 60) -> SlackPage | None:
        """Return what `user` sees once the app has answered, or None if it does not in `timeout` seconds."""
        with self._changed:
            self._changed.wait_for(lambda: user in self._shown, timeout)
            return self._shown.get(user)

    def send(self, body: bytes, headers: Mapping[str, str] | None = None) -> int:
        """Send `body` to the app, signed; return the status of its answer. `headers` replace those that Slack sends."""
        return self._send(body, headers)[0]

    def response_url(self, user: str) -> str:
        """Return a new response URL, by which the app can answer `user`."""
        return self.hooks_url + self._response_urls.create(user)

    def trigger_id(self, user: str) -> str:
        """Return a new trigger_id, with which the app can open a modal for `user`."""
        return self._api.create_trigger(user)

    def command(self, user: str, text: str = "") -> Payload:
        """Return the payload of `/notebook TEXT`."""
        urls = {"response_url": self.response_url(user), "trigger_id": self.trigger_id(user)}
        return payloads.command(self.member(user), text, **urls)

    def pressed(self, user: str, button: Mapping[str, Any], page: SlackPage) -> Payload:
        """Return the payload of a press on `button` of `page`."""
        urls = {"response_url": self.response_url(user), "trigger_id": self.trigger_id(user)}
        return payloads.press(self.member(user), button, page=page, **urls)

    def member(self, user: str) -> Member:
        """Return the user with the ID `user`."""
        return Member(self.team, user, self._names.get(user, user.lower()))

    def _send(self, body: bytes, headers: Mapping[str, str] | None = None) -> tuple[int, bytes]:
        signed = payloads.signed_headers(self._signing_secret, body, self._clock())
        return self._deliver(body, {**signed, **(headers or {})})

    def _app(self, environ: dict[str, Any], start_response: Any) -> Any:
        request = Request(environ)
        if request.path.startswith(_HOOKS):
            return self._response_urls.accept(request.path.removeprefix(_HOOKS), request)(environ, start_response)
        method = request.path.removeprefix(_API)
        self.api_calls.append(method)
        answer = self._api.answer(method, request)
        return Response(json.dumps(answer), content_type="application/json")(environ, start_response)

    def _show(self, user: str, page: SlackPage) -> None:
        with self._changed:
            self._shown[user] = page
            self._changed.notify_all()

    def _clear(self, user: str) -> None:
        with self._changed:
            self._shown.pop(user, None)


def deliver_to(gate_url: str, *, port: int) -> Deliver:
    """Return what sends requests to the app at `gate_url`, `…/slack`. `port`: that of requests from outside."""
    url = urlsplit(gate_url)

    def deliver(body: bytes, headers: Mapping[str, str]) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection(str(url.hostname), port, timeout=120)
        try:
            connection.request("POST", url.path, body, {"Host": url.netloc, **headers})
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    return deliver
