"""The deployment's secrets, as Secrets Manager keeps them."""

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gate.aws.errors import aws_errors
from gate.clock import Clock
from gate.errors.base import GateError

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

SECRET_TTL = 300
"""Seconds after which a secret is read again, so that a new one is taken up without a new start."""


@dataclass(frozen=True, eq=False, repr=False)
class Secret:
    """One version of a secret, which is never printed."""

    text: str
    created: float
    """Epoch seconds."""


class Secrets:
    """Reads secrets, and keeps what it has read for a while."""

    def __init__(self, client: "SecretsManagerClient", *, clock: Clock = time.time):
        self._client = client
        self._clock = clock
        self._kept: dict[str, tuple[Secret, float]] = {}
        """By ARN, with the time at which it was read."""

    def text(self, arn: str, *, max_age: float = SECRET_TTL) -> str:
        """Return the current secret, read at most `max_age` seconds ago; earlier, when it can't be read just now.

        Raises what `aws_errors` raises, where it was never read.
        """
        kept, read_at = self._kept.get(arn, (None, 0.0))
        if kept is None or self._clock() >= read_at + max_age:
            try:
                kept = self.read(arn)
            except GateError:
                if kept is None:
                    raise
            self._kept[arn] = (kept, self._clock())
        return kept.text

    def read(self, arn: str, *, stage: str = "AWSCURRENT") -> Secret:
        """Read a secret's version, now. Raises what `aws_errors` raises; with another stage, where there is none."""
        with aws_errors():
            answer = self._client.get_secret_value(SecretId=arn, VersionStage=stage)
            return Secret(answer["SecretString"], answer["CreatedDate"].timestamp())
