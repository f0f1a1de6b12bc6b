"""Decisions of operators, who invoke the requests function with their AWS credentials (`gate requests`)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gate.access_requests.access_requests import AccessRequests
from gate.access_requests.wording import outcome
from gate.platform.audit import AuditRecord, audited
from gate.values.caller import Caller
from gate.values.errors.base import GateError
from gate.values.errors.caller import InvalidFormError

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

_ARN = re.compile(r"arn:[\w-]+:(iam|sts)::\d{12}:[\w+=,.@/-]{1,2000}", re.ASCII)


@dataclass(frozen=True)
class _Invocation:
    """The invocation, for the audit log."""

    id: str
    address: str = ""


def decide_for_operator(requests: AccessRequests, event: Any, context: "LambdaContext") -> dict[str, Any]:
    """Decide as the operator that `event` names, and return the request, or the error as reason and words.

    `event`: `arn` of the operator, `action` (`allow`, `deny` or `end`), `request` (the id) and, to allow, `seconds`,
    or to deny, `reason`. It is believed, so it must be from an invocation of the alias for operators.
    """
    try:
        with audited(_Invocation(context.aws_request_id), AuditRecord(_action(event) or "decide")) as record:
            arn, action = _text(event, "arn"), _action(event)
            seconds = event.get("seconds") if action == "allow" else None
            if not _ARN.fullmatch(arn) or not action:
                raise InvalidFormError
            if action == "allow" and type(seconds) is not int:
                raise InvalidFormError
            record.caller = Caller(f"iam:{arn}", (), "iam", "", 0)
            if action == "end":
                request = requests.ends.end_as_operator(arn, _text(event, "request"))
            else:
                reason = _text(event, "reason") if action == "deny" else ""
                request = requests.decide_as_operator(arn, _text(event, "request"), seconds=seconds, reason=reason)
            record.access_request = request
            record.notebook = request.notebook
    except GateError as error:
        return {"error": error.reason, "message": f"{error.title}. {error.words}"}
    return {
        "request": request.audit_fields()
        | {"decision": request.decision, "outcome": outcome(request, request.decision or "open", name=str)}
    }


def _text(event: Any, name: str) -> str:
    value = event.get(name) if isinstance(event, Mapping) else None
    return value if isinstance(value, str) else ""


def _action(event: Any) -> str:
    action = _text(event, "action")
    return action if action in ("allow", "deny", "end") else ""
