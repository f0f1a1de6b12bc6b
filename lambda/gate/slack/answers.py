"""Answers to Slack's requests, in an invocation of the function that nobody waits for."""

from typing import TYPE_CHECKING

from gate.identity.slack import SlackUsers
from gate.identity.ticket import Tickets
from gate.launch.launcher import Launcher
from gate.platform import deadline
from gate.platform.audit import AuditRecord, audited, log_unexpected
from gate.slack.api import SlackApi
from gate.slack.command import SlackCommand
from gate.store.grants import Grants
from gate.values.caller import Caller
from gate.values.errors.base import GateError
from gate.values.errors.notebook import NotGrantedError
from gate.values.notebook import Notebook
from gate.values.notebook_status import NotebookStatus
from gate.web.links import Links

if TYPE_CHECKING:
    from slack_sdk.models.blocks import Block


class SlackAnswers:
    """Executes Slack commands, and sends the results to Slack."""

    def __init__(
        self,
        api: SlackApi,
        users: SlackUsers,
        *,
        grants: Grants,
        launcher: Launcher,
        tickets: Tickets,
        links: Links,
        can_ask: bool,
    ):
        """`can_ask`: whether people can ask for access."""
        self._api = api
        self._users = users
        self._grants = grants
        self._launcher = launcher
        self._tickets = tickets
        self._links = links
        self._can_ask = can_ask

    def answer(self, command: SlackCommand) -> None:
        """Execute `command`, and send the result or the error. Raises `SlackDownError` if it cannot be sent."""
        from gate.slack.messages import message, refusal, window

        try:
            with audited(command, AuditRecord(command.action)) as record, deadline.shortened_deadline():
                blocks = self._execute(command, record)
        except GateError as error:
            blocks = refusal(command, error, can_ask=self._can_ask and isinstance(error, NotGrantedError))
        except Exception as error:  # noqa: BLE001
            log_unexpected(error)
            blocks = refusal(command, GateError())
        if command.view_id:
            self._api.fill_window(command.view_id, window(blocks))
        else:
            self._api.respond(command.response_url, message(command, blocks))

    def _execute(self, command: SlackCommand, record: AuditRecord) -> "list[Block]":
        from gate.slack.messages import notebooks

        record.caller = caller = self._users.caller(command.team, command.user, command.address)
        if command.notebook:
            record.notebook = Notebook.parse(command.notebook)
            record.grant = grant = self._grants.find(caller, record.notebook)
            if command.action == "start":
                self._launcher.start(caller, grant)
            if command.action == "stop":
                self._launcher.stop(caller, grant)
        if command.single_notebook:
            rows = [NotebookStatus(grant, self._launcher.describe(caller, grant))]
        else:
            rows = self._launcher.describe_all(caller, self._grants.find_all(caller))
        return notebooks(command, caller, rows, lambda notebook: self._link(caller, notebook), can_ask=self._can_ask)

    def _link(self, caller: Caller, notebook: Notebook) -> str:
        return self._links.open(notebook, ticket=self._tickets.issue(caller, notebook))
