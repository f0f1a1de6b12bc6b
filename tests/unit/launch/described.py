"""The notebooks that a session policy of the list names."""

import json

from gate.launch.kinds import all_kinds


def described_arns(policy: str) -> list[str]:
    """Return the ARNs of a policy, which must allow describing one kind of notebook and nothing else."""
    (statement,) = json.loads(policy)["Statement"]
    arns: list[str] = statement.pop("Resource")
    action = statement.pop("Action")
    assert statement == {"Effect": "Allow"}
    actions = (action,) if isinstance(action, str) else tuple(action)
    assert actions in [kind.describe_actions for kind in all_kinds()]
    return arns
