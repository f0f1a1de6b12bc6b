"""Makes the services of a local deployment out of its stack."""

import ipaddress
import os
from collections.abc import Mapping
from contextlib import ExitStack

from infra.models import OPERATIONS
from infra.settings import Settings
from local.aws.authority import FUNCTION_KEY, REQUESTS_KEY
from local.aws.clients import ClientOf
from local.aws.control import Control
from local.aws.notebooks import FakeSageMaker
from local.aws.operations import Operations
from local.aws.seed import create_launch_role, create_notebooks, create_secrets, create_table, reset
from local.aws.server import FakeAws
from local.aws.source import Source
from local.environment import sdk_environment
from local.front_door import FrontDoor
from local.function import LocalFunction
from local.notebook.jupyter import JupyterServers
from local.notebook.site import NotebookSite
from local.provider import Provider
from local.sample import IamUser
from local.settings import client_registration
from local.slack.workspace import Workspace
from local.stack import LocalStack
from local.template import EGRESS


def make_front_door(stack: LocalStack, function: LocalFunction) -> FrontDoor:
    """Return the API. Its users are those of the sample, and the operator."""
    operator = IamUser(name="operator", access_key=stack.authority.operator_key, secret_key="local")
    api_endpoint = stack.settings.private_endpoints[:1]
    return FrontDoor(
        template=stack.template,
        evaluator=stack.evaluator,
        handler=function.handle,
        users=[*stack.sample.iam_users, operator],
        base_path=stack.addresses.base_path,
        vpc_endpoints={address: endpoint for endpoint in api_endpoint for address in stack.options.vpc_endpoints},
    )


def make_sagemaker(stack: LocalStack, started: ExitStack) -> FakeSageMaker:
    """Return SageMaker without notebook instances. `started` stops the Jupyter servers."""
    jupyter_servers = JupyterServers(stack.options.folder)
    started.callback(jupyter_servers.close)
    return FakeSageMaker(
        jupyter_servers,
        clock=stack.options.clock,
        speed_factor=stack.sample.speed_factor,
        urls_per_second=stack.sample.urls_per_second,
        notebook_url=stack.addresses.notebook_url,
    )


def start_aws(
    stack: LocalStack, sagemaker: FakeSageMaker, function: LocalFunction, front_door: FrontDoor, started: ExitStack
) -> FakeAws:
    """Serve AWS's APIs, with the launch role as its only resource."""
    reset()
    create_launch_role(stack.template.launch_role)
    operations = Operations(
        instances=sagemaker.instances,
        urls=sagemaker.urls,
        invoke=front_door.invoke,
        invoke_in_background=front_door.invoke_in_background,
    )
    control = Control(
        stack.template, stack.evaluator, lambda: function.environment, operator_key=stack.authority.operator_key
    )
    aws = FakeAws(stack.authority, operations, control, _function_source(stack.settings))
    started.callback(aws.close)
    return aws


def start_workspace(stack: LocalStack, started: ExitStack) -> Workspace:
    """Serve the local Slack workspace."""
    app, reroute = stack.options.slack, stack.options.reroute
    workspace = Workspace(
        team=app.team,
        users=stack.sample.slack_users,
        signing_secret=app.signing_secret,
        gate_url=f"{stack.addresses.base_url}/slack",
        clock=stack.options.clock,
        reroute=lambda url: reroute("slack", url),
    )
    started.callback(workspace.close)
    return workspace


def seed(stack: LocalStack, sagemaker: FakeSageMaker, workspace: Workspace, client_of: ClientOf) -> None:
    """Create what AWS holds when the gate starts: grants, secrets and notebook instances."""
    environment, requests = stack.template.environment, stack.template.requests_function
    create_table(client_of, stack.template.table, stack.sample.grants)
    create_secrets(
        client_of,
        {
            environment["GATE_SESSION_SECRET_ARN"]: os.urandom(32).hex(),
            requests.environment["GATE_DECISION_SECRET_ARN"] if requests else "": os.urandom(32).hex(),
            environment.get("GATE_SLACK_SECRET_ARN", ""): stack.options.slack.secret(workspace.bot_token),
            stack.settings.identity.client_secret_arn: client_registration(stack.options).client_secret,
        },
    )
    create_notebooks(client_of, sagemaker.instances, stack.sample.notebooks)


def start_provider(stack: LocalStack, started: ExitStack) -> str:
    """Return the issuer of the identity provider; serve the local one unless the options name another."""
    if stack.options.provider is not None:
        return stack.options.provider.issuer
    provider = Provider(stack.sample.people, groups_claim=stack.template.environment["GATE_GROUPS_CLAIM"])
    started.callback(provider.close)
    return provider.issuer


def deploy(
    stack: LocalStack, function: LocalFunction, aws: FakeAws, workspace: Workspace, issuer: str, started: ExitStack
) -> None:
    """Deploy the template's functions, with this machine's addresses in their environments.

    Those of AWS's SDK are also set in this process until `started` is closed.
    """
    options, template = stack.options, stack.template
    aws_urls = {service: options.reroute(service, aws.function_url) for service in OPERATIONS}
    sdk = started.enter_context(sdk_environment(aws.function_url, aws_urls))
    issuer_url = issuer if options.provider else options.reroute("issuer", issuer)
    environments, access_keys = {}, {}
    for deployed, access_key in ((template.function, FUNCTION_KEY), (template.requests_function, REQUESTS_KEY)):
        if deployed is None:
            continue
        slack: Mapping[str, str] = {}
        if stack.settings.slack.teams:
            slack = options.slack.environment(
                deployed.environment, api_url=workspace.api_url, hooks_url=workspace.hooks_url
            )
        name = deployed.arn.rpartition(":")[0]
        access_keys[name] = access_key
        environments[name] = {
            **deployed.environment,
            **sdk,
            **slack,
            "GATE_ISSUER": issuer_url,
            "GATE_BASE_URL": stack.addresses.base_url,
        }
    function.deploy(environments, access_keys)


def make_site(stack: LocalStack, sagemaker: FakeSageMaker) -> NotebookSite:
    """Return the notebooks' sites."""
    return NotebookSite(
        sagemaker,
        stack.authority,
        clock=stack.options.clock,
        sign_in_url=stack.addresses.sign_in_url,
        vpc_endpoints=stack.options.vpc_endpoints,
    )


def _function_source(settings: Settings) -> Source:
    if settings.vpc.no_egress:
        subnet = ipaddress.ip_network(settings.vpc.subnet_cidrs[0])
        # AWS reserves the first four addresses of a subnet (VPC user guide, "Subnet CIDR blocks").
        return Source(str(subnet[4]), settings.vpc_endpoints[0])
    return Source(EGRESS)
