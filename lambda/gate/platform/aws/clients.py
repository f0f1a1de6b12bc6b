"""Clients of AWS services, without boto3: it would make cold starts slower, and the function needs nothing of it."""

import threading
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, cast

import botocore.session
from botocore.config import Config
from botocore.credentials import ReadOnlyCredentials

from gate.platform.aws.service import Client, FindCredentials, Service
from gate.platform.aws.transport import AwsTransport

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_sagemaker import SageMakerClient
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sts import STSClient
    from mypy_boto3_sts.type_defs import CredentialsTypeDef

CLIENT_CONFIG = Config(
    # One retry. The deadline of the request limits the time that both attempts take together.
    retries={"mode": "standard", "total_max_attempts": 2},
)


class AwsClients:
    """Makes the clients of one process. They share one transport, and so the connections to each host."""

    def __init__(self) -> None:
        self.transport = AwsTransport()
        self.session: Any = botocore.session.get_session()
        # Found at the first call, so that no snapshot contains them.
        self._load_credentials = cache(self.session.get_component("credential_provider").load_credentials)
        self._services: dict[tuple[str, str | None], Service] = {}
        self._lock = threading.Lock()

    def client(self, service: str, region: str | None, credentials: FindCredentials) -> Client:
        """Return a client that signs each call with `credentials`."""
        return Client(self.service(service, region), credentials, self.transport.send)

    def own_credentials(self) -> ReadOnlyCredentials | None:
        """Return the credentials of the function's role. botocore caches them, and renews them before they expire."""
        found: Any = self._load_credentials()
        return found.get_frozen_credentials() if found else None

    def service(self, name: str, region: str | None) -> Service:
        """Return the service `name`. `region`: None for the function's own."""
        with self._lock:  # botocore's session, which creates clients, is not thread-safe
            if (name, region) not in self._services:
                # Its credentials sign nothing. Without any, botocore would look for them now.
                unused = {"aws_access_key_id": "unused", "aws_secret_access_key": "unused"}
                client = self.session.create_client(name, region_name=region, config=CLIENT_CONFIG, **unused)
                self._services[name, region] = Service(client)
            return self._services[name, region]


@cache
def aws_clients() -> AwsClients:
    """Return the clients of this process."""
    return AwsClients()


def client(service: str, *, region: str | None = None, credentials: "CredentialsTypeDef | None" = None) -> Any:
    """Return a client of `service`, such as `dynamodb`.

    `region`: the function's own by default. `credentials`: sign the calls; the function's own by default.
    """
    if credentials is None:
        return aws_clients().client(service, region, aws_clients().own_credentials)
    frozen = ReadOnlyCredentials(
        credentials["AccessKeyId"], credentials["SecretAccessKey"], credentials["SessionToken"]
    )
    return aws_clients().client(service, region, lambda: frozen)


class LaunchClients:
    """The clients that a launch needs. Each is made when it is first needed, and kept."""

    def __init__(self, region: str):
        """`region`: that of the deployment."""
        self._region = region
        self._opened = False

    @cached_property
    def secrets(self) -> "SecretsManagerClient":
        """The client of Secrets Manager."""
        return cast("SecretsManagerClient", client("secretsmanager"))

    @cached_property
    def dynamodb(self) -> "DynamoDBClient":
        """The client for the grants table."""
        return cast("DynamoDBClient", client("dynamodb"))

    @cached_property
    def sts(self) -> "STSClient":
        """The client that assumes launch roles."""
        return cast("STSClient", client("sts"))

    def sagemaker(self, credentials: "CredentialsTypeDef", region: str) -> "SageMakerClient":
        """Return a client of SageMaker with the credentials of one caller."""
        return cast("SageMakerClient", client("sagemaker", region=region, credentials=credentials))

    def services(self) -> list[Service]:
        """Return the services that a launch in the deployment's own region calls, in the order of the calls."""
        named = (("secretsmanager", None), ("dynamodb", None), ("sts", None), ("sagemaker", self._region))
        return [aws_clients().service(name, region) for name, region in named]

    def open_connections(self) -> bool:
        """Begin to open the connections for a launch, side by side, at the first call: see `AwsTransport.open`.

        Return whether this is the first call.
        """
        if self._opened:
            return False
        self._opened = True
        aws_clients().transport.open(each.endpoint_url for each in self.services())
        return True
