"""The notebooks that a session policy of the list names."""

import json

from gate.launch.kinds.notebook_instance import DESCRIBE


def described_arns(policy: str) -> list[str]:
    """Return the notebooks of a policy, which must allow describing them and nothing else."""
    (statement,) = json.loads(policy)["Statement"]
    arns: list[str] = statement.pop("Resource")
    assert statement == {"Effect": "Allow", "Action": DESCRIBE}
    return arns
