"""The rules of the deployment: who decides on which requests, for how long, and with how many approvals."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

from gate.notebook import Notebook
from gate.store.grant_row import Power


@dataclass(frozen=True)
class RequestRules:
    """The settings of access requests."""

    approvers: Mapping[str, tuple[str, ...]]
    """The patterns of the notebooks that each principal decides on."""
    two: tuple[str, ...]
    """The patterns of the notebooks for which two people must approve."""
    durations: tuple[int, ...]
    """The lengths of access that people may choose, in seconds, ascending."""
    power: Power
    """The power of a requested grant."""
    slack_channel: str
    """The channel or user in Slack that is told of new requests; empty for none."""
    topic_arn: str
    """The SNS topic that is told of new requests; empty for none."""

    @classmethod
    def parse(cls, text: str) -> "RequestRules":
        """Parse the JSON that `to_json` wrote."""
        values = json.loads(text)
        return cls(
            approvers={principal: tuple(patterns) for principal, patterns in values["approvers"].items()},
            two=tuple(values["two"]),
            durations=tuple(values["durations"]),
            power=values["power"],
            slack_channel=values["slack_channel"],
            topic_arn=values["topic_arn"],
        )

    def approving_principals(self, principals: Iterable[str], notebook: Notebook) -> list[str]:
        """Return those of `principals` that decide on requests for `notebook`."""
        return [each for each in principals if _matches(notebook, self.approvers.get(each, ()))]

    def approvals_needed(self, notebook: Notebook) -> int:
        """Return how many people must approve access to `notebook`."""
        return 2 if _matches(notebook, self.two) else 1


def _matches(notebook: Notebook, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(str(notebook), pattern) for pattern in patterns)
