"""`gate doctor --sign-in`: a real sign-in in the operator's browser, and what the function saw of it.

The function reports by a row of the grants table, which is written here first and removed at the end: it fills in no
other (see `gate.identity.sign_in_report`).
"""

import json
import secrets
import time
import webbrowser
from collections.abc import Callable, Iterator, Sequence
from time import sleep
from typing import Any

from cli.aws import aws_errors
from cli.deployed import Deployed
from cli.doctor.checks import Check
from cli.doctor.claim_checks import Report, look_at_sign_in
from cli.output import Output
from gate.identity.claims import ReceivedClaim
from gate.identity.login_state import LOGIN_SECONDS
from gate.identity.sign_in_report import report_key

PAUSE = 1.0
"""Seconds between two looks at the row."""


class SignIn:
    """One sign-in, watched."""

    def __init__(
        self, deployed: Deployed, out: Output, *, browser: bool, clock: Callable[[], float] = time.time
    ) -> None:
        """`browser`: whether to open the address in a browser, beside printing it."""
        self._deployed = deployed
        self._out = out
        self._browser = browser
        self._clock = clock
        self.claims: Sequence[ReceivedClaim] = ()
        """The claims that came, once `look` has ended."""

    def look(self) -> Iterator[Check]:
        """Have the operator sign in, and yield one finding after the other. Leaves no row. Raises `CommandError`."""
        report = self._report()
        self.claims = report.claims if report else ()
        yield from look_at_sign_in(self._deployed.config, report)

    def _report(self) -> Report | None:
        """Return what the function reports; None where nobody signed in within `LOGIN_SECONDS`."""
        report_id, ends = secrets.token_urlsafe(16), int(self._clock()) + LOGIN_SECONDS
        address = f"{self._deployed.config.base_url}/login?report={report_id}"
        table, key, dynamodb = self._deployed.table, report_key(report_id), self._deployed.aws.client("dynamodb")
        with aws_errors():
            try:
                dynamodb.put_item(TableName=table, Item={**key, "until": {"N": str(ends)}})
                self._out.say(f"Sign in at {address}")
                with self._out.waiting("Waiting for your sign-in; Ctrl-C ends it"):
                    if self._browser:
                        webbrowser.open(address)
                    return self._wait(lambda: dynamodb.get_item(TableName=table, Key=key, ConsistentRead=True), ends)
            finally:
                # Also after Ctrl-C, and where the write failed: an answer that got lost may have been a success.
                dynamodb.delete_item(TableName=table, Key=key)

    def _wait(self, read: Callable[[], Any], ends: int) -> Report | None:
        while True:
            item = read().get("Item", {})
            if "outcome" in item:
                claims = tuple(ReceivedClaim(*claim) for claim in json.loads(item["claims"]["S"]))
                return Report(item["outcome"]["S"], item["reference"]["S"], claims)
            if self._clock() >= ends:
                return None
            sleep(PAUSE)
