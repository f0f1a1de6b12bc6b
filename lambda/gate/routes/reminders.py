"""The event of the schedule that reminds people of the end of their access."""

from gate.container import Gate
from gate.platform.audit import log_unexpected
from gate.platform.log import logger
from gate.values.errors.base import GateError


def send_reminders(gate: Gate) -> None:
    """Send the reminders that are due. A failure is one log line, and the next event tries again."""
    try:
        gate.access_requests.reminders.send()
    except GateError as error:
        logger.warning("reminders failed", outcome=error.reason)
    except Exception as error:  # noqa: BLE001
        # Lambda would log the text of an unexpected error, which can quote a token or a URL.
        log_unexpected(error)
