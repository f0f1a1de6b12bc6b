"""What the policy tests share: the function's session policy, and access to a notebook as the evaluator takes it.

The policies come from the synthesised template and from the function's own code. An independent evaluator
(`dev/local/evaluator.py`) decides them. Each test also evaluates every question without the policies that should refuse
it, so that no question is refused for another reason.
"""

import datetime
import json
import time
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

from gate.launch.kinds.notebook_instance import OPEN
from gate.launch.launcher import Launcher
from gate.launch.role_sessions import RoleSessions
from gate.platform.config import Config
from gate.values.caller import Caller
from gate.values.grant import Grant
from gate.values.notebook import Notebook
from local.aws.notebook_instances import notebook_arn
from local.evaluator import Access
from local.resolved_template import ResolvedTemplate, Role
from local.template import ACCOUNT, REGION

INSIDE, ALSO_INSIDE, OUTSIDE = "203.0.113.7", "203.0.113.8", "198.51.100.66"
NOTEBOOK = "alice-notebook"
ALLOW_ALL = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


def session_policy(resolved: ResolvedTemplate, pin: str, address: str = INSIDE) -> Any:
    """Return the session policy that the function's own code sends to STS for a caller at `address`."""
    grant = Grant("user:alice@example.com", Notebook(NOTEBOOK), 43_200, power="start")
    return _sent_policy(resolved, pin, address, lambda launcher, caller: launcher.describe(caller, grant))


def list_policy(resolved: ResolvedTemplate, notebooks: Sequence[str]) -> Any:
    """Return the session policy that the function's own code sends to STS to list `notebooks`."""
    grants = [Grant("user:alice@example.com", Notebook(name), 43_200, power="auto-start") for name in notebooks]
    return _sent_policy(resolved, "caller", INSIDE, lambda launcher, caller: launcher.describe_all(caller, grants))


def _sent_policy(
    resolved: ResolvedTemplate, pin: str, address: str, describe: Callable[[Launcher, Caller], object]
) -> Any:
    calls: list[dict[str, Any]] = []

    def assume_role(**parameters: Any) -> dict[str, Any]:
        calls.append(parameters)
        return {"Credentials": {}}

    described = {
        "NotebookInstanceStatus": "InService",
        "InstanceType": "ml.t3.medium",
        "LastModifiedTime": datetime.datetime.now(datetime.UTC),
    }
    sagemaker: Any = SimpleNamespace(describe_notebook_instance=lambda **_: described)
    config = Config.from_environ({**resolved.environment, "AWS_REGION": REGION, "GATE_PIN": pin})
    sts: Any = SimpleNamespace(assume_role=assume_role)
    clients = RoleSessions(sts=sts, make_sagemaker=lambda *_: sagemaker, clock=time.time)
    unused_queue: Any = None
    launcher = Launcher(config, clients, unused_queue)
    caller = Caller("user:alice@example.com", (), "session", address, time.time())
    describe(launcher, caller)
    (call,) = calls
    assert call["RoleArn"] == resolved.launch_role.arn
    return json.loads(call["Policy"])


def notebook_access(
    resolved: ResolvedTemplate,
    context: dict[str, str],
    session_policy: Any,
    role_policies: Any = None,
    *,
    action: str = OPEN,
    notebook: str = NOTEBOOK,
) -> Access:
    """Return a request to a notebook as the launch role.

    `context`: the condition keys. `session_policy`: None for a session without one. `role_policies`: in place of the
    launch role's own.
    """
    role = resolved.launch_role
    return Access(
        action=action,
        resource=notebook_arn(notebook, REGION),
        account=ACCOUNT,
        principal=role.session("alice@example.com"),
        context=dict(context),
        identity_policies=role.policies if role_policies is None else role_policies,
        session_policy=session_policy,
    )


def of_keys(*patterns: str) -> dict[str, Any]:
    """Return the condition that allows items with these partition keys alone."""
    return {
        "ForAllValues:StringLike": {"dynamodb:LeadingKeys": list(patterns)},
        "Null": {"dynamodb:LeadingKeys": "false"},
    }


def allowed_by(role: Role) -> dict[str, Any]:
    """Return the resources and conditions of a role by action."""
    found: dict[str, Any] = {}
    for policy in role.policies:
        for statement in policy["Statement"]:
            assert statement["Effect"] == "Allow"
            actions = statement["Action"]
            for action in [actions] if isinstance(actions, str) else actions:
                found.setdefault(action, []).append((statement["Resource"], statement.get("Condition")))
    return found
