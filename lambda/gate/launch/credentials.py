"""SageMaker clients that sign as one caller for one notebook, kept while their credentials are fresh."""

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
_Key = tuple[LaunchTarget, str, str]

ROLE_SESSION_SECONDS = 3600
"""Seconds; the most that a role assumed from a role may have (IAM user guide, "role chaining")."""

CLIENT_TTL = 3000
"""Seconds for which a client is used again; its last call is then well before its credentials end."""

MAX_CLIENTS = 128
"""Clients kept; each is some hundred kilobytes."""


class CallerClients:
    """Assumes the launch role for each caller; any number of threads may ask."""

    def __init__(
        self,
        *,
        sts: "STSClient",
        sagemaker_of: "Callable[[CredentialsTypeDef, str], SageMakerClient]",
        clock: Clock,
    ):
        """`sagemaker_of`: makes a client that signs with the credentials it is given, for a region."""
        self._sts = sts
        self._sagemaker_of = sagemaker_of
        self._clock = clock
        self._kept: OrderedDict[_Key, tuple[SageMakerClient, float]] = OrderedDict()
        self._lock = threading.Lock()

    def run(self, target: LaunchTarget, name: str, policy: str, call: "Callable[[SageMakerClient], T]") -> T:
        """Return what `call` returns for a client of the session `name`, narrowed by `policy` (JSON).

        Clients are kept by all three, so that nobody gets more, or another's address, than they would anew.
        Raises what `aws_errors` raises.
        """
        key = (target, name, policy)
        kept = self._fresh(key)
        if kept is not None:
            try:
                with aws_errors():
                    return call(kept)
            except AwsDeniedError:
                # Who was revoked and let in again: credentials from before are denied, new ones are not.
                with self._lock:
                    self._kept.pop(key, None)
        client = self._make(key)
        with aws_errors():
            return call(client)

    def _fresh(self, key: _Key) -> "SageMakerClient | None":
        with self._lock:
            client, until = self._kept.get(key, (None, 0.0))
            if client is None or self._clock() >= until:
                return None
            self._kept.move_to_end(key)
            return client

    def _make(self, key: _Key) -> "SageMakerClient":
        (target, name, policy), now = key, self._clock()
        outside: Any = {"ExternalId": target.external_id} if target.external_id else {}
        with aws_errors():
            answer = self._sts.assume_role(
                RoleArn=target.role_arn,
                RoleSessionName=name,
                SourceIdentity=name,
                Policy=policy,
                DurationSeconds=ROLE_SESSION_SECONDS,
                **outside,
            )
            client = self._sagemaker_of(answer["Credentials"], target.region)
        with self._lock:
            self._kept[key] = (client, now + CLIENT_TTL)
            while len(self._kept) > MAX_CLIENTS:
                self._kept.popitem(last=False)
        return client
