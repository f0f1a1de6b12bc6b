"""Notices of access requests: to the approvers and to the person who asked, in Slack and through an SNS topic."""

import textwrap
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from gate.access_requests.access_request import AccessRequest, SlackMessage
from gate.access_requests.keys import Reference
from gate.access_requests.rules import RequestRules
from gate.access_requests.wording import until
from gate.platform.aws.clients import client
from gate.platform.aws.errors import aws_errors
from gate.platform.clock import Clock
from gate.platform.deadline import limited
from gate.platform.log import logger
from gate.slack.api import SlackApi
from gate.values.errors.base import GateError
from gate.web.durations import in_words
from gate.web.links import Links
from gate.web.people import name_of

NOTICE_LIMIT = 4.0
"""Seconds for the notices of one step. The step itself is done, and a person waits for the page."""

QUOTE_WIDTH = 36
"""Characters in a line of a quotation. Characters of East Asian scripts take the place of two."""


class RequestNotices:
    """Sends the notices that the settings ask for. One that cannot be sent is logged, and changes nothing else."""

    def __init__(self, rules: RequestRules, *, slack: Callable[[], SlackApi], links: Links, clock: Clock):
        """`slack`: returns the client of Slack's API."""
        self._rules = rules
        self._slack = slack
        self._links = links
        self._clock = clock

    def asked(self, request: AccessRequest) -> SlackMessage | None:
        """Tell the approvers of a new request, or of one that a rule has allowed, in Slack and by Amazon SNS."""
        message = None
        with _notice("sns"):
            self._publish(request)
        with _notice("slack"):
            if self._rules.slack_channel:
                from gate.slack.access_messages import for_approvers, post

                blocks = for_approvers(request, self._rules, page_url=self._page_url(request))
                message = self._slack().post_message(self._rules.slack_channel, post(request.notebook, blocks))
        return message

    def changed(self, request: AccessRequest) -> None:
        """Show what became of `request` in the approvers' message, and tell the person who asked in Slack."""
        self.show(request)
        with _notice("slack"):
            # Who withdraws a request, or gives access back, needs no message about it.
            is_own = request.decision == "withdrawn" or request.ended_by in request.requester_names
            if request.slack_user and request.decision and not is_own:
                from gate.slack.access_messages import decided, post

                self._slack().post_message(request.slack_user, post(request.notebook, decided(request)))

    def ends(self, reference: Reference) -> None:
        """Tell the person who asked in Slack that the access ends soon, with a button to ask for more time."""
        with _notice("slack"):
            from gate.slack.access_messages import ends_soon, post

            blocks = ends_soon(reference, now=self._clock())
            self._slack().post_message(reference.slack_user, post(reference.notebook, blocks))

    def show(self, request: AccessRequest) -> None:
        """Show `request` as it is now in the approvers' message, if there is one."""
        with _notice("slack"):
            if request.message:
                from gate.slack.access_messages import for_approvers, post

                blocks = for_approvers(request, self._rules, page_url=self._page_url(request))
                self._slack().update_message(request.message, post(request.notebook, blocks))

    def _publish(self, request: AccessRequest) -> None:
        topic = self._rules.topic_arn
        if not topic:
            return
        if request.is_automatic:
            what = f"Somebody has access to {request.notebook} {until(request)}, by {name_of(request.decided_by)}."
            link, who, subject = "See it here", "Who has access", "Access to"
        else:
            what = f"Somebody asks for access to {request.notebook}, for {in_words(request.seconds)}."
            link, who, subject = "Decide here", "Who asks", "Access request for"
        # What the person chose, which includes their name at some providers, follows the gate's own link. Each line of
        # it is marked, so that none reads as words of the gate.
        text = (
            f"{what}\n\n"
            f"{link}: {self._page_url(request)}\n\n"
            "The lines that begin with > are not from the gate. Do not follow a link in them.\n\n"
            f"{who}:\n{_quoted(name_of(request.requester))}\n\n"
            f"Why:\n{_quoted(request.reason)}\n"
        )
        with aws_errors():
            # A subject is ASCII without line breaks, up to 100 characters (API reference of Publish).
            topics = client("sns", region=topic.split(":")[3])
            topics.publish(TopicArn=topic, Subject=f"{subject} {request.notebook.name}", Message=text)

    def _page_url(self, request: AccessRequest) -> str:
        return self._links.request(request.id)


def _quoted(text: str) -> str:
    # The lines are short enough for e-mail programs, which would continue a longer one without the mark.
    return textwrap.indent(textwrap.fill(text, QUOTE_WIDTH), "> ", predicate=lambda _: True)


@contextmanager
def _notice(kind: str) -> Iterator[None]:
    try:
        with limited(NOTICE_LIMIT):
            yield
    except GateError as error:
        logger.warning("a notice of an access request was not sent", kind=kind, reason=error.reason)
