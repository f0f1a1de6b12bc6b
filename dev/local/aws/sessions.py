"""AssumeRole, and whom the credentials of a role session belong to."""

import datetime
import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Identity:
    """The principal that an access key belongs to."""

    arn: str
    role_arn: str
    session_policy: Mapping[str, Any] | None = None
    context: Mapping[str, str] = field(default_factory=dict)
    """Condition keys of every call of this identity."""

    @property
    def session_name(self) -> str:
        """The name of the role session."""
        return self.arn.rpartition("/")[2]

    @property
    def window_end(self) -> float:
        """The end of the window of its session policy (`gate.launch.window`), in epoch seconds."""
        assert self.session_policy is not None
        conditions = [each.get("Condition", {}) for each in self.session_policy["Statement"]]
        (text,) = (each["DateLessThan"]["aws:CurrentTime"] for each in conditions if "DateLessThan" in each)
        return datetime.datetime.fromisoformat(text).timestamp()


def role_session(parameters: Mapping[str, Any], issued: float) -> Identity:
    """Return the session that AssumeRole with `parameters` begins at `issued`, in epoch seconds.

    Its condition keys are those of the IAM user guide, "AWS global condition context keys".
    """
    at = datetime.datetime.fromtimestamp(issued, datetime.UTC)
    context = {"aws:TokenIssueTime": at.strftime("%Y-%m-%dT%H:%M:%SZ")}
    if "SourceIdentity" in parameters:
        context["aws:SourceIdentity"] = parameters["SourceIdentity"]
    context |= {f"aws:PrincipalTag/{tag['Key']}": tag["Value"] for tag in parameters.get("Tags", ())}
    account, name = parameters["RoleArn"].split(":")[4], parameters["RoleArn"].rpartition("/")[2]
    arn = f"arn:aws:sts::{account}:assumed-role/{name}/{parameters['RoleSessionName']}"
    policy = json.loads(parameters["Policy"]) if "Policy" in parameters else None
    return Identity(arn, parameters["RoleArn"], policy, context)


class Sessions:
    """The role sessions of an account. moto keeps neither their source identity nor the time of their begin."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """`clock`: seconds since the epoch."""
        self._clock = clock
        self.by_key: dict[str, Identity] = {}
        """Every session by its access key, newest last."""
        self.issued: list[dict[str, Any]] = []
        """The credentials of every session."""

    def assume_role(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Answer AssumeRole."""
        now = self._clock()
        session = role_session(parameters, now)
        key = f"ASIA{secrets.token_hex(8).upper()}"
        self.by_key[key] = session
        # In whole seconds, as STS answers.
        expires = datetime.datetime.fromtimestamp(int(now) + int(parameters.get("DurationSeconds", 3600)), datetime.UTC)
        tokens = {"SecretAccessKey": secrets.token_hex(20), "SessionToken": secrets.token_hex(64)}
        self.issued.append({"AccessKeyId": key, **tokens, "Expiration": expires})
        user = {"AssumedRoleId": f"AROALOCAL:{session.session_name}", "Arn": session.arn}
        return {"Credentials": self.issued[-1], "AssumedRoleUser": user}
