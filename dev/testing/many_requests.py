"""A grants table after a year of access requests, for the test of the calls and for the figures in docs/speed.md."""

from dataclasses import replace

from gate.access_requests.access_request import OPEN_SECONDS, AccessRequest
from gate.access_requests.keys import past_key, reference_row
from gate.access_requests.participant import EMAIL, Participant
from gate.access_requests.row import to_row
from gate.values.notebook import Notebook
from testing.grants_table import GrantsTable

KEEP = 400 * 86_400
WEEK = 7 * 86_400
HOUR = 3_600


def fill(table: GrantsTable, *, requests: int, open_ones: int, now: int) -> None:
    """Write `requests` of other people, a tenth of them in the last week, and `open_ones` of them open.

    Each person asked for ten notebooks, and nine of ten requests were replaced by a later one.
    """
    for number in range(requests):
        is_open = number < open_ones
        age = number % (OPEN_SECONDS - HOUR) if is_open else number % (WEEK if number % 10 == 0 else KEEP - WEEK)
        asker = Participant((f"user:person-{number // 100}@example.com",), EMAIL, now - age)
        notebook = Notebook(f"notebook-{number % 100 if is_open else number % 10}")
        request = AccessRequest.new(asker, notebook, reason="x" * 100, seconds=HOUR, now=now - age)
        if is_open:
            table.put(to_row(request, keep=KEEP))
            table.put(reference_row(request))
            continue
        decided = replace(request, decision="denied", decided_by="user:dana@example.com", decided_at=now - age)
        row = to_row(decided, keep=KEEP)
        table.put(row if number % 100 < 10 else row | past_key(decided.id))
