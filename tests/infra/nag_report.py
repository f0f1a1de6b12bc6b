"""Reads settings (JSON) from standard input and writes cdk-nag's report of their stacks (JSON).

With the argument `own-app`, it reports on a stack of another app that has the gate in it. It runs as a separate
process, since cdk-nag keeps its findings.
"""

import json
import sys
import tempfile
from pathlib import Path

import aws_cdk as cdk
from cdk_nag import AwsSolutionsChecks

from infra.gate import NotebookGate
from infra.settings import Settings
from infra.stacks import add_stacks

settings = Settings.parse(json.load(sys.stdin))
with tempfile.TemporaryDirectory() as folder:
    app = cdk.App(outdir=folder, context={"aws:cdk:bundling-stacks": []})
    if "own-app" in sys.argv:
        NotebookGate(cdk.Stack(app, "Notebooks"), "Gate", settings=settings)
    else:
        add_stacks(app, settings)
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    app.synth()
    sys.stdout.write((Path(folder) / "validation-report.json").read_text())
