"""The stack of a deployment from `gate.toml`, with nothing but the gate in it."""

from typing import Any

import aws_cdk as cdk
from constructs import Construct

from infra.gate import NotebookGate
from infra.settings import Settings


class GateStack(cdk.Stack):
    """One deployment of Notebook Gate."""

    def __init__(self, scope: Construct, construct_id: str, *, settings: Settings, **options: Any) -> None:
        super().__init__(scope, construct_id, description="Notebook Gate", **options)
        self.qualifier = settings.stack.bootstrap_qualifier
        """That of the synthesizer, which `add_stacks` makes."""
        # CDK leaves "Default" out of logical ids. Another id would replace every resource of existing deployments.
        NotebookGate(self, "Default", settings=settings)
