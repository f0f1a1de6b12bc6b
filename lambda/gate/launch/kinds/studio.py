"""SageMaker Studio: user profiles of a domain, and spaces in which an application runs.

A space is opened in its application, which must be running. A user profile without a space is opened in Studio's home,
for which nothing has to run. Source: SageMaker's API reference.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from gate.launch.kinds.failures import failure_of
from gate.launch.kinds.kind import Arns, Kind
from gate.platform.aws.errors import code_of
from gate.values.errors.notebook import (
    IdentityCenterError,
    InvalidViewError,
    NoPowerError,
    NotebookMissingError,
    OtherProfileError,
    PathUnsupportedError,
    not_ready_error,
)
from gate.values.instance import Instance, Status
from gate.values.landing import Landing
from gate.values.notebook import Notebook, View

if TYPE_CHECKING:
    from mypy_boto3_sagemaker import SageMakerClient
    from mypy_boto3_sagemaker.literals import AppTypeType
    from mypy_boto3_sagemaker.type_defs import DescribeSpaceResponseTypeDef

OPEN = "sagemaker:CreatePresignedDomainUrl"
DESCRIBE = ("sagemaker:DescribeSpace", "sagemaker:DescribeApp", "sagemaker:DescribeUserProfile")
START = "sagemaker:CreateApp"
STOP = "sagemaker:DeleteApp"

URL_LIFETIME = 60
"""Seconds. A browser follows the redirect at once, and the least that AWS allows is 5."""

NOT_FOUND = "ResourceNotFound"

APP_NAME = "default"
"""The name of the only application of a space."""

APP_TYPES: "Mapping[View | None, AppTypeType]" = {
    "jupyterlab": "JupyterLab",
    "code-editor": "CodeEditor",
    "classic": "JupyterServer",
    "rstudio": "RStudioServerPro",
    "canvas": "Canvas",
}
"""The applications that views open (`LandingUri` of CreatePresignedDomainUrl). The others open Studio's home."""

_STATUS_OF_APP: Mapping[str, Status] = {
    "InService": "running",
    "Pending": "starting",
    "Deleting": "stopping",
    "Deleted": "stopped",
    "Failed": "failed",
}
_STATUS_OF_OWNER: Mapping[str, Status] = {
    "InService": "ready",
    # What could not be changed is as it was before.
    "Update_Failed": "ready",
    "Pending": "updating",
    "Updating": "updating",
    "Deleting": "deleting",
    "Failed": "failed",
    "Delete_Failed": "failed",
}
"""The statuses of the values of `SpaceStatus` and `UserProfileStatus`."""


class Studio(Kind):
    """The kind of user profiles and spaces."""

    open_action = OPEN
    describe_actions = DESCRIBE
    start_action = START
    stop_action = STOP
    url_lifetime = URL_LIFETIME
    usual_start_seconds = 180
    state_conflict_codes = frozenset({"ValidationException", NOT_FOUND, "ResourceInUse", "ConflictException"})
    priming = (
        "create_presigned_domain_url",
        {"DomainId": "d-x", "UserProfileName": "x", "ExpiresInSeconds": URL_LIFETIME},
        b'{"AuthorizedUrl": "x"}',
    )

    def resources(self, domains: Sequence[str]) -> list[str]:
        """Return the ends of ARNs that match all user profiles, spaces and applications of `domains`."""
        return [f"{kind}/{domain}/*" for domain in domains for kind in ("user-profile", "space", "app")]

    def arns(self, notebook: Notebook, prefix: str) -> Arns:
        """Return the ARNs of the user profile, the space, and the applications of the space."""
        domain, profile, *space = (part.lower() for part in notebook.studio)
        opened = (f"{prefix}user-profile/{domain}/{profile}", *(f"{prefix}space/{domain}/{name}" for name in space))
        return Arns(opened, (*opened, *(f"{prefix}app/{domain}/{name}/*" for name in space)))

    def presign(
        self, client: "SageMakerClient", notebook: Notebook, seconds: int, landing: Landing, usual: View | None
    ) -> str:
        """Return a presigned URL of the space's application, or of the view of the user profile."""
        domain, profile, *space = notebook.studio
        app_type = self._running_app_type(client, notebook, landing) if space else APP_TYPES.get(landing.view or usual)
        names: Any = {"SpaceName": space[0]} if space else {}
        try:
            return client.create_presigned_domain_url(
                DomainId=domain,
                UserProfileName=profile,
                LandingUri=_landing_uri(app_type, landing),
                ExpiresInSeconds=URL_LIFETIME,
                SessionExpirationDurationInSeconds=seconds,
                **names,
            )["AuthorizedUrl"]
        except ClientError as error:
            if code_of(error) in self.state_conflict_codes:
                self._require_usable_profile(client, notebook)
            raise

    def describe(self, client: "SageMakerClient", notebook: Notebook) -> Instance:
        """Return the application of the space, or the state of the user profile. Raises `OtherProfileError`."""
        domain, profile, *space = notebook.studio
        if space:
            return self._application(client, notebook, self._space(client, notebook))
        return _owner_state(notebook, client.describe_user_profile(DomainId=domain, UserProfileName=profile))

    def start(self, client: "SageMakerClient", notebook: Notebook) -> None:
        """Create the application, with the resources that the space has for it. Raises `NoPowerError` without one."""
        space = self._space(client, notebook)
        app_type = app_type_of(space)
        settings: Any = space.get("SpaceSettings", {}).get(f"{app_type}AppSettings", {})
        resources: Any = {"ResourceSpec": spec} if (spec := settings.get("DefaultResourceSpec")) else {}
        client.create_app(**_app_key(notebook, app_type), **resources)

    def stop(self, client: "SageMakerClient", notebook: Notebook) -> None:
        """Delete the application. The files of the space are kept. Raises `NoPowerError` without a space."""
        client.delete_app(**_app_key(notebook, app_type_of(self._space(client, notebook))))

    def _running_app_type(self, client: "SageMakerClient", notebook: Notebook, landing: Landing) -> "AppTypeType":
        space = self._space(client, notebook)
        app_type = app_type_of(space)
        if landing.view and APP_TYPES[landing.view] != app_type:
            raise InvalidViewError
        instance = self._application(client, notebook, space)
        # AWS would create a URL nevertheless.
        if not instance.can_open:
            raise not_ready_error(instance.status)(instance)
        return app_type

    def _space(self, client: "SageMakerClient", notebook: Notebook) -> "DescribeSpaceResponseTypeDef":
        domain, profile, *name = notebook.studio
        if not name:
            raise NoPowerError
        space = client.describe_space(DomainId=domain, SpaceName=name[0])
        private = space.get("SpaceSharingSettings", {}).get("SharingType") == "Private"
        owner = space.get("OwnershipSettings", {}).get("OwnerUserProfileName", "")
        if private and owner.lower() != profile.lower():
            raise OtherProfileError
        return space

    def _application(
        self, client: "SageMakerClient", notebook: Notebook, space: "DescribeSpaceResponseTypeDef"
    ) -> Instance:
        of_space = _owner_state(notebook, space)
        if not of_space.can_open:
            return of_space
        try:
            app = client.describe_app(**_app_key(notebook, app_type_of(space)))
        except ClientError as error:
            if code_of(error) != NOT_FOUND:
                raise
            return Instance("stopped", "Deleted", "", of_space.changed)
        state = app["Status"]
        status = _STATUS_OF_APP.get(state, "unknown")
        failure = failure_of(notebook.name, app.get("FailureReason", "")) if status == "failed" else None
        instance_type = app.get("ResourceSpec", {}).get("InstanceType", "")
        return Instance(status, state, instance_type, app["CreationTime"].timestamp(), failure)

    def _require_usable_profile(self, client: "SageMakerClient", notebook: Notebook) -> None:
        """Raise the error of a user profile that cannot be opened."""
        domain, profile, *_ = notebook.studio
        try:
            found: Any = client.describe_user_profile(DomainId=domain, UserProfileName=profile)
        except ClientError as error:
            if code_of(error) != NOT_FOUND:
                raise
            raise NotebookMissingError from error
        # A profile has this exactly if its domain signs in with IAM Identity Center (CreateUserProfile).
        if "SingleSignOnUserIdentifier" in found:
            raise IdentityCenterError
        instance = _owner_state(notebook, found)
        if not instance.can_open:
            raise not_ready_error(instance.status)(instance)


def _landing_uri(app_type: "AppTypeType | None", landing: Landing) -> str:
    """Return the `LandingUri` of an application, or of Studio's home if `app_type` is None.

    JupyterLab opens a file at `lab/tree/<path>` (user guide, "JupyterLab URLs"), in Studio Classic, too.
    """
    if landing.path and app_type not in ("JupyterLab", "JupyterServer"):
        raise PathUnsupportedError
    path = f"lab/tree/{landing.url_path}" if landing.path else ""
    return f"app:{app_type}:{path}" if app_type else "studio::"


def app_type_of(space: "DescribeSpaceResponseTypeDef") -> "AppTypeType":
    """Return the application of a space."""
    # The first spaces were all of Studio Classic, and have no type.
    return space.get("SpaceSettings", {}).get("AppType", "JupyterServer")


def _app_key(notebook: Notebook, app_type: "AppTypeType") -> Any:
    domain, _, space = notebook.studio
    return {"DomainId": domain, "SpaceName": space, "AppType": app_type, "AppName": APP_NAME}


def _owner_state(notebook: Notebook, owner: Mapping[str, Any]) -> Instance:
    """Return the state of a space or user profile, without that of an application."""
    state = owner["Status"]
    status = _STATUS_OF_OWNER.get(state, "unknown")
    changed = owner["LastModifiedTime"].timestamp()
    if status != "failed":
        return Instance(status, state, "", changed)
    failure_of(notebook.name, owner.get("FailureReason", ""))  # for the log
    return Instance(status, state, "", changed, "broken")
