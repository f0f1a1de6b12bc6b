"""Calls Slack's API: user profiles, user groups, windows, and messages to a `response_url`.

slack_sdk is imported where it is used, so that a launch does not wait for the import. It does not reuse connections,
and takes the proxy from the environment.
"""

import logging
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from http.client import HTTPException
from typing import TYPE_CHECKING, Any, TypeVar

from gate.access_requests.access_request import SlackMessage
from gate.platform import deadline
from gate.platform.log import logger
from gate.platform.tls import tls_context
from gate.values.errors.slack import SlackDownError

if TYPE_CHECKING:
    from slack_sdk import WebClient

# With debug logging, slack_sdk would log what it sends, including tickets. This module logs each failure itself.
logging.getLogger("slack_sdk").setLevel(logging.CRITICAL)

T = TypeVar("T")

CALL_TIMEOUT = 5
"""Time limit of one call, in seconds."""

WINDOW_TIMEOUT = 2
"""Time limit for opening a window, in seconds.

The window is opened before the acknowledgement, for which Slack waits three seconds.
"""


class SlackApi:
    """A client for Slack's API, with the token of the app that is installed in the workspace."""

    def __init__(self, *, token: Callable[[], str], api_url: str, hooks_urls: Sequence[str]):
        """`token`: returns the bot token. `hooks_urls`: prefixes that a `response_url` may have."""
        self._token = token
        self._api_url = api_url
        self._hooks_urls = tuple(hooks_urls)

    def user(self, user: str) -> Mapping[str, Any]:
        """Return the user object of `user` (method users.info). Raises `SlackDownError`."""
        with _slack_errors("users.info"):
            client = self._client(CALL_TIMEOUT)
            found: Mapping[str, Any] = _call_with_timeout(CALL_TIMEOUT, lambda: client.users_info(user=user))["user"]
            return found

    def user_by_email(self, email: str) -> Mapping[str, Any] | None:
        """Return the user object of the user with the address `email`, or None (method users.lookupByEmail).

        The operators' commands use it to revoke all principals of a person. Raises `SlackDownError`.
        """
        try:
            with _slack_errors("users.lookupByEmail"):
                client = self._client(CALL_TIMEOUT)
                answer = _call_with_timeout(CALL_TIMEOUT, lambda: client.users_lookupByEmail(email=email))
                found: Mapping[str, Any] = answer["user"]
                return found
        except SlackDownError as error:
            if error.code == "users_not_found":
                return None
            raise

    def members(self, user_group: str) -> frozenset[str]:
        """Return the ids of the users in a Slack user group (method usergroups.users.list). Raises `SlackDownError`."""
        with _slack_errors("usergroups.users.list"):
            client = self._client(CALL_TIMEOUT)
            answer = _call_with_timeout(CALL_TIMEOUT, lambda: client.usergroups_users_list(usergroup=user_group))
            return frozenset(answer["users"])

    def open_window(self, trigger_id: str, view: Mapping[str, Any]) -> str:
        """Open a window for the user whose request had `trigger_id`. Returns its view id. Raises `SlackDownError`."""
        with _slack_errors("views.open"):
            client = self._client(WINDOW_TIMEOUT)
            answer = _call_with_timeout(
                WINDOW_TIMEOUT, lambda: client.views_open(trigger_id=trigger_id, view=dict(view))
            )
            return str(answer["view"]["id"])

    def fill_window(self, view_id: str, view: Mapping[str, Any]) -> None:
        """Show `view` in the window `view_id`. Raises `SlackDownError`."""
        with _slack_errors("views.update"):
            client = self._client(CALL_TIMEOUT)
            _call_with_timeout(CALL_TIMEOUT, lambda: client.views_update(view_id=view_id, view=dict(view)))

    def post_message(self, channel: str, message: Mapping[str, Any]) -> SlackMessage:
        """Post `message` in the channel, or to the user, with the id `channel`. Raises `SlackDownError`."""
        with _slack_errors("chat.postMessage"):
            client = self._client(CALL_TIMEOUT)
            answer = _call_with_timeout(CALL_TIMEOUT, lambda: client.chat_postMessage(channel=channel, **message))
            return SlackMessage(str(answer["channel"]), str(answer["ts"]))

    def update_message(self, message: SlackMessage, content: Mapping[str, Any]) -> None:
        """Replace the content of `message`. Raises `SlackDownError`."""
        with _slack_errors("chat.update"):
            client = self._client(CALL_TIMEOUT)
            _call_with_timeout(
                CALL_TIMEOUT,
                lambda: client.chat_update(channel=message.channel, ts=message.timestamp, **content),
            )

    def respond(self, response_url: str, message: Mapping[str, Any]) -> None:
        """Send `message` to the `response_url` of a request. Raises `SlackDownError`."""
        from slack_sdk.webhook import WebhookClient

        if not response_url.startswith(self._hooks_urls):
            # The URL is part of the request, and the message contains tickets.
            logger.error("response_url is not Slack's")
            raise SlackDownError
        with _slack_errors("response_url"):
            hook = WebhookClient(response_url, timeout=CALL_TIMEOUT, ssl=tls_context())
            answer = _call_with_timeout(CALL_TIMEOUT, lambda: hook.send_dict(dict(message)))
        if answer.status_code != 200:
            logger.warning("slack call failed", method="response_url", code=answer.status_code)
            raise SlackDownError

    def _client(self, timeout: int) -> "WebClient":
        from slack_sdk import WebClient

        token = self._token()
        if not token:
            logger.error("the slack secret holds no bot_token")
            raise SlackDownError("no bot_token")
        return WebClient(token, base_url=self._api_url, timeout=timeout, ssl=tls_context())


def _call_with_timeout(seconds: float, call: Callable[[], T]) -> T:
    """Return the result of `call`, which may take `seconds`, or the rest of the request's time if that is less.

    slack_sdk limits each read, and not the whole call. If a response arrives too slowly, the thread that reads it is
    abandoned. Raises `TimeoutError`, and the errors of `call`.
    """
    timeout = deadline.remaining(seconds)
    if timeout <= 0:
        raise TimeoutError
    result: Future[T] = Future()

    def run() -> None:
        try:
            result.set_result(call())
        except Exception as error:  # noqa: BLE001
            result.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return result.result(timeout=timeout)


@contextmanager
def _slack_errors(method: str) -> Iterator[None]:
    """Raise `SlackDownError` for the errors of slack_sdk. The log has Slack's error code, and never the request."""
    from slack_sdk.errors import SlackApiError, SlackClientError

    try:
        yield
    except SlackApiError as error:
        code = error.response.get("error")
        logger.warning("slack call failed", method=method, code=code)
        raise SlackDownError(str(code)) from None
    except (SlackClientError, OSError, HTTPException, KeyError, ValueError) as error:
        # urllib wraps the actual error, such as an invalid certificate or an unknown host name.
        reason = getattr(error, "reason", None)
        code = type(reason if isinstance(reason, Exception) else error).__name__
        logger.warning("slack call failed", method=method, code=code)
        raise SlackDownError(code) from None
