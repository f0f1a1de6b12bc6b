"""The file by which commands in other terminals find the running `make run`."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ACCESS_FILE = Path(__file__).parents[2] / ".cache" / "local" / "operator.json"
"""Read by `gate --local` (cli/aws.py) and by `make slack`."""


@contextmanager
def access_file(access: Mapping[str, Any]) -> Iterator[None]:
    """Write `access`, which has credentials, readable by this machine's user alone; remove it after the block."""
    text = json.dumps(access)
    ACCESS_FILE.unlink(missing_ok=True)
    ACCESS_FILE.touch(mode=0o600)
    ACCESS_FILE.write_text(text, encoding="utf-8")
    try:
        yield
    finally:
        if ACCESS_FILE.exists() and ACCESS_FILE.read_text(encoding="utf-8") == text:  # not a later run's
            ACCESS_FILE.unlink()


def running_port() -> int | None:
    """Return the first port of the `make run` that was started last in this folder, or None if none runs."""
    try:
        return int(json.loads(ACCESS_FILE.read_text(encoding="utf-8"))["port"])
    except (OSError, ValueError, KeyError):
        return None
