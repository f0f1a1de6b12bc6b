"""Clients of AWS services, without boto3: it would make cold starts slower, and the function needs nothing of it."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, cast

import botocore.session
from botocore import UNSIGNED
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import NoCredentialsError

from gate.platform.aws.transport import AwsTransport

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_sagemaker import SageMakerClient
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sts import STSClient
    from mypy_boto3_sts.type_defs import CredentialsTypeDef

USER_AGENT = f"notebook-gate Botocore/{botocore.__version__}"
"""The user agent in CloudTrail. botocore's own is longer, and botocore builds it twice for each call."""

CLIENT_CONFIG = Config(
    # One retry. The deadline of the request limits the time that both attempts take together.
    retries={"mode": "standard", "total_max_attempts": 2},
    user_agent=USER_AGENT,
    # botocore would check the types of all parameters for each call. The gate's own code chooses them.
    parameter_validation=False,
)

_credentials: ContextVar[Credentials | None] = ContextVar("credentials", default=None)
"""The credentials of the current call of a `_CallerClient`."""


class AwsClients:
    """Makes the clients of one process. They share one transport, and so the connections to each host."""

    def __init__(self) -> None:
        self.transport = AwsTransport()
        session: Any = botocore.session.get_session()
        session.register("before-send", self.transport.send)
        resolver = session.get_component("credential_provider")
        own = _FunctionCredentials(cache(lambda: resolver.load_credentials()))
        session.register_component("credential_provider", _Provider(own))
        self.session = session
        self._shared: dict[tuple[str, str | None], Any] = {}
        # Reentrant, because `shared` creates a client.
        self._lock = threading.RLock()

    def create(self, service: str, region: str | None) -> Any:
        """Return a new client that signs with the function's own credentials."""
        with self._lock:  # botocore's session, which creates clients, is not thread-safe
            return self.session.create_client(service, region_name=region, config=CLIENT_CONFIG)

    def shared(self, service: str, region: str | None) -> Any:
        """Return the client that signs each call with the credentials of its `_CallerClient`.

        It is shared, because a client takes milliseconds to create, and there are many callers.
        """
        with self._lock:
            if (service, region) not in self._shared:
                client = self.create(service, region)
                client.meta.events.register("before-sign", _use_credentials_of_call)
                self._shared[service, region] = client
            return self._shared[service, region]


@cache
def aws_clients() -> AwsClients:
    """Return the clients of this process."""
    return AwsClients()


def client(service: str, *, region: str | None = None, credentials: "CredentialsTypeDef | None" = None) -> Any:
    """Return a client of `service`, such as `dynamodb`.

    `region`: the function's own by default. `credentials`: sign the calls; the function's own by default. These are
    cached, and renewed before they expire.
    """
    if credentials is None:
        return aws_clients().create(service, region)
    keys = (credentials["AccessKeyId"], credentials["SecretAccessKey"], credentials["SessionToken"])
    return _CallerClient(aws_clients().shared(service, region), Credentials(*keys))


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

    def all(self) -> list[Any]:
        """Return the clients for a launch in the deployment's own region, in the order of their calls."""
        return [self.secrets, self.dynamodb, self.sts, aws_clients().shared("sagemaker", self._region)]

    def open_connections(self) -> bool:
        """Begin to open the connections for a launch, side by side, at the first call: see `AwsTransport.open`.

        Return whether this is the first call.
        """
        if self._opened:
            return False
        self._opened = True
        aws_clients().transport.open(each.meta.endpoint_url for each in self.all())
        return True


class _Provider:
    """The component of a botocore session that finds its credentials."""

    def __init__(self, credentials: Credentials):
        self._credentials = credentials

    def load_credentials(self) -> Credentials:
        return self._credentials


class _FunctionCredentials(Credentials):
    """The credentials of the function's role. They are found at the first call, so that no snapshot contains them."""

    def __init__(self, load: "Callable[[], Any]"):
        super().__init__("", "")
        self._load = load

    def get_frozen_credentials(self) -> Any:
        credentials = self._load()
        return None if credentials is None else credentials.get_frozen_credentials()


class _CallerClient:
    """A shared client, with the credentials of one caller."""

    def __init__(self, shared: Any, credentials: Credentials):
        self._shared = shared
        self._credentials = credentials

    def __getattr__(self, operation: str) -> "Callable[..., Any]":
        call = getattr(self._shared, operation)

        def signed(**parameters: Any) -> Any:
            with _signing_with(self._credentials):
                return call(**parameters)

        return signed


def _use_credentials_of_call(*, request: Any, signature_version: Any, **_event: Any) -> None:
    """Sign a request with the credentials of the `_CallerClient` that makes the call (botocore's event `before-sign`).

    Raises `NoCredentialsError` if there is none, so that a call is never signed with the function's own credentials.
    """
    credentials = _credentials.get()
    if signature_version == UNSIGNED:
        return
    if credentials is None:
        raise NoCredentialsError
    request.context.setdefault("signing", {})["request_credentials"] = credentials


@contextmanager
def _signing_with(credentials: Credentials) -> Iterator[None]:
    token = _credentials.set(credentials)
    try:
        yield
    finally:
        _credentials.reset(token)
