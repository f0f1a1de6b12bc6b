"""What was asked of a notebook can't be, or can't be now."""

from typing import TYPE_CHECKING

from gate.errors.base import BadRequestError, ForbiddenError, GateError, NotFoundError

if TYPE_CHECKING:
    from gate.launch.notebook_status import Instance


class InvalidNotebookNameError(BadRequestError):
    """The name in the path is none that SageMaker could give."""

    reason = "invalid_name"
    title = "That is not a notebook's name"
    words = "A name has up to 63 letters, digits and hyphens. Check the bookmark, or choose from your notebooks."


class InvalidViewError(BadRequestError):
    """`?view=` is neither lab nor classic."""

    reason = "invalid_view"
    title = "That view does not exist"
    words = "Use view=lab or view=classic, or leave it out."


class NotGrantedError(ForbiddenError):
    """No grant, or no such notebook: one and the same answer, so that names can't be found out by trying."""

    reason = "not_granted"
    title = "This notebook is not yours to open"
    words = "You have no access to it, or it does not exist. Ask your platform team for access to it."


class GroupsNotSentError(NotGrantedError):
    """No grant of their own, and the provider sent a pointer in place of the groups that may have one ("overage")."""

    reason = "groups_not_sent"
    title = "Your identity provider did not send your groups"
    words = (
        "You have no access of your own, and whether a group of yours has it can't be told: you are in so many that "
        "your identity provider leaves them out. Ask your platform team to have the provider send only the groups "
        "assigned to this application."
    )


class NoPowerError(ForbiddenError):
    """The grant opens the notebook, but does not start or stop it."""

    reason = "no_power"
    title = "You may not start or stop this notebook"
    words = "You may open it, but your grant does not include starting or stopping. Ask your platform team."


class NotebookMissingError(NotFoundError):
    """The grant names a notebook that is gone."""

    reason = "notebook_missing"
    title = "This notebook no longer exists"
    words = "Your grant names a notebook that was deleted. Ask your platform team for a new one."


class NotReadyError(GateError):
    """The notebook exists, but can't be opened as it stands. Carries how it stands, for who can tell more of it."""

    status = 409

    def __init__(self, instance: "Instance") -> None:
        super().__init__()
        self.instance = instance

    @property
    def details(self) -> dict[str, str]:
        """How the notebook stands."""
        return {"state": self.instance.state}


class LocationUnknownError(NotFoundError):
    """A grant names an account or region that the deployment's settings do not."""

    reason = "location_unknown"
    title = "This notebook is out of reach"
    words = "It is in an account or region that the gate is not set up for. Tell your platform team."


class NotebookStoppedError(NotReadyError):
    """It is stopped."""

    reason = "notebook_stopped"
    title = "This notebook is stopped"
    words = "Start it, and you go in as soon as it runs. If your grant does not include that, ask your platform team."
    retry_after = 60


class NotebookStartingError(NotReadyError):
    """It starts."""

    status = 202
    reason = "notebook_starting"
    title = "This notebook is starting"
    words = "You go in as soon as it runs. There is nothing to do but wait."
    retry_after = 15


class NotebookStoppingError(NotReadyError):
    """It stops."""

    reason = "notebook_stopping"
    title = "This notebook is stopping"
    words = "Wait until it has stopped, about a minute; then start it again."
    retry_after = 15


class NotebookFailedError(NotReadyError):
    """SageMaker could not start it."""

    reason = "notebook_failed"
    title = "This notebook has failed"
    words = "SageMaker could not start it. Start it again; if it fails again, tell your platform team."
    retry_after = 60


class NotebookBusyError(NotReadyError):
    """It is being updated or deleted, or in a state that came after this was written."""

    reason = "notebook_busy"
    title = "This notebook is being changed"
    words = "Somebody updates or deletes it. Try again in a few minutes, or ask your platform team."
    retry_after = 60
