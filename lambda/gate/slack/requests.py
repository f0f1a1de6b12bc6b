"""Requests from Slack: verifies them, and acknowledges them in time.

Slack waits three seconds for an acknowledgement. After the response, Lambda freezes the function, so a thread cannot do
the rest: the function invokes itself asynchronously, and Lambda keeps that event until it is processed.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from typing import Any, TypeVar

from gate.identity.slack import SlackSender, SlackUsers
from gate.platform.aws.invoking import invoke_later
from gate.platform.clock import Clock
from gate.platform.config import SlackConfig
from gate.slack.access_command import AccessCommand, parse_access_command
from gate.slack.api import SlackApi
from gate.slack.command import Command, SlackCommand, parse_command
from gate.slack.signature import is_signed
from gate.store.replay_guard import AlreadyUsedError, ReplayGuard
from gate.values.errors.slack import InvalidSlackRequestError, SlackReplayError, SlackSignatureError
from gate.web.request import Request

AnyCommand = TypeVar("AnyCommand", bound=Command)


class SlackRequests:
    """Admits Slack's requests, and hands them to another invocation of the function."""

    def __init__(
        self,
        config: SlackConfig,
        api: SlackApi,
        users: SlackUsers,
        *,
        secret: Callable[[], Mapping[str, str]],
        replay_guard: ReplayGuard,
        requests_function_arn: str,
        clock: Clock,
    ):
        """`secret`: returns the Slack app's secret, see `app_secret`. `requests_function_arn`: see `Config`."""
        self._config = config
        self._api = api
        self._users = users
        self._secret = secret
        self._replay_guard = replay_guard
        self._requests_function_arn = requests_function_arn
        self._clock = clock

    def admit(self, request: Request) -> SlackCommand | AccessCommand | None:
        """Return the command in `request`, or None if the request needs no answer.

        Raises a `SlackRefusedError` if the request is not from Slack, was sent before, or is of a workspace that the
        settings do not list, `InvalidSlackRequestError`, and `SlackDownError` if Slack must be asked for the user's
        workspaces and does not respond.
        """
        self._check_signature(request)
        access_command = parse_access_command(request) if self._requests_function_arn else None
        command = access_command or parse_command(request)
        if command is None:
            return None
        return self._claimed(command, request, "slack")

    def admit_forwarded(self, request: Request) -> AccessCommand:
        """Return the command in `request`, which another function admitted and forwarded.

        Raises the errors of `admit`. The same invocation can claim the request again, so that Lambda can retry it.
        """
        self._check_signature(request)
        command = parse_access_command(request)
        if command is None:
            raise InvalidSlackRequestError
        return self._claimed(command, request, "access", attempt_id=request.id)

    def _check_signature(self, request: Request) -> None:
        if not self._config.teams or not is_signed(request, self._secret().get("signing_secret", ""), self._clock()):
            raise SlackSignatureError

    def _claimed(self, command: AnyCommand, request: Request, purpose: str, *, attempt_id: str = "") -> AnyCommand:
        """Claim `request`, so that it counts once. Return `command` with the team of the user's principal.

        `purpose`: a request can be claimed once for each. `attempt_id`: see `ReplayGuard.claim`.
        """
        sender = SlackSender(command.user, command.team, command.home, command.organisation)
        command = replace(command, team=self._users.team(sender))
        try:
            signature = request.headers["x-slack-signature"].encode()
            value = f"{purpose}/{hashlib.sha256(signature).hexdigest()}"
            self._replay_guard.claim(value, attempt_id=attempt_id)
        except AlreadyUsedError:
            raise SlackReplayError from None
        return command

    def forward(self, command: AccessCommand, request: Request) -> dict[str, Any] | None:
        """Forward `request` to the function that takes access requests. Return the acknowledgement, if it has a body.

        Raises `SlackDownError` if a window cannot be opened, and the errors of `aws_errors`.
        """
        acknowledgement, view_id = None, command.view_id
        if command.action in ("form", "deny-form") and not view_id:
            from gate.slack.access_windows import progress_window

            view_id = self._api.open_window(command.trigger_id, progress_window())
        elif command.action in ("ask", "deny") and view_id:
            from gate.slack.access_windows import progress_window

            # Without it, Slack would close the window, and the answer would have no place.
            acknowledgement = {"response_action": "update", "view": progress_window()}
        event = {"requestContext": {"requestId": request.id}, "forwarded": {**request.to_forward(), "view_id": view_id}}
        invoke_later(self._requests_function_arn, event)
        return acknowledgement

    def answer_later(self, command: SlackCommand, function_arn: str) -> None:
        """Start another invocation of `function_arn`, which answers `command`.

        Raises `SlackDownError` if a window cannot be opened, and the errors of `aws_errors`.
        """
        if command.trigger_id:
            # Slack accepts the trigger of a window for three seconds, so the window is opened before the answer exists.
            from gate.slack.messages import loading

            command = replace(command, view_id=self._api.open_window(command.trigger_id, loading()), trigger_id="")
        # The id is where API Gateway puts it, so that the log lines of both invocations have one reference.
        event = {"requestContext": {"requestId": command.id}, "slack": asdict(command)}
        invoke_later(function_arn, event)
