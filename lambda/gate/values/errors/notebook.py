"""Errors of requests for a notebook."""

from typing import TYPE_CHECKING, ClassVar

from gate.values.errors.base import BadRequestError, Category, ForbiddenError, GateError, NotFoundError

if TYPE_CHECKING:
    from gate.values.instance import Instance, Status


class InvalidNotebookNameError(BadRequestError):
    """The name in the path cannot be the name of a SageMaker notebook instance."""

    reason = "invalid_name"
    title = "This is not a valid notebook name"
    words = "A name has up to 63 letters, digits and hyphens. Check the bookmark, or choose from your notebooks."


class InvalidViewError(BadRequestError):
    """The query parameter `view` is neither `lab` nor `classic`."""

    reason = "invalid_view"
    title = "This view does not exist"
    words = "Use view=lab or view=classic, or leave it out."


class NotGrantedError(ForbiddenError):
    """The caller has no grant, or the notebook does not exist.

    Both cases give the same response, so that a caller cannot find out which names exist.
    """

    reason = "not_granted"
    title = "This notebook is not yours to open"
    words = "You have no access to it, or it does not exist. Ask your platform team for access to it."

    def __init__(self, ask_path: str = "") -> None:
        """`ask_path`: the path of the page where the caller can ask for access; empty if there is none."""
        super().__init__()
        self.ask_path = ask_path


class GroupsNotSentError(NotGrantedError):
    """The caller has no grant, and the provider sent a pointer instead of the groups that may have one (overage)."""

    reason = "groups_not_sent"
    title = "Your identity provider did not send your groups"
    words = (
        "You have no access of your own. One of your groups may have access, but you are in so many groups that your "
        "identity provider leaves them out. Ask your platform team to configure the provider to send only the groups "
        "assigned to this application."
    )


class NoPowerError(ForbiddenError):
    """The grant does not allow its caller to start or stop the notebook."""

    reason = "no_power"
    title = "You may not start or stop this notebook"
    words = "You may open it, but your grant does not include starting or stopping. Ask your platform team."


class NotebookMissingError(NotFoundError):
    """The notebook of the grant was deleted."""

    reason = "notebook_missing"
    title = "This notebook no longer exists"
    words = "Your grant names a notebook that was deleted. Ask your platform team for a new one."


class LocationUnknownError(NotFoundError):
    """The grant names an account or region that the deployment's settings do not list."""

    reason = "location_unknown"
    title = "This notebook is out of reach"
    words = "It is in an account or region that the gate is not set up for. Tell your platform team."


class NotReadyError(GateError):
    """The notebook exists, and cannot be opened in its present state."""

    status = 409
    category = Category.DETOUR
    for_status: ClassVar["Status | None"] = None
    """The status that the error stands for."""

    def __init__(self, instance: "Instance") -> None:
        super().__init__()
        self.instance = instance

    @property
    def details(self) -> dict[str, str]:
        """The state."""
        return {"state": self.instance.state}


class NotebookStoppedError(NotReadyError):
    """The notebook is stopped."""

    for_status = "stopped"
    reason = "notebook_stopped"
    title = "This notebook is stopped"
    words = "Start it. It opens as soon as it runs. If your grant does not include starting, ask your platform team."
    retry_after = 60


class NotebookStartingError(NotReadyError):
    """The notebook is starting."""

    status = 202
    for_status = "starting"
    reason = "notebook_starting"
    title = "This notebook is starting"
    words = "It opens as soon as it runs. You only have to wait."
    retry_after = 15


class NotebookStoppingError(NotReadyError):
    """The notebook is stopping."""

    for_status = "stopping"
    reason = "notebook_stopping"
    title = "This notebook is stopping"
    words = "Wait about a minute until it has stopped. Then start it again."
    retry_after = 15


class NotebookFailedError(NotReadyError):
    """SageMaker could not start the notebook."""

    category = Category.REFUSAL
    for_status = "failed"
    reason = "notebook_failed"
    title = "This notebook has failed"
    words = "SageMaker could not start it. Start it again. If it fails again, tell your platform team."
    retry_after = 60

    @property
    def advice(self) -> str:
        """What to do, by the reason that SageMaker gives."""
        return _FAILURE_ADVICE.get(self.instance.failure or "other", self.words)

    @property
    def details(self) -> dict[str, str]:
        """The state, and why the notebook has failed."""
        return {**super().details, "failure": self.instance.failure or "other"}


_FAILURE_ADVICE = {
    "capacity": (
        "AWS has no free machine of this type right now. Try again in some minutes, or ask your platform team for "
        "another instance type."
    ),
    "quota": "The account's quota for this instance type is used up. Ask your platform team.",
    "lifecycle": "Its start script failed. Ask your platform team to look at the notebook's lifecycle configuration.",
}


class NotebookBusyError(NotReadyError):
    """The notebook is being updated or deleted, or is in a state that this version does not know."""

    reason = "notebook_busy"
    title = "This notebook is being changed"
    words = "It is being updated or deleted. Try again in a few minutes, or ask your platform team."
    retry_after = 60


def not_ready_error(status: "Status") -> type[NotReadyError]:
    """Return the error for a notebook whose status is not `running`."""
    return next((error for error in NotReadyError.__subclasses__() if error.for_status == status), NotebookBusyError)
