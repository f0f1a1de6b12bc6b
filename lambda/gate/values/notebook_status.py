"""The status of a granted notebook, as the page and Slack list it."""

from dataclasses import dataclass

from gate.values.grant import Grant
from gate.values.instance import Instance


@dataclass(frozen=True)
class NotebookStatus:
    """A granted notebook and its instance."""

    grant: Grant
    instance: Instance | None
    """None if the state is unknown right now, or the notebook is missing."""
    missing: bool = False
    """Whether the notebook was deleted."""

    @property
    def can_open(self) -> bool:
        """Whether the notebook can be opened at once, as far as its state is known."""
        return not self.missing and (self.instance is None or self.instance.can_open)

    @property
    def is_changing(self) -> bool:
        """Whether the notebook is on its way to another state."""
        return self.instance is not None and self.instance.status in ("starting", "stopping", "updating", "deleting")

    @property
    def can_start(self) -> bool:
        """Whether the notebook can be started, and the grant allows it."""
        return self.grant.may_start and not self.missing and (self.instance is None or self.instance.can_start)

    @property
    def can_stop(self) -> bool:
        """Whether the notebook can be stopped, and the grant allows it."""
        return self.grant.may_stop and not self.missing and (self.instance is None or self.instance.can_stop)
