"""Errors of requests for a notebook."""

from typing import TYPE_CHECKING

from gate.values.errors.base import BadRequestError, Category, ForbiddenError, GateError, NotFoundError

if TYPE_CHECKING:
    from gate.values.instance import Instance, Status

# fmt: off

class InvalidNotebookNameError(BadRequestError, reason="invalid_name", title="This is not a valid notebook name",
        words="Names are such as churn-model, or studio:d-abc123/alice/churn-space for a space in Studio. Check the "
        "name."):
    """The name in the path cannot be the name of a notebook instance, or of a user profile or space in Studio."""

class InvalidViewError(BadRequestError, reason="invalid_view", title="This notebook does not have this view",
        words="Leave view out of the address. Notebook instances have the views lab and classic. A space in Studio has "
        "only that of its application, such as jupyterlab."):
    """The query parameter `view` names no view that the notebook has."""

class InvalidPathError(BadRequestError, reason="invalid_path", title="This address does not lead to a file",
        words="Write a path below the home folder, such as churn/report.ipynb, without .. and without a slash at its "
        "beginning. Or leave path out of the address."):
    """The query parameter `path` is not a path of a file, or could lead out of the application."""

class PathUnsupportedError(BadRequestError, reason="path_unsupported", title="This notebook cannot be opened at a file",
        words="Leave path out of the address. Only JupyterLab and Studio Classic open at a file, and AWS documents no "
        "way for notebook instances."):
    """The query parameter `path` is given for a notebook instance, or for another application of Studio."""

class NotGrantedError(ForbiddenError, reason="not_granted", title="You have no access to this notebook",
        words="Nobody has given you access, or no notebook has this name. Check the name."):
    """The caller has no grant, or the notebook does not exist.

    Both cases give the same response, so that a caller cannot find out which names exist.
    """

    def __init__(self, ask_link: str = "") -> None:
        """`ask_link`: the link to the page where the caller can ask for access; empty if there is none."""
        super().__init__()
        self.ask_link = ask_link

    @property
    def advice(self) -> str:
        """What to do, by whether the caller can ask for access here."""
        return self.words if self.ask_link else f"{self.words} Or ask your platform team for access."

class GroupsNotSentError(NotGrantedError, reason="groups_not_sent",
        title="Your identity provider did not send your groups",
        words="You have no access of your own. One of your groups may have access, but you are in so many groups "
        "that your identity provider leaves them out. Ask your platform team to configure the provider to send only "
        "the groups assigned to this application."):
    """The caller has no grant, and the provider sent a pointer instead of the groups that may have one (overage).

    Entra ID does this for people in more than 200 groups.
    """

    @property
    def advice(self) -> str:
        """The words: the platform team has to act, whether or not the caller can ask for access."""
        return self.words

class NoPowerError(ForbiddenError, reason="no_power", title="You may not start or stop this notebook",
        words="You may open it, but your grant does not include starting or stopping. Ask your platform team."):
    """The grant does not allow its caller to start or stop the notebook."""

class NotebookMissingError(NotFoundError, reason="notebook_missing", title="This notebook no longer exists",
        words="Your grant names a notebook that was deleted. Ask your platform team for a new one."):
    """The notebook of the grant was deleted."""

class LocationUnknownError(NotFoundError, reason="location_unknown", title="This notebook is out of reach",
        words="It is in an account, region or Studio domain that the gate is not set up for. Tell your platform team."):
    """The grant names an account, region or Studio domain that the deployment's settings do not list."""

class OtherProfileError(ForbiddenError, reason="other_profile", title="This space belongs to somebody else",
        words="Your grant names a private space of another user profile. Ask your platform team to correct it."):
    """The space is private, and its owner is not the user profile of the grant."""

class IdentityCenterError(GateError, status=409, category=Category.FAILURE, reason="identity_center",
        title="This Studio domain has a sign-in of its own",
        words="People sign in to it with IAM Identity Center, so no link can open it. Open Studio from your AWS access "
        "portal, and tell your platform team that the grant names such a domain."):
    """The domain's authentication mode is SSO. CreatePresignedDomainUrl works only with the mode IAM."""

class NotReadyError(GateError, status=409, category=Category.INTERIM):
    """The notebook exists, and cannot be opened in its present state."""

    def __init__(self, instance: "Instance", *, may_start: bool = False) -> None:
        """`may_start`: whether the caller may start the notebook."""
        super().__init__()
        self.instance = instance
        self.can_start = may_start and instance.can_start
        """Whether the caller can start the notebook now."""

    @property
    def details(self) -> dict[str, str]:
        """The state."""
        return {"state": self.instance.state}

class NotebookStoppedError(NotReadyError, reason="notebook_stopped", title="This notebook is stopped", retry_after=60,
        words="Start it. It opens as soon as it runs."):
    """The notebook is stopped."""

    @property
    def advice(self) -> str:
        """What to do, by whether the caller can start the notebook."""
        return self.words if self.can_start else "You may open it, not start it. Ask your platform team to start it."

class NotebookStartingError(NotReadyError, reason="notebook_starting", title="This notebook is starting", status=202,
        retry_after=15, words="It opens as soon as it runs. You only have to wait."):
    """The notebook is starting."""

class NotebookStoppingError(NotReadyError, reason="notebook_stopping", title="This notebook is stopping",
        retry_after=15, words="Wait about a minute until it has stopped. This page then says what to do next."):
    """The notebook is stopping."""

class NotebookFailedError(NotReadyError, reason="notebook_failed", title="This notebook has failed",
        category=Category.REFUSAL, retry_after=60,
        words="SageMaker could not start it. Start it again. If it fails again, tell your platform team."):
    """SageMaker could not start the notebook.

    `failure` in the response says why: `capacity`, `quota`, `lifecycle`, `broken` (starting it again cannot help) or
    `other`.
    """

    @property
    def advice(self) -> str:
        """What to do, by the reason that SageMaker gives, and by whether the caller can start the notebook."""
        other = self.words if self.can_start else "SageMaker could not start it. Tell your platform team."
        return _FAILURE_ADVICE.get(self.instance.failure or "other", other)

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
    "broken": "SageMaker could not create or delete it, and starting it does not help. Tell your platform team.",
    "lifecycle": "Its start script failed. Ask your platform team to look at the notebook's lifecycle configuration.",
}

class NotebookBusyError(NotReadyError, reason="notebook_busy", title="This notebook is being changed", retry_after=60,
        words="It is being updated or deleted. Try again in a few minutes, or ask your platform team."):
    """The notebook is being updated or deleted, or is in a state that this version does not know."""

def not_ready_error(status: "Status") -> type[NotReadyError]:
    """Return the error for a notebook whose status is not `running`, which the reason of the error names."""
    errors = {error.reason: error for error in NotReadyError.__subclasses__()}
    return errors.get(f"notebook_{status}", NotebookBusyError)
