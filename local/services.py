"""The services of a local deployment, started in the order in which they need each other."""

from contextlib import ExitStack
from dataclasses import dataclass

from local import builders
from local.aws.clients import ClientOf, operator_clients
from local.aws.notebooks import FakeSageMaker
from local.aws.server import FakeAws
from local.front_door import FrontDoor
from local.function import LocalFunction
from local.slack.workspace import Workspace
from local.stack import LocalStack


@dataclass(frozen=True)
class LocalServices:
    """Running services."""

    function: LocalFunction
    front_door: FrontDoor
    sagemaker: FakeSageMaker
    aws: FakeAws
    operator: ClientOf
    workspace: Workspace
    issuer: str

    @classmethod
    def start(cls, stack: LocalStack, started: ExitStack) -> "LocalServices":
        """Start the services of `stack`, and then the function. `started` stops them in reverse order."""
        function = LocalFunction(stack.options.clock)
        started.callback(function.close)
        front_door = builders.make_front_door(stack, function)
        sagemaker = builders.make_sagemaker(stack, started)
        aws = builders.start_aws(stack, sagemaker, function, front_door, started)
        operator = operator_clients(aws.url, stack.authority.operator_key)
        workspace = builders.start_workspace(stack, started)
        builders.seed(stack, sagemaker, workspace, operator)
        issuer = builders.start_provider(stack, started)
        builders.deploy(stack, function, aws, workspace, issuer, started)
        # Closed before the others, since it waits for the function's background events.
        started.callback(front_door.close)
        return cls(function, front_door, sagemaker, aws, operator, workspace, issuer)
