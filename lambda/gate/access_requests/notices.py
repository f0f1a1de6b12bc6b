"""What access requests need of the part that sends notices."""

from typing import Protocol

from gate.access_requests.access_request import AccessRequest, SlackMessage
from gate.access_requests.keys import Reference


class Notices(Protocol):
    """Tells people about requests. A notice that cannot be sent is logged, and changes nothing else."""

    def asked(self, request: AccessRequest, /) -> SlackMessage | None:
        """Tell the approvers of a new request, open or allowed at once. Return the message that shows it in Slack."""

    def changed(self, request: AccessRequest, /) -> None:
        """Tell the person who asked, and the approvers, of what somebody did to `request`, or to its access."""

    def show(self, request: AccessRequest, /) -> None:
        """Show `request` as it is now in the message to the approvers, if there is one."""

    def ends(self, reference: Reference, /) -> None:
        """Tell the person who asked in Slack that the access ends soon, and offer to ask for more time."""
