"""A local deployment: the synthesised stack and every service that it depends on, on this machine."""

import os
import socket
import threading
from collections.abc import Mapping
from contextlib import ExitStack, closing
from functools import partial

from moto.dynamodb.models import dynamodb_backends
from moto.sagemaker.models import sagemaker_backends

from infra.models import OPERATIONS
from local.addresses import SIGN_IN_HOST, SLACK_HOST, notebook_host, studio_host
from local.aws import seed
from local.aws.authority import FUNCTION_KEYS, LocalAuthority
from local.aws.clients import clients
from local.aws.control import Control
from local.aws.dynamodb import DynamoDb
from local.aws.logs import Logs
from local.aws.notebook_instances import NotebookInstances
from local.aws.presigned import PresignedUrls
from local.aws.server import AwsServer
from local.aws.services import Service, Services
from local.aws.studio import StudioDomains
from local.evaluator import Evaluator
from local.front_door import FrontDoor
from local.function import LocalFunction, sdk_environment
from local.listener import Listener, Serve
from local.notebook.jupyter import JupyterServers
from local.notebook.pages import serve_sign_in
from local.notebook.site import NotebookSite
from local.options import LocalOptions, client_registration, function_source, local_settings
from local.places import COLLEAGUE, INSIDE, OUTSIDE, Places
from local.provider import serve_provider
from local.resolved_template import DeployedFunction, ResolvedTemplate
from local.sample import IamUser, Sample
from local.slack.console import serve_console
from local.slack.workspace import Workspace, deliver_to
from local.sockets import listening_sockets
from local.template import ACCOUNT, REGION, synthesise

_in_use = threading.Lock()
"""Held by the running deployment: the gate's container, the environment and moto's data belong to the process."""


class LocalDeployment(ExitStack):
    """A running gate. Leaving its `with` block stops everything that it started, in reverse order.

    `url` is the address of its first port, and `base_url` the address that the gate's paths are appended to. `places`
    has the other ports: each stands for a source address.
    `operator` returns an AWS client with an administrator's credentials, by service.
    """

    def __init__(self, sample: Sample, options: LocalOptions | None = None) -> None:
        """Start everything.

        Raises `PortError`, `EvaluatorError`, `SettingsError`, `SynthesisError` or `UnknownReferenceError`, and
        `RuntimeError` while another deployment runs in this process.
        """
        super().__init__()
        self._sample = sample
        self._options = options or LocalOptions()
        try:
            self._start()
        except BaseException:
            self.close()
            raise

    def _start(self) -> None:
        if not _in_use.acquire(blocking=False):
            raise RuntimeError("another deployment is running in this process")
        self.callback(_in_use.release)
        start = self.enter_context
        sockets = self._listen()
        self._synthesise()
        self.evaluator = start(Evaluator())
        self.authority = LocalAuthority(self.template, self.evaluator, self._options.clock)
        self.function = start(closing(LocalFunction(self._options.clock)))
        self.front_door = self._front_door()
        self._jupyter_servers = start(closing(JupyterServers(self._options.folder)))
        self.aws = start(closing(self._aws()))
        self.operator = clients(self.aws.url, self.authority.operator_key)
        self.slack = start(closing(self._workspace()))
        self._seed()
        self.issuer = self._options.provider.issuer if self._options.provider else self._start_provider()
        self._deploy()
        # Closed before the others, since it waits for the function's background events.
        self.callback(self.front_door.close)
        start(closing(self._listener(sockets)))

    def _listen(self) -> Mapping[str, socket.socket]:
        """Return listening sockets by the source address that their requests have."""
        more = (*self._options.addresses, *self._options.vpc_endpoints)
        addresses = list(dict.fromkeys((INSIDE, COLLEAGUE, OUTSIDE, *more)))
        sockets = dict(zip(addresses, listening_sockets(self._options.port, len(addresses), self), strict=True))
        self.places = Places({address: each.getsockname()[1] for address, each in sockets.items()})
        self.port = self.places.ports[INSIDE]
        self.url = self.places.url()
        return sockets

    def base_url_at(self, address: str) -> str:
        """Return the address that the gate's paths are appended to, for somebody at the source address `address`."""
        return self.places.url(address) + self._base_path

    def _synthesise(self) -> None:
        self._settings = local_settings(self._options, [domain.id for domain in self._sample.studio])
        synthesised = synthesise(self._settings)
        if self._options.change_template:
            self._options.change_template(synthesised)
        self.template = ResolvedTemplate(synthesised)
        self._base_path = f"/{self.template.stage}" if self._options.stage_in_path else ""
        self.base_url = self.url + self._base_path

    def _front_door(self) -> FrontDoor:
        """Return the API. Its users are those of the sample, and the operator."""
        operator = IamUser(name="operator", access_key=self.authority.operator_key, secret_key="local")
        api_endpoint = self._settings.private_endpoints[:1]
        return FrontDoor(
            template=self.template,
            evaluator=self.evaluator,
            handler=self.function.handle,
            users=[*self._sample.iam_users, operator],
            base_path=self._base_path,
            vpc_endpoints={address: endpoint for endpoint in api_endpoint for address in self._options.vpc_endpoints},
        )

    def _aws(self) -> AwsServer:
        """Serve AWS's APIs, with the launch role as its only resource."""
        self.urls = PresignedUrls(clock=self._options.clock, rate=self._sample.urls_per_second)
        self.instances = NotebookInstances(
            sagemaker_backends[ACCOUNT][REGION],
            self.urls,
            clock=self._options.clock,
            address_of=lambda name: f"http://{notebook_host(name)}:{self.port}",
            speed_factor=self._sample.speed_factor,
            on_out_of_service=self._jupyter_servers.stop,
        )
        self.studio = StudioDomains(
            self.urls,
            clock=self._options.clock,
            address_of=lambda site: f"http://{studio_host(site)}:{self.port}",
            speed_factor=self._sample.speed_factor,
            on_out_of_service=self._jupyter_servers.stop,
        )
        seed.reset()
        seed.create_launch_role(self.template.launch_role)
        seed.create_execution_role()
        services = Services(
            dynamodb=DynamoDb(dynamodb_backends[ACCOUNT][REGION]),
            sessions=self.authority.sessions,
            invoke=self.front_door.invoke,
            invoke_in_background=self.front_door.invoke_in_background,
        )
        key = self.authority.operator_key
        control = Control(self.template, self.evaluator, lambda: self.function.environment, operator_key=key)
        answering: list[Service] = [services, self.instances, self.studio, self._keep_logs(), control]
        return AwsServer(self.authority, function_source(self._settings), answering)

    def _keep_logs(self) -> Logs:
        """Keep what the functions log from now on, until everything stops."""
        found = {each.name: each for each in self.template.functions}
        self.logs = Logs(
            [each.log_group for each in found.values()],
            days=self._settings.limits.log_days,
            writes_to=lambda: found.get(self.function.running, self.template.function).log_group,
            clock=self._options.clock,
        )
        self.enter_context(self.logs.attached())
        return self.logs

    def _workspace(self) -> Workspace:
        return Workspace(
            team=self._options.slack.team,
            users=self._sample.slack_users,
            signing_secret=self._options.slack.signing_secret,
            deliver=deliver_to(f"{self.base_url}/slack", port=self.places.ports[OUTSIDE]),
            clock=self._options.clock,
            reroute=lambda url: self._options.reroute("slack", url),
        )

    def _seed(self) -> None:
        """Create what AWS holds when the gate starts: grants, secrets and notebook instances."""
        environment, requests = self.template.environment, self.template.requests_function
        seed.create_table(self.operator, self.template.table, self._sample.grants)
        seed.create_secrets(
            self.operator,
            {
                environment["GATE_SESSION_SECRET_ARN"]: os.urandom(32).hex(),
                requests.environment["GATE_DECISION_SECRET_ARN"] if requests else "": os.urandom(32).hex(),
                environment.get("GATE_SLACK_SECRET_ARN", ""): self._options.slack.secret(self.slack.bot_token),
                self._settings.identity.client_secret_arn: client_registration(self._options).client_secret,
            },
        )
        seed.create_notebooks(self.operator, self.instances, self._sample.notebooks)
        seed.create_studio(self.studio, self._sample.studio)

    def _start_provider(self) -> str:
        groups_claim = self.template.environment["GATE_GROUPS_CLAIM"]
        provider = serve_provider(self._sample.people, groups_claim=groups_claim, hint=self._sample.access_of)
        return self.enter_context(closing(provider)).url

    def _deploy(self) -> None:
        """Deploy the template's functions. AWS's addresses are also set in this process until everything stops."""
        services = {service: self._options.reroute(service, self.aws.function_url) for service in OPERATIONS}
        sdk = self.enter_context(sdk_environment(self.aws.function_url, services))
        issuer = self.issuer if self._options.provider else self._options.reroute("issuer", self.issuer)
        addresses = {**sdk, "GATE_ISSUER": issuer, "GATE_BASE_URL": self.base_url}
        functions = self.template.functions
        self.function.deploy(
            {function.name: {**self._environment(function), **addresses} for function in functions},
            {function.name: key for key, function in zip(FUNCTION_KEYS, functions, strict=False)},
            base_urls=[self.base_url_at(address) for address in self.places.ports if address != INSIDE],
        )

    def _environment(self, function: DeployedFunction) -> Mapping[str, str]:
        """Return the environment of `function`, with Slack's addresses on this machine."""
        if not self._settings.slack.teams:
            return function.environment
        urls = {"api_url": self.slack.api_url, "hooks_url": self.slack.hooks_url}
        return {**function.environment, **self._options.slack.environment(function.environment, **urls)}

    def _listener(self, sockets: Mapping[str, socket.socket]) -> Listener:
        site = NotebookSite(
            self.urls,
            self._jupyter_servers,
            self.authority,
            clock=self._options.clock,
            sign_in_url=f"http://{SIGN_IN_HOST}:{self.port}/",
            vpc_endpoints=self._options.vpc_endpoints,
        )
        sites: dict[str, Serve] = {
            notebook_host(notebook.name): partial(site.serve, self.instances, notebook.name)
            for notebook in self._sample.notebooks
        }
        sites |= {studio_host(name): partial(site.serve, self.studio, name) for name in self._sample.studio_sites}
        sites[SLACK_HOST] = partial(serve_console, self.slack)
        sites[SIGN_IN_HOST] = lambda incoming: serve_sign_in(self.base_url_at(incoming.remote or INSIDE), incoming)
        return Listener(sockets, self.places, sites, self.front_door.serve)
