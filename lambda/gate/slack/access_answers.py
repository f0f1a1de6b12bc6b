"""Executes Slack commands about access requests, in the function that takes them.

The function that opens notebooks has admitted the request and forwards it as it came. This function verifies Slack's
signature once more, so that nobody who can only invoke it can decide in the name of an approver.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from gate.access_requests.access_requests import AccessRequests
from gate.identity.slack import SlackUsers
from gate.identity.slack_groups import SlackGroups
from gate.platform import deadline
from gate.platform.audit import AuditRecord, audited, log_unexpected
from gate.slack.access_command import AccessCommand
from gate.slack.api import SlackApi
from gate.slack.requests import SlackRequests
from gate.values.caller import Caller
from gate.values.errors.access_requests import InvalidAccessRequestError
from gate.values.errors.base import GateError
from gate.values.errors.slack import SlackRefusedError
from gate.values.notebook import Notebook
from gate.web.links import Links
from gate.web.request import Request

if TYPE_CHECKING:
    from slack_sdk.models.blocks import Block


class AccessAnswers:
    """Asks for access, withdraws requests, decides and ends access for Slack users, and sends the results to Slack."""

    def __init__(
        self,
        requests: SlackRequests,
        api: SlackApi,
        users: SlackUsers,
        groups: SlackGroups,
        access_requests: Callable[[], AccessRequests],
        *,
        links: Links,
    ):
        self._requests = requests
        self._api = api
        self._users = users
        self._groups = groups
        self._access_requests = access_requests
        self._links = links

    def answer(self, event: Mapping[str, Any]) -> None:
        """Execute the forwarded request in `event`, and send the result or the error.

        Does nothing for a request that Slack did not sign. Raises `SlackDownError` if the answer cannot be sent.
        """
        forwarded = event.get("forwarded")
        forwarded = forwarded if isinstance(forwarded, Mapping) else {}
        from gate.slack.access_messages import refusal, reply
        from gate.slack.access_windows import ask_window, deny_window, window

        request = Request.forwarded(forwarded)
        try:
            with audited(request, AuditRecord("slack-forwarded")):
                command = self._requests.admit_forwarded(request)
        except SlackRefusedError:
            return
        view_id = str(forwarded.get("view_id") or command.view_id)
        # After that, the button for it is of no use.
        replace_original = command.action in ("withdraw", "end")
        try:
            with deadline.shortened_deadline():
                if command.action == "form":
                    durations = self._access_requests().rules.durations
                    self._api.fill_window(view_id, ask_window(command.notebook, command.reason, durations))
                    return
                if command.action == "deny-form":
                    self._api.fill_window(view_id, deny_window(command))
                    return
                blocks = self._execute(command)
        except GateError as error:
            replace_original = False
            blocks = refusal(command, error, page_url=self._links.requests())
        except Exception as error:  # noqa: BLE001
            log_unexpected(error)
            replace_original = False
            blocks = refusal(command, GateError(), page_url=self._links.requests())
        if view_id:
            self._api.fill_window(view_id, window(blocks))
        elif blocks:
            self._api.respond(command.response_url, reply(blocks, replace_original=replace_original))

    def _execute(self, command: AccessCommand) -> "list[Block]":
        """Return what the user sees, or nothing if the message that they pressed shows it."""
        from gate.slack.access_messages import asked, decided, ended, for_approvers, withdrawn

        with audited(command, AuditRecord(command.action)) as record:
            record.caller = caller = self._users.caller(command.team, command.user, command.address)
            requests = self._access_requests()
            if command.action != "withdraw":
                record.caller = caller = replace(caller, groups=self._groups.of(command.team, command.user))
            if command.action == "ask":
                record.access_request = request = self._ask(requests, caller, command)
                record.notebook = request.notebook
                return asked(request)
            if command.action == "withdraw":
                record.access_request = request = requests.withdraw(caller, command.request_id)
                record.notebook = request.notebook
                return withdrawn(request)
            if command.action == "end":
                # Slack's signature has proven to this function who ends it.
                record.access_request = request = requests.ends.end(caller, command.request_id, proven=True)
                record.notebook = request.notebook
                return [] if command.message and command.message == request.message else ended(request, requests.rules)
            seconds = _seconds(command) if command.action == "allow" else None
            record.access_request = request = requests.decide(
                caller, command.request_id, seconds=seconds, reason=command.reason, message=command.message
            )
            record.notebook = request.notebook
        if command.view_id:
            return decided(request)
        if request.message:
            return []
        return for_approvers(request, requests.rules, page_url=self._links.request(request.id))

    def _ask(self, requests: AccessRequests, caller: Caller, command: AccessCommand) -> Any:
        seconds = _seconds(command) if command.seconds else requests.rules.durations[0]
        notebook = Notebook.parse(command.notebook.strip())
        # Slack's signature has proven to this function who asks.
        return requests.ask(
            caller, notebook, reason=command.reason, seconds=seconds, slack_user=command.user, proven=True
        )


def _seconds(command: AccessCommand) -> int:
    text = command.seconds
    if not (text.isascii() and text.isdecimal() and len(text) < 10):
        raise InvalidAccessRequestError
    return int(text)
