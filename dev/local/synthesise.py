"""Synthesises templates in a separate process: `python -m local.synthesise`.

Each line of standard input is a JSON list of settings. The answer is a line with a list of templates for each: the
gate's, and that of the remote launch role if there is one.
The process is reused, since loading CDK takes seconds. It is separate, since CDK starts a Node process that lives as
long as its parent and that Ctrl-C would reach first.
"""

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

FLAGS = json.loads((Path(__file__).parents[2] / "cdk.json").read_text(encoding="utf-8"))["context"]
"""CDK's feature flags, as the CDK CLI passes them."""


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
