"""The check of `gate doctor --live` that AWS enforces the window of a deployment without a VPC."""

import json
from collections.abc import Callable

from cli.aws import aws_errors
from cli.deployed import Deployed
from cli.doctor.check import Check, assumption
from cli.doctor.notebook_browser import NotebookBrowser
from cli.errors import CommandError
from gate.launch.window import LONGEST
from gate.values.notebook import Notebook

ELSEWHERE = "192.0.2.1"
"""The address of nobody (RFC 5737)."""


def check_window(deployed: Deployed, notebook: str, *, sleep: Callable[[float], None]) -> Check:
    """Check that a URL for another address works here during its window, and not afterwards.

    The operator must have a grant for `notebook`. Raises `CommandError`.
    """
    if deployed.config.pin == "networks":
        return Check("window", "ok", 'not tested: with pin = "networks", the URL works here afterwards, too')
    early, late = NotebookBrowser(), NotebookBrowser()
    url = _url_for_elsewhere(deployed, notebook)
    status, page = early.visit(url)
    if status != 200:
        text = f"the notebook answers {status} to a URL for another address within its window"
        return assumption("window", False, text)
    sleep(LONGEST + 1)
    usable = early.visit(page)[0] == 200 or late.visit(url)[0] == 200
    text = f"a URL for another address is {'still' if usable else 'not'} usable here {LONGEST + 1} s later"
    return assumption("window", not usable, text)


def _url_for_elsewhere(deployed: Deployed, notebook: str) -> str:
    """Return a presigned URL that is pinned to `ELSEWHERE`: the function is told that the operator is there."""
    with aws_errors():
        arn = deployed.aws.client("sts").get_caller_identity()["Arn"]
        event = {
            "httpMethod": "GET",
            "resource": "/iam/open/{notebook}",
            "path": f"/iam/open/{notebook}",
            "pathParameters": {"notebook": Notebook.parse(notebook).segment},
            "multiValueHeaders": {"Accept": ["application/json"]},
            "requestContext": {"requestId": "gate-doctor", "identity": {"sourceIp": ELSEWHERE, "userArn": arn}},
        }
        payload = json.dumps(event).encode()
        response = deployed.aws.client("lambda").invoke(FunctionName=deployed.output("FunctionName"), Payload=payload)
        answer = json.loads(response["Payload"].read())
    if answer.get("statusCode") != 200:
        explain = deployed.lines.gate("explain")
        raise CommandError(f"the function answers {answer.get('statusCode', 'with an error')}: {explain} shows why")
    return str(json.loads(answer["body"])["authorized_url"])
