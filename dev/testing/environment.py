"""A function's environment and invocation, as Lambda and API Gateway provide them."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from infra.settings import Settings

CLIENT_ID = "notebook-gate"

EVENTS = Path(__file__).parent / "events"
"""Stored events of API Gateway and payloads of Slack."""

JSON = {"Accept": "application/json"}
"""The headers of a client that reads no pages."""

STAGE_URL = "https://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com/prod"
ENVIRON = {
    **Settings.parse(
        {
            "networks": ["203.0.113.0/24"],
            "identity": {"user_roles": ["arn:aws:iam::123456789012:role/aws-reserved/sso.amazonaws.com/People"]},
        }
    ).environment,
    # What the constructs of the stack add.
    "AWS_REGION": "eu-west-1",
    "GATE_BASE_URL": STAGE_URL,
    "GATE_TABLE": "grants",
    "GATE_LAUNCH_ROLE_ARN": "arn:aws:iam::123456789012:role/launch",
    "GATE_SESSION_SECRET_ARN": "arn:session",
    "GATE_CLIENT_ID": CLIENT_ID,
    "GATE_EGRESS": "198.51.100.10/32",
}
CONTEXT = SimpleNamespace(
    function_name="gate",
    memory_limit_in_mb=512,
    get_remaining_time_in_millis=lambda: 28_000,
    invoked_function_arn="arn:aws:lambda:eu-west-1:123456789012:function:gate",
    aws_request_id="c6af9ac6-7b61-11e6-9a41-93e8deadbeef",
)


def context_of(alias: str) -> SimpleNamespace:
    """Return the context of an invocation by `alias`."""
    return SimpleNamespace(**{**vars(CONTEXT), "invoked_function_arn": f"{CONTEXT.invoked_function_arn}:{alias}"})


def stored_event(name: str) -> dict[str, Any]:
    """Return a copy of the stored event `name`."""
    event: dict[str, Any] = json.loads((EVENTS / f"{name}.json").read_text(encoding="utf-8"))
    return event
