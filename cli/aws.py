"""The AWS account that a command works on: the operator's own credentials, or the stand-in of `make run`."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, NoRegionError

from cli.errors import CommandError

LOCAL = Path(__file__).parent.parent / ".cache" / "local" / "operator.json"
"""Written by `make run` for as long as it runs: how an administrator reaches its AWS."""

CONFIG = Config(retries={"mode": "adaptive", "total_max_attempts": 8}, max_pool_connections=16)


@dataclass(frozen=True)
class AwsAccess:
    """One account and region, and who calls there."""

    session: Any
    endpoint_url: str | None = None
    _clients: dict[tuple[str, str | None], Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    @classmethod
    def of_operator(cls, *, profile: str | None, region: str | None) -> "AwsAccess":
        """Use the credentials that the AWS command line would use."""
        with aws_errors():
            return cls(boto3.Session(profile_name=profile, region_name=region))

    @classmethod
    def of_make_run(cls) -> "AwsAccess":
        """Use the AWS of the running `make run`. Raises `CommandError` where there is none."""
        try:
            told = json.loads(LOCAL.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            raise CommandError("--local: nothing runs here; start `make run` in another terminal") from None
        # Nothing of the operator's own set-up may lead elsewhere.
        os.environ["AWS_CONFIG_FILE"] = os.environ["AWS_SHARED_CREDENTIALS_FILE"] = os.devnull
        session = boto3.Session(
            aws_access_key_id=told["access_key_id"],
            aws_secret_access_key=told["secret_access_key"],
            region_name=told["region"],
        )
        return cls(session, told["endpoint_url"])

    @property
    def region(self) -> str:
        """The region, as its name is written."""
        return str(self.session.region_name or "")

    def client(self, service: str, *, region: str | None = None) -> Any:
        """Return a client of `service`, in the deployment's region or another. Raises `CommandError`."""
        wanted = (service, region)
        if wanted not in self._clients:
            with aws_errors():
                self._clients[wanted] = self.session.client(
                    service, region_name=region, endpoint_url=self.endpoint_url, config=CONFIG
                )
        return self._clients[wanted]


def code_of(error: ClientError) -> str:
    """Return AWS's error code."""
    return str(error.response.get("Error", {}).get("Code", ""))


@contextmanager
def aws_errors() -> Iterator[None]:
    """Turn what AWS's library raises into a `CommandError` that says what to do."""
    try:
        yield
    except NoCredentialsError:
        raise CommandError(
            "There are no AWS credentials here: sign in as for the AWS command line, or add --profile"
        ) from None
    except NoRegionError:
        raise CommandError("Which region is the gate in? Add --region, such as --region eu-west-1") from None
    except ClientError as error:
        code, operation = code_of(error), error.operation_name
        if code in ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation"):
            raise CommandError(f"AWS does not let you call {operation}: your role needs that permission") from None
        if code in ("ExpiredToken", "ExpiredTokenException"):
            raise CommandError("Your AWS session has ended: sign in again") from None
        raise CommandError(f"{operation}: {error.response.get('Error', {}).get('Message', code)} ({code})") from None
    except BotoCoreError as error:
        raise CommandError(f"AWS can't be reached: {error}") from None
