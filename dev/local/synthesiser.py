"""Synthesises templates in a separate process: `python -m local.synthesiser`.

Each line of its standard input is a JSON list of settings. The answer is a line with a list of templates for each: the
gate's, and that of the remote launch role if there is one.
The process is reused, since loading CDK takes seconds. It is separate, since CDK starts a Node process that lives as
long as its parent and that Ctrl-C would reach first.
"""

import contextlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
FLAGS = json.loads((ROOT / "cdk.json").read_text(encoding="utf-8"))["context"]
"""CDK's feature flags, as the CDK CLI passes them."""
Templates = list[dict[str, Any]]
"""The templates of one deployment: the gate's, and that of the remote launch role if there is one."""


class SynthesisError(Exception):
    """CDK failed; the text is its output."""


class Synthesiser:
    """A process with CDK loaded."""

    def __init__(self) -> None:
        # A file, since a pipe that is not read would fill up and block the process.
        self._log = tempfile.TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115  closed by `close`
        self._child = subprocess.Popen(
            [sys.executable, "-m", "local.synthesiser"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
            # jsii warns that it no longer supports Node 20. The tests of this project cover it.
            env={
                **os.environ,
                "PYTHONPATH": f"{ROOT}:{ROOT / 'dev'}:{ROOT / 'lambda'}",
                "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "20",
            },
            start_new_session=True,
        )

    def templates(self, all_settings: Sequence[Any]) -> list[Templates]:
        """Return the templates for each of `all_settings`, which are JSON objects. Raises `SynthesisError`."""
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        with contextlib.suppress(BrokenPipeError):
            self._child.stdin.write(json.dumps(all_settings) + "\n")
            self._child.stdin.flush()
        line = self._child.stdout.readline()
        if not line:
            self._child.wait()
            self._log.seek(0)
            raise SynthesisError(f"the stack can't be synthesised:\n{self._log.read()}")
        templates: list[Templates] = json.loads(line)
        return templates

    def close(self) -> None:
        """Stop the process."""
        with contextlib.suppress(BrokenPipeError):
            self._child.communicate()
        self._log.close()

    def __enter__(self) -> "Synthesiser":
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()


_shared: list[Synthesiser] = []


@contextlib.contextmanager
def shared_synthesiser() -> Iterator[None]:
    """Use one process for every synthesis within the block."""
    with Synthesiser() as synthesiser:
        _shared.append(synthesiser)
        try:
            yield
        finally:
            _shared.remove(synthesiser)


def synthesised(all_settings: Sequence[Any]) -> list[Templates]:
    """Return the templates for each of `all_settings`, which are JSON objects. Raises `SynthesisError`."""
    if _shared:
        return _shared[-1].templates(all_settings)
    with Synthesiser() as synthesiser:
        return synthesiser.templates(all_settings)


def main() -> None:
    """Synthesise stacks, without the function's bundle, until standard input ends."""
    for line in sys.stdin:
        templates = [_templates(each) for each in json.loads(line)]
        sys.stdout.write(json.dumps(templates) + "\n")
        sys.stdout.flush()


def _templates(settings: Any) -> list[Any]:
    # Here, since a process that finds all of its templates in the cache never needs CDK.
    import aws_cdk as cdk

    from infra.settings import Settings
    from infra.stacks import add_stacks

    with tempfile.TemporaryDirectory() as folder:
        app = cdk.App(outdir=folder, context={**FLAGS, "aws:cdk:bundling-stacks": []})
        names = [stack.stack_name for stack in add_stacks(app, Settings.parse(settings))]
        assembly = app.synth()
        return [assembly.get_stack_by_name(name).template for name in names]


if __name__ == "__main__":
    main()
