"""A process of its own that makes templates of settings (see local/synthesise.py)."""

import contextlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

ROOT = Path(__file__).parent.parent
Templates = list[dict[str, Any]]
"""A gate's, and its launch role's elsewhere where there is one."""


class SynthesisError(Exception):
    """CDK refused; the text is what it said."""


class Synthesiser:
    """A process that has CDK loaded."""

    def __init__(self) -> None:
        # Not a pipe, which would be full some time.
        self._log = tempfile.TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115  closed by `close`
        self._child = subprocess.Popen(
            [sys.executable, "-m", "local.synthesise"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
            # jsii says in a banner that it no longer tests with Node 20; the tests here do.
            env={**os.environ, "PYTHONPATH": str(ROOT), "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "20"},
            start_new_session=True,
        )

    def templates(self, wanted: Sequence[Any]) -> list[Templates]:
        """Return the templates of each of `wanted` (settings as JSON has them). Raises `SynthesisError`."""
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        with contextlib.suppress(BrokenPipeError):
            self._child.stdin.write(json.dumps(wanted) + "\n")
            self._child.stdin.flush()
        line = self._child.stdout.readline()
        if not line:
            self._child.wait()
            self._log.seek(0)
            raise SynthesisError(f"the stack can't be synthesised:\n{self._log.read()}")
        made: list[Templates] = json.loads(line)
        return made

    def close(self) -> None:
        """End the process."""
        with contextlib.suppress(BrokenPipeError):
            self._child.communicate()
        self._log.close()

    def __enter__(self) -> "Synthesiser":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


_kept: list[Synthesiser] = []


@contextlib.contextmanager
def kept_synthesiser() -> Iterator[None]:
    """Let every synthesis of the block be done by one process."""
    with Synthesiser() as synthesiser:
        _kept.append(synthesiser)
        try:
            yield
        finally:
            _kept.remove(synthesiser)


def synthesised(wanted: Sequence[Any]) -> list[Templates]:
    """Return the templates of each of `wanted` (settings as JSON has them). Raises `SynthesisError`."""
    if _kept:
        return _kept[-1].templates(wanted)
    with Synthesiser() as synthesiser:
        return synthesiser.templates(wanted)
