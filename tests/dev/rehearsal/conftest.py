"""An emulator of its own for each module."""

import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from local.template import REGION
from rehearsal.emulator import OPERATOR_KEY, OPERATOR_SECRET, Emulator

Clients = Callable[..., Any]


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    with tempfile.TemporaryDirectory(prefix="gate-emulator-") as folder:
        emulator = Emulator(Path(folder), python_path=Path(sys.executable).parent, environment={})
        yield emulator
        emulator.close()


@pytest.fixture(scope="module")
def client(emulator: Emulator) -> Clients:
    """Makes clients of the account's administrator, or of whoever the given key belongs to."""

    def make(service: str, key: str = OPERATOR_KEY, secret: str = OPERATOR_SECRET) -> Any:
        options = {"aws_access_key_id": key, "aws_secret_access_key": secret, "region_name": REGION}
        return boto3.client(service, endpoint_url=emulator.url, **options)  # type: ignore[call-overload]

    return make
