"""Role sessions: SageMaker clients with credentials of one caller. Clients are cached and reused."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

from gate.launch.role_assumer import RoleAssumer
from gate.launch.target import LaunchRole
from gate.platform.aws.errors import aws_errors
from gate.platform.clock import Clock
from gate.values.errors.upstream import AwsDeniedError

if TYPE_CHECKING:
    from mypy_boto3_sagemaker import SageMakerClient
    from mypy_boto3_sts import STSClient
    from mypy_boto3_sts.type_defs import CredentialsTypeDef

    from gate.launch.window import PolicyUntil, Windows

T = TypeVar("T")
P = ParamSpec("P")
_CacheKey = tuple[LaunchRole, str, str]

CLIENT_TTL = 3000
"""Seconds for which a client is reused. This is well before its credentials expire."""

MAX_CLIENTS = 128
"""The size of the cache. A client takes a few kilobytes of memory, with the session policy in its key."""


class RoleSession:
    """The client of one role session. Threads may share it."""

    def __init__(self, client: "SageMakerClient", renew: "Callable[[], SageMakerClient] | None" = None):
        """`renew`: returns a client with other credentials. None if the credentials of `client` are new."""
        self._client = client
        self._renew = renew
        self._lock = threading.Lock()

    def run(self, call: "Callable[Concatenate[SageMakerClient, P], T]", *args: P.args, **kwargs: P.kwargs) -> T:
        """Return the result of `call` with the client and the arguments. Raises the errors of `aws_errors`."""
        client = self._client
        try:
            with aws_errors():
                return call(client, *args, **kwargs)
        except AwsDeniedError:
            # The cached credentials of a caller who was revoked stay denied. If the caller has access again, new ones
            # work.
            renewed = self._renewed_client(client)
            if renewed is client:
                raise
        with aws_errors():
            return call(renewed, *args, **kwargs)

    def _renewed_client(self, denied: "SageMakerClient") -> "SageMakerClient":
        """Return the client to use in place of `denied`: the same one if there are no newer credentials."""
        with self._lock:
            if self._client is denied and self._renew is not None:
                renew, self._renew = self._renew, None  # one attempt, which all threads share
                self._client = renew()
            return self._client


class RoleSessions:
    """Assumes the launch role for each caller. Thread-safe."""

    def __init__(
        self,
        *,
        sts: "STSClient",
        make_sagemaker: "Callable[[CredentialsTypeDef, str], SageMakerClient]",
        clock: Clock,
    ):
        """`make_sagemaker`: returns a SageMaker client with the given credentials for the given region."""
        self._roles = RoleAssumer(sts)
        self._make_sagemaker = make_sagemaker
        self._clock = clock
        self._cache: OrderedDict[_CacheKey, tuple[SageMakerClient, float]] = OrderedDict()
        self._lock = threading.Lock()

    def session(self, role: LaunchRole, name: str, policy: str) -> RoleSession:
        """Return the role session `name`.

        `policy`: the session policy (JSON) that narrows the launch role.
        The role, name and policy are the key of the cache, so a cached client never allows more than a new one would,
        or another address.
        Raises the errors of `aws_errors`.
        """
        key = (role, name, policy)
        cached = self._cached_client(key)
        if cached is None:
            return RoleSession(self._make_client(key))
        return RoleSession(cached, lambda: self._renew_client(key))

    def with_window(self, role: LaunchRole, name: str, policy_until: "PolicyUntil") -> RoleSession:
        """Return a new role session `name`, which may open its notebook from any address for some seconds.

        It is not cached: its window is over before a later launch. If AWS denies the call, which may have taken longer
        than usual, it is repeated with a window for all the time that the request has left.
        Raises the errors of `aws_errors`.
        """
        from gate.launch.window import MAX_SECONDS, USUAL_SECONDS

        def make(seconds: float) -> "SageMakerClient":
            credentials = self._windows.assume(role, name, policy_until, seconds=seconds)
            with aws_errors():
                return self._make_sagemaker(credentials, role.region)

        return RoleSession(make(USUAL_SECONDS), lambda: make(MAX_SECONDS))

    @cached_property
    def _windows(self) -> "Windows":
        from gate.launch.window import Windows

        return Windows(self._roles, self._clock)

    def _cached_client(self, key: _CacheKey) -> "SageMakerClient | None":
        with self._lock:
            client, until = self._cache.get(key, (None, 0.0))
            if client is None or self._clock() >= until:
                return None
            self._cache.move_to_end(key)
            return client

    def _renew_client(self, key: _CacheKey) -> "SageMakerClient":
        with self._lock:
            self._cache.pop(key, None)
        return self._make_client(key)

    def _make_client(self, key: _CacheKey) -> "SageMakerClient":
        (role, name, policy), now = key, self._clock()
        credentials = self._roles.assume(role, name, policy)
        with aws_errors():
            client = self._make_sagemaker(credentials, role.region)
        with self._lock:
            self._cache[key] = (client, now + CLIENT_TTL)
            while len(self._cache) > MAX_CLIENTS:
                self._cache.popitem(last=False)
        return client
