"""Slack's requests: admits them, acknowledges them in time, and answers afterwards.

Slack waits three seconds for an acknowledgement. After it, Lambda freezes the function, so nothing can go on in a
thread: the function invokes itself, asynchronously, and Lambda keeps that event until it has been worked off.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from gate import deadline
from gate.audit import decision, log_unexpected
from gate.aws.clients import client
from gate.aws.errors import aws_errors
from gate.errors.base import GateError
from gate.errors.slack import SlackReplayError, SlackSignatureError, SlackTeamError
from gate.errors.upstream import AwsError
from gate.identity.slack import SlackPeople
from gate.launch.notebook_status import NotebookStatus
from gate.notebook import Notebook
from gate.slack.api import SlackApi
from gate.slack.command import SlackCommand, parse_command
from gate.slack.signature import is_signed
from gate.store.replay_guard import AlreadyUsedError
from gate.web.request import Request

if TYPE_CHECKING:
    from slack_sdk.models.blocks import Block

    from gate.audit import Decision
    from gate.container import Gate


class SlackService:
    """Answers the Slack requests of one deployment."""

    def __init__(self, gate: "Gate"):
        self._gate = gate
        self._config = gate.config.slack
        self._api = SlackApi(
            token=lambda: self._secret.get("bot_token", ""),
            api_url=self._config.api_url,
            hooks_urls=self._config.hooks_urls,
        )
        self._people = SlackPeople(self._api.user, email_domains=self._config.email_domains, clock=gate.now)

    def admit(self, request: Request) -> SlackCommand | None:
        """Return what Slack asks for with `request`; None for what needs no answer.

        Raises a `SlackRefusedError` for whatever is not Slack's, not new, or of a workspace that is not ours, and
        `InvalidSlackRequestError`.
        """
        if not self._config.teams or not is_signed(request, self._secret.get("signing_secret", ""), self._gate.now()):
            raise SlackSignatureError
        command = parse_command(request)
        if command is None:
            return None
        if command.team not in self._config.teams:
            raise SlackTeamError
        try:
            signature = request.headers["x-slack-signature"].encode()
            self._gate.replay_guard.claim(f"slack/{hashlib.sha256(signature).hexdigest()}")
        except AlreadyUsedError:
            raise SlackReplayError from None
        return command

    def begin(self, command: SlackCommand, function_arn: str) -> None:
        """See to it that `command` is answered, by another invocation of `function_arn` than this one."""
        if command.trigger_id:
            # Now or never: what opens a window is good for three seconds.
            from gate.slack.messages import loading

            command = replace(command, view_id=self._api.open_window(command.trigger_id, loading()), trigger_id="")
        # The request's id at the place where API Gateway has it, so that both invocations log under one reference.
        event = {"requestContext": {"requestId": command.id}, "slack": asdict(command)}
        with aws_errors():
            answer = client("lambda").invoke(
                FunctionName=function_arn, InvocationType="Event", Payload=json.dumps(event).encode()
            )
        if answer["StatusCode"] != 202:
            # It was not taken (API reference of Invoke), whoever it was that answered.
            raise AwsError

    def answer(self, command: SlackCommand) -> None:
        """Do what `command` wants, and tell what came of it. Raises `SlackDownError` where it can't be told."""
        from gate.slack.messages import message, refusal, window

        try:
            with decision(command, command.act) as record, deadline.shortened_deadline():
                blocks = self._do(command, record)
        except GateError as error:
            blocks = refusal(command, error)
        except Exception as error:  # noqa: BLE001
            log_unexpected(error)
            blocks = refusal(command, GateError())
        if command.view_id:
            self._api.fill_window(command.view_id, window(blocks))
        else:
            self._api.respond(command.response_url, message(command, blocks))

    def _do(self, command: SlackCommand, record: "Decision") -> "list[Block]":
        from gate.slack.messages import notebooks

        gate = self._gate
        record.caller = caller = self._people.caller(command.team, command.user, command.address)
        grants = gate.grants
        if command.notebook:
            record.notebook = Notebook.parse(command.notebook)
            grant = grants.find(caller, record.notebook)
            if command.act == "start":
                gate.launcher.start(caller, grant)
            if command.act == "stop":
                gate.launcher.stop(caller, grant)
        if command.alone:
            rows = [NotebookStatus(grant, gate.launcher.describe(caller, grant))]
        else:
            rows = gate.launcher.describe_all(caller, grants.listing(caller))
        tickets = gate.tickets

        def link(notebook: Notebook) -> str:
            return f"{gate.config.base_url}/open/{notebook.segment}?ticket={tickets.issue(caller, notebook)}"

        return notebooks(command, caller, rows, link)

    @property
    def _secret(self) -> Mapping[str, Any]:
        return self._gate.slack_secret
