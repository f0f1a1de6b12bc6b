"""`gate doctor --sign-in`: a real sign-in in the operator's browser, and what the function reports about it.

The function writes its report into a row of the grants table. The row is created here and removed at the end; the
function fills in no other (see `gate.store.sign_in_report`).
"""

import json
import secrets
import time
import webbrowser
from collections.abc import Callable
from time import sleep

from cli.aws import aws_errors
from cli.deployed import Deployed
from cli.doctor.claim_checks import Report
from cli.output import Output
from gate.identity.login_state import LOGIN_SECONDS
from gate.store.sign_in_report import report_key
from gate.values.received_claim import ReceivedClaim

POLL_INTERVAL = 1.0
"""Seconds between two reads of the row."""


def wait_for_sign_in(
    deployed: Deployed, out: Output, *, browser: bool, clock: Callable[[], float] = time.time
) -> Report | None:
    """Let the operator sign in, and return the function's report, or None if nobody did within `LOGIN_SECONDS`.

    `browser`: whether to open the URL in a browser, beside printing it. Raises `CommandError`.
    """
    report_id, deadline = secrets.token_urlsafe(16), int(clock()) + LOGIN_SECONDS
    url = f"{deployed.config.base_url}/login?report={report_id}"
    table, key, dynamodb = deployed.table, report_key(report_id), deployed.aws.client("dynamodb")
    with aws_errors():
        try:
            dynamodb.put_item(TableName=table, Item={**key, "until": {"N": str(deadline)}})
            out.print(f"Sign in at {url}")
            with out.waiting("Waiting for your sign-in; Ctrl-C ends it"):
                if browser:
                    webbrowser.open(url)
                while True:
                    item = dynamodb.get_item(TableName=table, Key=key, ConsistentRead=True).get("Item", {})
                    if "outcome" in item:
                        claims = tuple(ReceivedClaim(*claim) for claim in json.loads(item["claims"]["S"]))
                        return Report(item["outcome"]["S"], item["reference"]["S"], claims)
                    if clock() >= deadline:
                        return None
                    sleep(POLL_INTERVAL)
        finally:
            # Also after Ctrl-C, and after a failed write, which may have succeeded although its response was lost.
            dynamodb.delete_item(TableName=table, Key=key)
