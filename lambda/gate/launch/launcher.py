"""Acts on notebooks as the caller: assumes the launch role for each of them, narrowed to one notebook."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from gate.aws import aws_errors, code_of
from gate.config import Config
from gate.errors import AwsError, NoPowerError, NotebookMissingError, NotebookNotRunningError
from gate.grants import Grant, View
from gate.identity.caller import Caller
from gate.launch.names import session_name
from gate.launch.policy import host, notebook_arn, session_policy

if TYPE_CHECKING:
    from mypy_boto3_sagemaker import SageMakerClient
    from mypy_boto3_sts import STSClient
    from mypy_boto3_sts.type_defs import CredentialsTypeDef

URL_LIFETIME = 300
"""Seconds for which a presigned URL can be used (API reference of CreatePresignedNotebookInstanceUrl)."""

ROLE_SESSION = 3600
"""Seconds; the most that a role assumed from a role may have (IAM user guide, "role chaining")."""

_NOT_SO = frozenset({"ValidationException", "ResourceNotFound", "ResourceNotFoundException", "ConflictException"})


@dataclass(frozen=True)
class Launch:
    """The way into a notebook. Good once it exists, for anyone it lets pass: never logged, stored or cached."""

    authorized_url: str = field(repr=False)
    expires_in: int = URL_LIFETIME


class Launcher:
    """Creates presigned URLs, and tells, starts and stops notebooks, each time as the caller."""

    def __init__(
        self,
        config: Config,
        *,
        sts: "STSClient",
        sagemaker_of: "Callable[[CredentialsTypeDef], SageMakerClient]",
    ):
        """`sagemaker_of`: makes a client that signs with the credentials it is given."""
        self._config = config
        self._sts = sts
        self._sagemaker_of = sagemaker_of

    def open(self, caller: Caller, grant: Grant, view: View | None = None) -> Launch:
        """Create the URL that lets `caller` into the notebook of `grant`; `view` overrides the grant's.

        Raises `NotebookNotRunningError` and `NotebookMissingError` when SageMaker gives no URL for that reason.
        """
        sagemaker = self._sagemaker(caller, grant)
        try:
            with aws_errors():
                answer = sagemaker.create_presigned_notebook_instance_url(
                    NotebookInstanceName=grant.notebook, SessionExpirationDurationInSeconds=grant.session
                )
        except AwsError as error:
            # The API's sentence for a stopped notebook is not documented: ask for the state instead of reading it.
            if _code(error) in _NOT_SO and self._state(sagemaker, grant) != "InService":
                raise NotebookNotRunningError from error
            raise
        url = answer["AuthorizedUrl"]
        return Launch(f"{url}&view=lab" if (view or grant.view) == "lab" else url)

    def state(self, caller: Caller, grant: Grant) -> str:
        """Return the notebook's status as DescribeNotebookInstance gives it (`InService`, `Stopped`, …)."""
        return self._state(self._sagemaker(caller, grant), grant)

    def start(self, caller: Caller, grant: Grant) -> None:
        """Start the notebook; one that can't be started as it stands is left so. Raises `NoPowerError`."""
        if not grant.may_start:
            raise NoPowerError
        sagemaker = self._sagemaker(caller, grant)
        self._change(lambda: sagemaker.start_notebook_instance(NotebookInstanceName=grant.notebook), sagemaker, grant)

    def stop(self, caller: Caller, grant: Grant) -> None:
        """Stop the notebook; one that can't be stopped as it stands is left so. Raises `NoPowerError`."""
        if not grant.may_stop:
            raise NoPowerError
        sagemaker = self._sagemaker(caller, grant)
        self._change(lambda: sagemaker.stop_notebook_instance(NotebookInstanceName=grant.notebook), sagemaker, grant)

    def _change(self, call: Callable[[], object], sagemaker: "SageMakerClient", grant: Grant) -> None:
        try:
            with aws_errors():
                call()
        except AwsError as error:
            if _code(error) not in _NOT_SO:
                raise
            # Starting what already starts is no failure for whoever pressed the button; a deleted notebook is.
            self._state(sagemaker, grant)

    def _state(self, sagemaker: "SageMakerClient", grant: Grant) -> str:
        try:
            with aws_errors():
                answer = sagemaker.describe_notebook_instance(NotebookInstanceName=grant.notebook)
        except AwsError as error:
            if _code(error) in _NOT_SO:
                raise NotebookMissingError from error
            raise
        return answer["NotebookInstanceStatus"]

    def _sagemaker(self, caller: Caller, grant: Grant) -> "SageMakerClient":
        config = self._config
        name = session_name(caller.name)
        policy = session_policy(
            notebook_arn(config.launch_role_arn, config.region, grant.notebook),
            grant,
            networks=(host(caller.address), *config.egress) if config.pin == "caller" else None,
            vpc_endpoints=config.vpc_endpoints,
        )
        with aws_errors():
            answer = self._sts.assume_role(
                RoleArn=config.launch_role_arn,
                RoleSessionName=name,
                SourceIdentity=name,
                Policy=policy,
                DurationSeconds=ROLE_SESSION,
            )
        return self._sagemaker_of(answer["Credentials"])


def _code(error: AwsError) -> str | None:
    cause = error.__cause__
    return code_of(cause) if isinstance(cause, ClientError) else None
