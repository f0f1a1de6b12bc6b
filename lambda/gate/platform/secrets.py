"""Reads the deployment's secrets from Secrets Manager."""

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gate.platform.aws.errors import aws_errors
from gate.platform.clock import Clock
from gate.values.errors.base import GateError

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

SECRET_TTL = 300
"""Seconds for which a secret is cached. After that, a running instance uses a changed secret."""


@dataclass(frozen=True, eq=False, repr=False)
class Secret:
    """One version of a secret. It has no `repr`, so that it is never printed."""

    text: str
    created: float
    """Epoch seconds."""


class Secrets:
    """Reads and caches secrets."""

    def __init__(self, client: "SecretsManagerClient", *, clock: Clock = time.time):
        self._client = client
        self._clock = clock
        self._cache: dict[str, tuple[Secret, float]] = {}
        """By ARN, with the epoch seconds of the last attempt to read it."""

    def text(self, arn: str, *, max_age: float = SECRET_TTL) -> str:
        """Return the current secret, read at most `max_age` seconds ago, or the cached one if it cannot be read now.

        Raises the errors of `aws_errors` if the secret cannot be read and is not cached.
        """
        secret, read_at = self._cache.get(arn, (None, 0.0))
        if secret is None or self._clock() >= read_at + max_age:
            try:
                secret = self.read(arn)
            except GateError:
                if secret is None:
                    raise
            self._cache[arn] = (secret, self._clock())
        return secret.text

    def read(self, arn: str, *, stage: str = "AWSCURRENT") -> Secret:
        """Read the version of the secret with the label `stage`, without the cache.

        Raises the errors of `aws_errors`, also if no version has the label.
        """
        with aws_errors():
            answer = self._client.get_secret_value(SecretId=arn, VersionStage=stage)
            return Secret(answer["SecretString"], answer["CreatedDate"].timestamp())
