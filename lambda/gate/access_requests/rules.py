"""The rules of the deployment: who may ask, who decides on which requests, for how long, and what needs no decision."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from gate.values.grant import Power
from gate.values.notebook import Notebook


@dataclass(frozen=True)
class RequestRules:
    """The settings of access requests."""

    approvers: Mapping[str, tuple[str, ...]]
    """The patterns of the notebooks that each principal decides on. `matches` tells what a pattern matches."""
    two_approvals: tuple[str, ...]
    """The patterns of the notebooks for which two people must approve."""
    durations: tuple[int, ...]
    """The lengths of access that people may choose, in seconds, ascending."""
    power: Power
    """The power of a requested grant."""
    slack_channel: str
    """The channel or user in Slack that is told of new requests; empty for none."""
    topic_arn: str
    """The SNS topic that is told of new requests; empty for none."""
    keep: int
    """Seconds for which a request stays in the table after somebody asked."""
    remind: int
    """Seconds before the end of a grant at which Slack reminds the person of it."""
    home: str
    """The deployment's own location (`account/region`), by which requests may name its notebooks, too."""
    eligible: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The patterns of the notebooks that each principal may ask for. Empty: everybody may ask for every notebook."""
    automatic: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The patterns of the notebooks that each principal gets at once."""
    automatic_longest: int = 0
    """The longest access, in seconds, that is allowed at once."""
    slack_groups: Mapping[str, str] = field(default_factory=dict)
    """The id of the Slack user group that stands for each group (`SlackGroups`)."""

    @classmethod
    def parse(cls, text: str, *, home: str) -> "RequestRules":
        """Parse the JSON that `RequestSettings.rules` wrote (infra/request_settings.py)."""
        values = json.loads(text)
        approvers, eligible, automatic = (
            {principal: tuple(patterns) for principal, patterns in values[name].items()}
            for name in ("approvers", "eligible", "automatic")
        )
        return cls(
            approvers=approvers,
            two_approvals=tuple(values["two"]),
            durations=tuple(values["durations"]),
            power=values["power"],
            slack_channel=values["slack_channel"],
            topic_arn=values["topic_arn"],
            keep=values["keep_days"] * 86_400,
            remind=values["remind"],
            home=home,
            eligible=eligible,
            automatic=automatic,
            automatic_longest=values["automatic_longest"],
            slack_groups=values["slack_groups"],
        )

    def approving_principals(self, principals: Iterable[str], notebook: Notebook) -> list[str]:
        """Return those of `principals` that decide on requests for `notebook`."""
        return self._named(self.approvers, principals, notebook)

    def may_ask(self, principals: Iterable[str], notebook: Notebook) -> bool:
        """Return whether a person with `principals` may ask for `notebook`, which may not exist."""
        return not self.eligible or bool(self._named(self.eligible, principals, notebook))

    def automatic_principals(self, principals: Iterable[str], notebook: Notebook, seconds: int) -> list[str]:
        """Return those of `principals` whose requests for `notebook`, for `seconds`, are allowed at once.

        There are none if two people must approve.
        """
        if seconds > self.automatic_longest or self.approvals_needed(notebook) > 1:
            return []
        return self._named(self.automatic, principals, notebook)

    def approvals_needed(self, notebook: Notebook) -> int:
        """Return how many people must approve access to `notebook`."""
        return 2 if matches(notebook, self.two_approvals, home=self.home) else 1

    def _named(
        self, patterns: Mapping[str, tuple[str, ...]], principals: Iterable[str], notebook: Notebook
    ) -> list[str]:
        return [each for each in principals if matches(notebook, patterns.get(each, ()), home=self.home)]


def matches(notebook: Notebook, patterns: Iterable[str], *, home: str) -> bool:
    """Return whether one of `patterns` matches `notebook`, without regard to case. `home`: see `RequestRules`.

    A pattern is compared with the bare name, and with the name and its location. No spelling of a name then gets
    around a rule.
    """
    local = notebook.relative_to(home)
    bare, located = local.name.lower(), f"{local.location or home}/{local.name}".lower()
    for pattern in map(str.lower, patterns):
        # A pattern without a slash, such as "*west*", is not meant for the region of every notebook here.
        names = (bare, located) if local.location or "/" in pattern else (bare,)
        if any(fnmatchcase(name, pattern) for name in names):
            return True
    return False
