"""One Slack workspace: sends what its users type and press, and keeps what the app shows them."""

import json
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from werkzeug.wrappers import Request, Response

from local.sample import SlackUser
from local.serving import serve_wsgi
from local.slack import payloads
from local.slack.delivery import Delivery
from local.slack.page import SlackPage
from local.slack.payloads import Member
from local.slack.response_urls import ResponseUrls
from local.slack.web_api import WebApi

_API, _HOOKS = "/api/", "/hooks/"


class Workspace:
    """Serves Slack's Web API and response URLs on loopback, and acts for the workspace's users."""

    def __init__(
        self,
        *,
        team: str,
        users: Sequence[SlackUser],
        signing_secret: str,
        gate_url: str,
        clock: Callable[[], float] = time.time,
        reroute: Callable[[str], str] = str,
    ) -> None:
        """`team`: the workspace's ID. `gate_url`: where the app receives requests, `…/slack`.

        `reroute`: given the address of this server, returns the address that the app uses for it.
        """
        self.team = team
        self._names = {user.id: user.name for user in users}
        self._delivery = Delivery(gate_url=gate_url, signing_secret=signing_secret, clock=clock)
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
        body = payloads.command(
            self._member(user), text, response_url=self.response_url(user), trigger_id=self.trigger_id(user)
        )
        status, answer = self._delivery.send(body, {})
        if status == 200 and answer:
            # Slack shows a message in the acknowledgement at once (docs.slack.dev, "Responding to commands").
            self._show(user, SlackPage([{"type": "section", "text": {"text": json.loads(answer)["text"]}}]))
        return status

    def shortcut(self, user: str) -> int:
        """Choose the app's global shortcut as `user`; return the status of the app's answer."""
        self._clear(user)
        return self.send(payloads.shortcut(self._member(user), trigger_id=self.trigger_id(user)))

    def press(self, user: str, number: int, *, channel: str = "") -> int:
        """Press a button (from 0) of what `user` sees; return the status of the app's answer.

        `channel`: the channel whose last message has the button, by default what only `user` sees.
        Raises `KeyError` when `user` sees nothing, and `IndexError` when there is no such button.
        """
        with self._changed:
            page = self._shown[channel] if channel else self._shown.pop(user)
        body = payloads.press(
            self._member(user),
            page.buttons[number],
            trigger_id=self.trigger_id(user),
            response_url=self.response_url(user),
            page=page,
        )
        return self.send(body)

    def submit(self, user: str, inputs: Mapping[str, str]) -> int:
        """Send the window that `user` sees, with its `inputs` by id; return the status of the app's answer.

        Raises `KeyError` when `user` sees no window, or an input is missing.
        """
        with self._changed:
            page = self._shown.pop(user)
        if page.view is None:
            raise KeyError(user)
        return self.send(payloads.submission(self._member(user), page.view, inputs))

    def seen_by(self, user: str, *, timeout: float = 60) -> SlackPage | None:
        """Return what `user` sees once the app has answered, or None if it does not in `timeout` seconds."""
        with self._changed:
            self._changed.wait_for(lambda: user in self._shown, timeout)
            return self._shown.get(user)

    def send(self, body: bytes, headers: Mapping[str, str] | None = None) -> int:
        """Send `body` to the app, signed; return the status of its answer. `headers` replace those that Slack sends."""
        return self._delivery.send(body, headers or {})[0]

    def response_url(self, user: str) -> str:
        """Return a new response URL, by which the app can answer `user`."""
        return self.hooks_url + self._response_urls.create(user)

    def trigger_id(self, user: str) -> str:
        """Return a new trigger_id, with which the app can open a modal for `user`."""
        return self._api.create_trigger(user)

    def _member(self, user: str) -> Member:
        return Member(self.team, user, self._names.get(user, user.lower()))

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
