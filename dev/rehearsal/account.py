"""The operator's side of the account: credentials, AWS clients, and the commands that an operator types."""

import contextlib
import os
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import cache
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from local.template import ACCOUNT, REGION
from rehearsal.emulator import OPERATOR_KEY, OPERATOR_SECRET

ROOT = Path(__file__).parents[2]
GATE = str(ROOT / ".venv" / "bin" / "gate")
GATE_ENVIRONMENT = "rehearsed-gate"
"""What `gate` calls itself to AWS, among the other programs of the operator (botocore, `AWS_EXECUTION_ENV`)."""
ENVIRONMENT = f"aws://{ACCOUNT}/{REGION}"
COMMAND_TIMEOUT = 170.0
"""Seconds for one command."""


class CommandFailedError(Exception):
    """A command had an unexpected exit code. The text contains the end of its output."""


class Account:
    """An administrator of the emulated account."""

    def __init__(self, *, proxy: str, authority: Path) -> None:
        """`proxy`: the URL of the proxy that leads to the account. `authority`: the PEM file to trust."""
        self._authority = authority
        self.environment = {
            "HTTPS_PROXY": proxy,
            "AWS_CA_BUNDLE": str(authority),
            "SSL_CERT_FILE": str(authority),
            "AWS_ACCESS_KEY_ID": OPERATOR_KEY,
            "AWS_SECRET_ACCESS_KEY": OPERATOR_SECRET,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            # Nothing of this machine's own AWS set-up may reach in.
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
            "CDK_DISABLE_CLI_TELEMETRY": "true",
        }
        self._session = boto3.Session(OPERATOR_KEY, OPERATOR_SECRET, region_name=REGION)
        self._config = Config(proxies={"https": proxy}, retries={"total_max_attempts": 1})
        self.client = cache(self._client)

    def _client(self, service: Any) -> Any:
        """Return a boto3 client."""
        return self._session.client(service, config=self._config, verify=str(self._authority))

    def run(self, command: Sequence[str], *, cwd: Path, own_network: bool = False, expect: Sequence[int] = (0,)) -> str:
        """Run `command` as the operator and return its output. Raises `CommandFailedError`.

        `own_network`: with this machine's own environment, without access to the account. `expect`: the exit codes
        that are not a failure.
        """
        with started(command, cwd=cwd, environment=self._environment(own_network=own_network)) as process:
            return result(process, expect=expect)

    def cdk(self, *arguments: str, cwd: Path, own_network: bool = False) -> str:
        """Run the project's CDK command line. Raises `CommandFailedError`."""
        command = [str(ROOT / "node_modules" / ".bin" / "cdk"), "--no-notices", "--no-color", *arguments]
        return self.run(command, cwd=cwd, own_network=own_network)

    def gate(self, *arguments: str, cwd: Path, expect: Sequence[int] = (0,)) -> str:
        """Run the operators' command line. Raises `CommandFailedError`."""
        with self.started_gate(*arguments, cwd=cwd) as process:
            return result(process, expect=expect)

    def started_gate(self, *arguments: str, cwd: Path) -> AbstractContextManager[subprocess.Popen[str]]:
        """Start the operators' command line; `result` waits for its end."""
        environment = {**self._environment(own_network=False), "AWS_EXECUTION_ENV": GATE_ENVIRONMENT}
        return started([GATE, *arguments], cwd=cwd, environment=environment)

    def _environment(self, *, own_network: bool) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        # Without this, jsii prints a banner about Node 20.
        kept["JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION"] = "20"
        return {**kept, **({} if own_network else self.environment)}


@contextlib.contextmanager
def started(command: Sequence[str], *, cwd: Path, environment: Mapping[str, str]) -> Iterator[subprocess.Popen[str]]:
    """Start `command`, and kill it with all its child processes if the block raises."""
    process = subprocess.Popen(
        command,
        cwd=cwd,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        yield process
    except BaseException:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        raise


def result(process: subprocess.Popen[str], *, expect: Sequence[int] = (0,)) -> str:
    """Wait for the end of `process` and return its output. Raises `CommandFailedError`, or `TimeoutExpired`."""
    printed, _ = process.communicate(timeout=COMMAND_TIMEOUT)
    if process.returncode not in expect:
        command = [str(part) for part in process.args]  # type: ignore[union-attr]
        shown = " ".join(Path(part).name if part.startswith("/") else part for part in command[:4])
        raise CommandFailedError(f"{shown} … exited with {process.returncode}:\n{printed[-3000:]}")
    return printed
