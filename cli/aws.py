"""The AWS account that a command works on: with the operator's credentials, or the one that `make run` simulates."""

import json
import os
import threading
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, NoRegionError

from cli.errors import CommandError

LOCAL_ACCESS_FILE = Path(__file__).parent.parent / ".cache" / "local" / "operator.json"
"""Exists while `make run` runs: an administrator's credentials for its AWS, and the URL."""

CONFIG = Config(retries={"mode": "adaptive", "total_max_attempts": 8}, max_pool_connections=16)


@dataclass(frozen=True)
class AwsAccess:
    """Access to one account and region, with the credentials of one principal."""

    session: Any
    endpoint_url: str | None = None
    _clients: dict[tuple[str, str | None], Any] = field(default_factory=dict, init=False, repr=False, compare=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False, compare=False)
    """Held while a client is made, which boto3's sessions do not allow to several threads (guide, "Session")."""

    @classmethod
    def with_profile(cls, *, profile: str | None, region: str | None) -> "AwsAccess":
        """Use the same credentials as the AWS command line."""
        with aws_errors():
            return cls(boto3.Session(profile_name=profile, region_name=region))

    @classmethod
    def of_local_deployment(cls) -> "AwsAccess":
        """Use the AWS of the running `make run`. Raises `CommandError` if it does not run."""
        try:
            access = json.loads(LOCAL_ACCESS_FILE.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            raise CommandError(
                "--local: no local deployment is running; start `make run` in another terminal"
            ) from None
        # The operator's own configuration must not redirect the calls to a real account.
        os.environ["AWS_CONFIG_FILE"] = os.environ["AWS_SHARED_CREDENTIALS_FILE"] = os.devnull
        session = boto3.Session(
            aws_access_key_id=access["access_key_id"],
            aws_secret_access_key=access["secret_access_key"],
            region_name=access["region"],
        )
        return cls(session, access["endpoint_url"])

    @property
    def region(self) -> str:
        """The name of the region."""
        return str(self.session.region_name or "")

    def client(self, service: str, *, region: str | None = None) -> Any:
        """Return a client of `service`, by default in the deployment's region. Raises `CommandError`."""
        key = (service, region)
        with self._lock, aws_errors():
            if key not in self._clients:
                self._clients[key] = self.session.client(
                    service, region_name=region, endpoint_url=self.endpoint_url, config=CONFIG
                )
        return self._clients[key]


def error_code(error: ClientError) -> str:
    """Return the error code of AWS's response."""
    return str(error.response.get("Error", {}).get("Code", ""))


@contextmanager
def aws_errors(*, ignore: Collection[str] = ()) -> Iterator[None]:
    """Raise a `CommandError` that says what to do in place of botocore's errors.

    An error of AWS with a code in `ignore` ends the block silently.
    """
    try:
        yield
    except NoCredentialsError:
        raise CommandError(
            "No AWS credentials were found: sign in as for the AWS command line, or add --profile"
        ) from None
    except NoRegionError:
        raise CommandError("The AWS region is not known: add --region, such as --region eu-west-1") from None
    except ClientError as error:
        code, operation = error_code(error), error.operation_name
        if code in ignore:
            return
        if code in ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation"):
            raise CommandError(f"AWS denies {operation}: your role needs that permission") from None
        if code in ("ExpiredToken", "ExpiredTokenException"):
            raise CommandError("Your AWS session has expired: sign in again") from None
        raise CommandError(f"{operation}: {error.response.get('Error', {}).get('Message', code)} ({code})") from None
    except BotoCoreError as error:
        raise CommandError(f"AWS can't be reached: {error}") from None


def aws_clock(aws: AwsAccess) -> float | None:
    """Return AWS's time in whole epoch seconds, or None if its response has no `Date`. Raises `CommandError`."""
    with aws_errors():
        response = aws.client("sts").get_caller_identity()  # needs no permission (API reference)
    date = response["ResponseMetadata"]["HTTPHeaders"].get("date")
    return parsedate_to_datetime(date).timestamp() if date else None


def next_second(aws: AwsAccess, *, clock: Callable[[], float] = time.time) -> int:
    """Return the next whole second in epoch seconds, by AWS's clock or this machine's, whichever is ahead.

    With a slow clock on the operator's machine alone, what was signed in the meantime would stay valid.
    Raises `CommandError`.
    """
    return int(max(clock(), aws_clock(aws) or 0.0)) + 1
