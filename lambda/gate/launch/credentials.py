"""SageMaker clients with credentials of one caller for one notebook. Clients are cached and reused."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from gate.aws.errors import aws_errors
from gate.clock import Clock
from gate.errors.upstream import AwsDeniedError
from gate.launch.target import LaunchTarget

if TYPE_CHECKING:
    from mypy_boto3_sagemaker import SageMakerClient
    from mypy_boto3_sts import STSClient
    from mypy_boto3_sts.type_defs import CredentialsTypeDef

T = TypeVar("T")
_CacheKey = tuple[LaunchTarget, str, str]

ROLE_SESSION_SECONDS = 3600
"""Seconds. The maximum for a role that is assumed by a role (IAM user guide, "role chaining")."""

CLIENT_TTL = 3000
"""Seconds for which a client is reused. This is well before its credentials expire."""

MAX_CLIENTS = 128
"""The size of the cache. A client takes some hundred kilobytes of memory."""


class CallerClients:
    """Assumes the launch role for each caller. Thread-safe."""

    def __init__(
        self,
        *,
        sts: "STSClient",
        make_sagemaker: "Callable[[CredentialsTypeDef, str], SageMakerClient]",
        clock: Clock,
    ):
        """`make_sagemaker`: returns a SageMaker client with the given credentials for the given region."""
        self._sts = sts
        self._make_sagemaker = make_sagemaker
        self._clock = clock
        self._cache: OrderedDict[_CacheKey, tuple[SageMakerClient, float]] = OrderedDict()
        self._lock = threading.Lock()

    def run(self, target: LaunchTarget, name: str, policy: str, call: "Callable[[SageMakerClient], T]") -> T:
        """Return the result of `call` with a client of the role session `name`.

        `policy`: the session policy (JSON) that narrows the launch role.
        The target, name and policy are the key of the cache, so a cached client never allows more than a new one
        would, or another address.
        Raises the errors of `aws_errors`.
        """
        key = (target, name, policy)
        cached = self._cached_client(key)
        if cached is not None:
            try:
                with aws_errors():
                    return call(cached)
            except AwsDeniedError:
                # The cached credentials of a caller who was revoked stay denied. If the caller has access again, new
                # ones work.
                with self._lock:
                    self._cache.pop(key, None)
        client = self._make_client(key)
        with aws_errors():
            return call(client)

    def _cached_client(self, key: _CacheKey) -> "SageMakerClient | None":
        with self._lock:
            client, until = self._cache.get(key, (None, 0.0))
            if client is None or self._clock() >= until:
                return None
            self._cache.move_to_end(key)
            return client

    def _make_client(self, key: _CacheKey) -> "SageMakerClient":
        (target, name, policy), now = key, self._clock()
        external_id: Any = {"ExternalId": target.external_id} if target.external_id else {}
        with aws_errors():
            response = self._sts.assume_role(
                RoleArn=target.role_arn,
                RoleSessionName=name,
                SourceIdentity=name,
                Policy=policy,
                DurationSeconds=ROLE_SESSION_SECONDS,
                **external_id,
            )
            client = self._make_sagemaker(response["Credentials"], target.region)
        with self._lock:
            self._cache[key] = (client, now + CLIENT_TTL)
            while len(self._cache) > MAX_CLIENTS:
                self._cache.popitem(last=False)
        return client
