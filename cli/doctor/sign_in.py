"""`gate doctor --sign-in`: a real sign-in in the operator's browser, and what the function reports about it.

The function writes its report into a row of the grants table. The row is created here and removed at the end; the
function fills in no other (see `gate.store.sign_in_report`).
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
from cli.doctor.check import Check
from cli.doctor.claim_checks import Report, check_sign_in
from cli.output import Output
from gate.identity.login_state import LOGIN_SECONDS
from gate.store.sign_in_report import report_key
from gate.values.received_claim import ReceivedClaim

POLL_INTERVAL = 1.0
"""Seconds between two reads of the row."""


class SignInCheck:
    """One sign-in, and the checks of its report."""

    def __init__(
        self, deployed: Deployed, out: Output, *, browser: bool, clock: Callable[[], float] = time.time
    ) -> None:
        """`browser`: whether to open the URL in a browser, beside printing it."""
        self._deployed = deployed
        self._out = out
        self._browser = browser
        self._clock = clock
        self.claims: Sequence[ReceivedClaim] = ()
        """The reported claims, once `run` has ended."""

    def run(self) -> Iterator[Check]:
        """Let the operator sign in, and yield the results. The row is always removed. Raises `CommandError`."""
        report = self._report()
        self.claims = report.claims if report else ()
        yield from check_sign_in(self._deployed.config, report)

    def _report(self) -> Report | None:
        """Return the function's report, or None if nobody signed in within `LOGIN_SECONDS`."""
        report_id, deadline = secrets.token_urlsafe(16), int(self._clock()) + LOGIN_SECONDS
        url = f"{self._deployed.config.base_url}/login?report={report_id}"
        table, key, dynamodb = self._deployed.table, report_key(report_id), self._deployed.aws.client("dynamodb")
        with aws_errors():
            try:
                dynamodb.put_item(TableName=table, Item={**key, "until": {"N": str(deadline)}})
                self._out.print(f"Sign in at {url}")
                with self._out.waiting("Waiting for your sign-in; Ctrl-C ends it"):
                    if self._browser:
                        webbrowser.open(url)
                    return self._wait(
                        lambda: dynamodb.get_item(TableName=table, Key=key, ConsistentRead=True), deadline
                    )
            finally:
                # Also after Ctrl-C, and after a failed write, which may have succeeded although its response was lost.
                dynamodb.delete_item(TableName=table, Key=key)

    def _wait(self, read: Callable[[], Any], deadline: int) -> Report | None:
        while True:
            item = read().get("Item", {})
            if "outcome" in item:
                claims = tuple(ReceivedClaim(*claim) for claim in json.loads(item["claims"]["S"]))
                return Report(item["outcome"]["S"], item["reference"]["S"], claims)
            if self._clock() >= deadline:
                return None
            sleep(POLL_INTERVAL)
