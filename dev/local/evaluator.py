"""Evaluates IAM policies with `@cloud-copilot/iam-simulate`, in one child process."""

import json
import re
import shutil
import subprocess
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
Policy = Mapping[str, Any]


class EvaluatorError(Exception):
    """The evaluator can't answer: node is missing, or an action, a key or a policy is unknown to it."""


@dataclass(frozen=True)
class Access:
    """One request for access, with all policies that apply to it."""

    action: str
    resource: str
    account: str
    """The account that owns the resource, twelve digits."""
    principal: str | None
    """The caller's ARN, such as that of a role session, or None for an unsigned request."""
    context: Mapping[str, str | Sequence[str]] = field(default_factory=dict)
    """Condition keys; multivalued keys have a list."""
    identity_policies: Sequence[Policy] = ()
    session_policy: Policy | None = None
    resource_policy: Policy | None = None
    boundary: Policy | None = None
    """The permissions boundary of the caller's role."""

    def question(self) -> dict[str, Any]:
        """Return this in the form that the evaluator expects."""
        question: dict[str, Any] = {
            "request": {
                "principal": self.principal,
                "action": self.action,
                "resource": {"resource": self.resource, "accountId": self.account},
                "contextVariables": dict(self.context),
            },
            "identityPolicies": [
                {"name": str(number), "policy": policy} for number, policy in enumerate(self.identity_policies)
            ],
            "serviceControlPolicies": [],
            "resourceControlPolicies": [],
        }
        if self.session_policy is not None:
            question["sessionPolicy"] = self.session_policy
        if self.boundary is not None:
            question["permissionBoundaryPolicies"] = [{"name": "boundary", "policy": self.boundary}]
        if self.resource_policy is not None:
            question["resourcePolicy"] = self.resource_policy
        return question


class Evaluator:
    """Answers whether access is allowed, in about a millisecond. Safe for use by several threads."""

    def __init__(self) -> None:
        """Start the child process. Raises `EvaluatorError` when node is missing."""
        node = shutil.which("node")
        if node is None:
            raise EvaluatorError("node is missing: install Node.js 22 or 24")
        self._lock = threading.Lock()
        self._child = subprocess.Popen(
            [node, str(ROOT / "dev" / "local" / "evaluate.mjs")],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            # In a process group of its own, so that Ctrl-C does not end it before the last question.
            start_new_session=True,
        )

    def allows(self, access: Access) -> bool:
        """Return whether the policies allow `access`. Raises `EvaluatorError` when that can't be decided."""
        question = json.dumps(access.question())
        if re.search(r'[.:]0/0"', question):
            # JavaScript's shift by 32 bits does nothing, so the evaluator takes such a network for a single address.
            raise EvaluatorError("the evaluator can't evaluate networks that hold every address")
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        with self._lock:
            try:
                self._child.stdin.write(question + "\n")
                self._child.stdin.flush()
                line = self._child.stdout.readline()
            except (OSError, ValueError):
                line = ""
        if not line:
            raise EvaluatorError("the policy evaluator has ended: are the packages of package-lock.json installed?")
        answer = json.loads(line)
        # The evaluator skips conditions on the keys that it reports as ignored.
        if "error" in answer or answer["ignored"]:
            raise EvaluatorError(f"{access.action}: {answer.get('error') or answer['ignored']}")
        return bool(answer["result"] == "Allowed")

    def close(self) -> None:
        """End the child process."""
        with self._lock:
            self._child.terminate()
            self._child.communicate()

    def __enter__(self) -> "Evaluator":
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()
