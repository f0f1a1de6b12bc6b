"""What the gate asks of Slack: who a user is, a window, and a message in the place of another.

slack_sdk is imported where it is used: nobody who opens a notebook waits for it. It keeps no connections, and finds the
proxy in the environment by itself.
"""

import logging
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from http.client import HTTPException
from typing import TYPE_CHECKING, Any, TypeVar

from gate import deadline
from gate.errors.slack import SlackDownError
from gate.log import logger
from gate.tls import tls_context

if TYPE_CHECKING:
    from slack_sdk import WebClient

# It would write what it sends, tickets and all, wherever somebody turns on debugging. We log each failure ourselves.
logging.getLogger("slack_sdk").setLevel(logging.CRITICAL)

T = TypeVar("T")

CALL_TIMEOUT = 5
"""Seconds for one call."""

WINDOW_TIMEOUT = 2
"""Seconds: the window is opened before the acknowledgement, for which Slack waits three in all."""


class SlackApi:
    """Slack's API, as the app that is installed in the workspace."""

    def __init__(self, *, token: Callable[[], str], api_url: str, hooks_urls: Sequence[str]):
        """`token`: gives the bot token. `hooks_urls`: what a `response_url` may begin with."""
        self._token = token
        self._api_url = api_url
        self._hooks_urls = tuple(hooks_urls)

    def user(self, user: str) -> Mapping[str, Any]:
        """Return the user object of `user` (method users.info). Raises `SlackDownError`."""
        with _slack_errors("users.info"):
            client = self._client(CALL_TIMEOUT)
            found: Mapping[str, Any] = _in_time(CALL_TIMEOUT, lambda: client.users_info(user=user))["user"]
            return found

    def user_by_email(self, email: str) -> Mapping[str, Any] | None:
        """Return the user object of whoever has `email`, None where nobody has (method users.lookupByEmail).

        Raises `SlackDownError`. For operators, who revoke a person by all of their names.
        """
        try:
            with _slack_errors("users.lookupByEmail"):
                client = self._client(CALL_TIMEOUT)
                answer = _in_time(CALL_TIMEOUT, lambda: client.users_lookupByEmail(email=email))
                found: Mapping[str, Any] = answer["user"]
                return found
        except SlackDownError as error:
            if error.code == "users_not_found":
                return None
            raise

    def open_window(self, trigger_id: str, view: Mapping[str, Any]) -> str:
        """Open a window for whoever gave us `trigger_id`, and return its id. Raises `SlackDownError`."""
        with _slack_errors("views.open"):
            client = self._client(WINDOW_TIMEOUT)
            answer = _in_time(WINDOW_TIMEOUT, lambda: client.views_open(trigger_id=trigger_id, view=dict(view)))
            return str(answer["view"]["id"])

    def fill_window(self, view_id: str, view: Mapping[str, Any]) -> None:
        """Show `view` in the window. Raises `SlackDownError`."""
        with _slack_errors("views.update"):
            client = self._client(CALL_TIMEOUT)
            _in_time(CALL_TIMEOUT, lambda: client.views_update(view_id=view_id, view=dict(view)))

    def respond(self, response_url: str, message: Mapping[str, Any]) -> None:
        """Send `message` to where Slack said it wants the answer. Raises `SlackDownError`."""
        from slack_sdk.webhook import WebhookClient

        if not response_url.startswith(self._hooks_urls):
            # The address comes from outside, and what goes there holds tickets.
            logger.error("response_url is not Slack's")
            raise SlackDownError
        with _slack_errors("response_url"):
            hook = WebhookClient(response_url, timeout=CALL_TIMEOUT, ssl=tls_context())
            answer = _in_time(CALL_TIMEOUT, lambda: hook.send_dict(dict(message)))
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


def _in_time(seconds: float, call: Callable[[], T]) -> T:
    """Return what `call` returns, within `seconds` or what is left. Raises `TimeoutError`, or what `call` raises.

    slack_sdk bounds each read, not all together: an answer that trickles in is left behind, with its thread.
    """
    timeout = deadline.remaining(seconds)
    if timeout <= 0:
        raise TimeoutError
    done: Future[T] = Future()

    def work() -> None:
        try:
            done.set_result(call())
        except Exception as error:  # noqa: BLE001
            done.set_exception(error)

    threading.Thread(target=work, daemon=True).start()
    return done.result(timeout=timeout)


@contextmanager
def _slack_errors(method: str) -> Iterator[None]:
    """Turn what slack_sdk raises into `SlackDownError`; the log gets Slack's code, never what was sent."""
    from slack_sdk.errors import SlackApiError, SlackClientError

    try:
        yield
    except SlackApiError as error:
        code = error.response.get("error")
        logger.warning("slack call failed", method=method, code=code)
        raise SlackDownError(str(code)) from None
    except (SlackClientError, OSError, HTTPException, KeyError, ValueError) as error:
        # urllib wraps what went wrong: a certificate, a name, a connection.
        reason = getattr(error, "reason", None)
        code = type(reason if isinstance(reason, Exception) else error).__name__
        logger.warning("slack call failed", method=method, code=code)
        raise SlackDownError(code) from None
