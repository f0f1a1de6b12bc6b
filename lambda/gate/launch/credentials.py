"""SageMaker clients that sign as one caller for one notebook, kept while their credentials are fresh."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING

from gate.aws import aws_errors
from gate.signing import Clock

if TYPE_CHECKING:
    from mypy_boto3_sagemaker import SageMakerClient
    from mypy_boto3_sts import STSClient
    from mypy_boto3_sts.type_defs import CredentialsTypeDef

ROLE_SESSION = 3600
"""Seconds; the most that a role assumed from a role may have (IAM user guide, "role chaining")."""

FRESH = 3000
"""Seconds for which a client is used again; its last call is then well before its credentials end."""

MOST = 128
"""Clients kept; each is some hundred kilobytes."""


class CallerClients:
    """Assumes the launch role for each caller; any number of threads may ask."""

    def __init__(
        self,
        *,
        sts: "STSClient",
        sagemaker_of: "Callable[[CredentialsTypeDef], SageMakerClient]",
        role_arn: str,
        clock: Clock,
    ):
        """`sagemaker_of`: makes a client that signs with the credentials it is given."""
        self._sts = sts
        self._sagemaker_of = sagemaker_of
        self._role_arn = role_arn
        self._clock = clock
        self._kept: OrderedDict[tuple[str, str], tuple[SageMakerClient, float]] = OrderedDict()
        self._lock = threading.Lock()

    def client(self, name: str, policy: str) -> "SageMakerClient":
        """Return a client for the session `name`, narrowed by the session policy `policy` (JSON).

        What is kept is found by both, so that nobody gets more, or another's address, than they would anew.
        """
        key, now = (name, policy), self._clock()
        with self._lock:
            client, until = self._kept.get(key, (None, 0.0))
            if client is not None and now < until:
                self._kept.move_to_end(key)
                return client
        with aws_errors():
            answer = self._sts.assume_role(
                RoleArn=self._role_arn,
                RoleSessionName=name,
                SourceIdentity=name,
                Policy=policy,
                DurationSeconds=ROLE_SESSION,
            )
        with self._lock:  # boto3's session, which makes clients, is not for several threads at once
            client = self._sagemaker_of(answer["Credentials"])
            self._kept[key] = (client, now + FRESH)
            while len(self._kept) > MOST:
                self._kept.popitem(last=False)
        return client
