"""Settings in, template out, each as JSON: `python -m local.synthesise`, in a process of its own.

CDK starts a Node process that lives as long as its parent, and that a Ctrl-C would reach first.
"""

import json
import sys
import tempfile

import aws_cdk as cdk

from infra.settings import Settings
from infra.stack import GateStack


def main() -> None:
    """Synthesise the stack, without the function's bundle."""
    settings = Settings.parse(json.load(sys.stdin))
    with tempfile.TemporaryDirectory() as folder:
        app = cdk.App(outdir=folder, context={"aws:cdk:bundling-stacks": []})
        stack = GateStack(app, settings.name, settings=settings)
        json.dump(app.synth().get_stack_by_name(stack.stack_name).template, sys.stdout)


if __name__ == "__main__":
    main()
