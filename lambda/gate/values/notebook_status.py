"""The status of a granted notebook, as the page and Slack list it."""

from dataclasses import dataclass

from gate.values.grant import Grant
from gate.values.instance import Instance


@dataclass(frozen=True)
class NotebookStatus:
    """A granted notebook and its instance."""

    grant: Grant
    instance: Instance | None
    """None if the state is unknown right now."""

    @property
    def can_start(self) -> bool:
        """Whether the notebook can be started, and the grant allows it."""
        return self.grant.may_start and (self.instance is None or self.instance.can_start)

    @property
    def can_stop(self) -> bool:
        """Whether the notebook can be stopped, and the grant allows it."""
        return self.grant.may_stop and (self.instance is None or self.instance.status == "running")
