"""A step in which AWS throttles."""

import time

from rehearsal.environment import PASSWORD, PEOPLE, Environment
from rehearsal.steps import require

A_SECOND = 0.5
"""The rate of presigned URLs above which AWS throttles."""

LONGEST = 60.0
"""Seconds until every launch must have succeeded."""


def throttled(env: Environment) -> str:
    """Open a notebook as several people at once while AWS throttles. All wait in the queue until it is their turn."""
    emails = [email for email, groups in PEOPLE.items() if "data-science" in groups]
    browsers = {email: env.browser() for email in emails}
    for email, browser in browsers.items():
        browser.sign_in(f"{env.base_url}/", email, PASSWORD)
    urls = env.sagemaker.urls
    urls.throttle(A_SECOND)
    begun, waited = time.monotonic(), set()
    try:
        due = dict.fromkeys(emails, 0.0)
        while due and time.monotonic() - begun < LONGEST:
            email = min(due, key=lambda each: due[each])
            time.sleep(max(0.0, due[email] - time.monotonic()))
            answer = browsers[email].get(f"{env.base_url}/open/shared-notebook")
            if "authToken" in answer.headers.get("Location", ""):
                del due[email]
                continue
            require(answer.status_code == 202, f"{email}: {answer.status_code} {answer.text[:500]}")
            waited.add(email)
            due[email] = time.monotonic() + int(answer.headers["Refresh"])
    finally:
        urls.throttle(50)
    require(not due, f"not admitted after {LONGEST:.0f} s: {list(due)}")
    require(waited, "nobody had to wait")
    rows = env.account.client("dynamodb").scan(TableName=env.outputs["GrantsTable"])["Items"]
    queued = [row["principal"]["S"] for row in rows if row["principal"]["S"].startswith("queue:")]
    require(queued, "the table has no queue")
    seconds = time.monotonic() - begun
    return (
        f"{len(emails)} people at once, {len(waited)} wait, all opened it in {seconds:.0f} s; {len(queued)} queue rows"
    )
