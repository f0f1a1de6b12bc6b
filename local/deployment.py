"""Everything together: the synthesised deployment, and all that it needs, on this machine."""

import ipaddress
import os
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any

import boto3
from aiohttp import web
from botocore.loaders import create_loader

from gate import container
from gate.aws.clients import botocore_session
from gate.config import Config
from gate.handler import handler
from infra.models import OPERATIONS
from infra.settings import Settings
from local.aws.authority import Authority
from local.aws.control import Control
from local.aws.instances import Instances
from local.aws.operations import Operations
from local.aws.presigned import PresignedUrls
from local.aws.seed import empty, fill, keep_secrets, make_launch_role, make_notebooks
from local.aws.server import FakeAws
from local.aws.source import Source
from local.environment import functions_environment
from local.evaluator import Evaluator
from local.front_door import FrontDoor
from local.listener import Listener
from local.notebook.jupyter import Jupyters
from local.notebook.pages import sign_in_page
from local.notebook.site import Site
from local.provider import CLIENT_ID, CLIENT_SECRET, Provider
from local.resolved_template import ResolvedTemplate
from local.sample import IamUser, Sample
from local.slack.app import SlackApp
from local.slack.play import HOST as SLACK
from local.slack.play import Play
from local.slack.workspace import Workspace
from local.sockets import listening_sockets
from local.template import ACCOUNT, EGRESS, INSIDE, REGION, Template, synthesise

FILES = Path(__file__).parent.parent / ".cache" / "local" / "notebooks"

SIGN_IN = "signin.localhost"
"""The host that plays the AWS console's sign-in page."""

_MODELS = create_loader()
"""AWS's models, as botocore has them."""

ELSEWHERE = "https://issuer.invalid"
"""Stands in the template for an issuer on this machine, whose port differs from run to run."""


class LocalDeployment:
    """A running gate. Ends all that it started when its block is left."""

    def __init__(
        self,
        *,
        sample: Sample,
        port: int = 0,
        under_stage: bool = False,
        issuer: str = "",
        client_id: str = "",
        client_secret: str = "",
        settings: Mapping[str, Any] | None = None,
        change: Callable[[Template], None] | None = None,
        clock: Callable[[], float] = time.time,
        folder: Path = FILES,
        endpoints: Mapping[str, str] | None = None,
        slack: SlackApp | None = None,
        between: Callable[[str, str], str] | None = None,
    ) -> None:
        """`issuer`: somebody's own provider in place of the local one. `settings`: more of `gate.toml`.

        `change`: what to do to the template before it is deployed, to see what then no longer holds.
        `folder`: where the notebooks' files are. `endpoints`: VPC endpoints of notebooks, by the address of this
        machine that plays those who come through them; a private API is reached from these addresses alone.
        `slack`: somebody's own app in place of the local workspace's.
        `between`: given each neighbour's name and address, returns where the function finds it instead.
        """
        self._sample = sample
        self._own_issuer = (issuer, client_id, client_secret)
        self._wanted = port
        self._under_stage = under_stage
        self._settings = settings or {}
        self._change = change
        self._clock = clock
        self._folder = folder
        self._endpoints = endpoints or {}
        self._slack_app = slack or SlackApp()
        self._between = between or (lambda _name, url: url)
        self._operators_clients: dict[str, Any] = {}
        self._started = ExitStack()

    _one = threading.Lock()
    """The function, its environment and moto's data are the process's: there is one world at a time."""

    def __enter__(self) -> "LocalDeployment":
        """Start everything. Raises `PortError`, `EvaluatorError`, `SettingsError` or `UnknownReferenceError`."""
        if not self._one.acquire(blocking=False):
            raise RuntimeError("another world is running in this process")
        self._started.callback(self._one.release)
        self._started.callback(container.set_gate, None)  # with it go its connections
        try:
            self._start()
        except BaseException:
            self._started.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._started.close()

    def _start(self) -> None:
        sockets = listening_sockets(self._wanted, self._started)
        self.port = sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._notebooks = {_host_of(notebook.name): notebook.name for notebook in self._sample.notebooks}
        issuer, client_id, client_secret = self._own_issuer
        if not issuer:
            client_id, client_secret = CLIENT_ID, CLIENT_SECRET
        secret_arn = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:client-secret-AbCdEf" if client_secret else ""
        own = {"issuer": ELSEWHERE, "client_id": client_id, "client_secret_arn": secret_arn}
        identity = {**self._settings.get("identity", {}), **own}
        wanted = {"networks": [INSIDE], **self._settings, "identity": identity}
        if not self._settings.get("private_endpoints"):  # Slack's servers reach no private API
            wanted["slack"] = self._slack_app.settings(self._settings.get("slack", {}))
        settings = Settings.parse(wanted)
        template = synthesise(settings)
        if self._change:
            self._change(template)
        self.template = ResolvedTemplate(template)
        self.evaluator = self._started.enter_context(Evaluator())
        self.authority = Authority(self.template, self.evaluator)
        self._start_aws(settings)
        environment = self.template.environment
        fill(self.operator, self.template.table, self._sample.grants)
        self.base_path = f"/{self.template.stage}" if self._under_stage else ""
        self.base_url = self.url + self.base_path
        self._start_slack()
        keep_secrets(
            self.operator,
            {
                environment["GATE_SESSION_SECRET_ARN"]: os.urandom(32).hex(),
                environment.get("GATE_SLACK_SECRET_ARN", ""): self._slack_app.secret(self.slack),
                secret_arn: client_secret,
            },
        )
        make_notebooks(self.operator, self.instances, self._sample.notebooks)
        if not issuer:
            self.provider = Provider(self._sample.people, groups_claim=environment["GATE_GROUPS_CLAIM"])
            self._started.callback(self.provider.close)
            issuer = self._between("issuer", self.provider.issuer)
        aws_urls = {service: self._between(service, self.aws.function_url) for service in OPERATIONS}
        aws = self._started.enter_context(functions_environment(self.aws.function_url, aws_urls))
        self.slack.url = self._between("slack", self.slack.url)
        slack_here = self._slack_app.environment(self.slack, environment) if settings.slack.teams else {}
        here = {**aws, **slack_here, "GATE_ISSUER": issuer, "GATE_BASE_URL": self.base_url}
        self._environment |= {**environment, **here}
        self.start_anew()
        operator = IamUser(name="operator", access_key=self.authority.operator_key, secret_key="local")
        self.front_door = FrontDoor(
            template=self.template,
            evaluator=self.evaluator,
            handler=handler,
            users=[*self._sample.iam_users, operator],
            base_path=self.base_path,
            endpoints={address: endpoint for endpoint in settings.private_endpoints[:1] for address in self._endpoints},
        )
        self._started.callback(self.front_door.close)
        self.site = Site(
            urls=self.urls,
            authority=self.authority,
            instances=self.instances,
            jupyters=self._jupyters,
            clock=self._clock,
            sign_in=self._address(SIGN_IN) + "/",
            endpoints=self._endpoints,
        )
        listener = Listener(sockets, self._serve)
        self._started.callback(listener.close)

    def _start_aws(self, settings: Settings) -> None:
        self._jupyters = Jupyters(self._folder)
        self._started.callback(self._jupyters.close)
        self.instances = Instances(self._clock, faster=self._sample.faster, left=self._jupyters.stop)
        self.urls = PresignedUrls(
            instances=self.instances,
            clock=self._clock,
            address_of=lambda name: self._address(_host_of(name)),
            rate=self._sample.urls_per_second,
        )
        empty()
        make_launch_role(self.template.launch_role)
        operations = Operations(
            instances=self.instances, urls=self.urls, invoke=lambda event: self.front_door.later(event)
        )
        self._environment: dict[str, str] = {}  # filled once everything has its address
        control = Control(self.template, self.evaluator, self._environment, self.authority.operator_key)
        self.aws = FakeAws(self.authority, operations, control, _functions_source(settings))
        self._started.callback(self.aws.close)

    def _start_slack(self) -> None:
        app = self._slack_app
        self.slack = Workspace(
            team=app.team,
            users=self._sample.slack_users,
            signing_secret=app.signing_secret,
            gate_url=f"{self.base_url}/slack",
            clock=self._clock,
        )
        self._started.callback(self.slack.close)
        self._play = Play(self.slack)

    def _address(self, host: str) -> str:
        return f"http://{host}:{self.port}"

    async def _serve(self, incoming: web.BaseRequest) -> web.StreamResponse:
        host = incoming.host.partition(":")[0].lower()
        if host in self._notebooks:
            return await self.site.serve(incoming, self._notebooks[host])
        if host == SLACK:
            return await self._play.serve(incoming)
        if host == SIGN_IN:
            return sign_in_page(self.base_url)
        return await self.front_door.serve(incoming)

    def start_anew(self, *, ahead: float = 0, environment: Mapping[str, str] | None = None) -> None:
        """Start the function as Lambda does after a pause: it keeps nothing of what it knew.

        `ahead`: seconds by which its clock is ahead of everybody else's. `environment`: variables of the function that
        differ from the deployed ones, until it is started anew.
        """
        botocore_session.cache_clear()
        # What it reads of AWS's models does not change: read once, since tests start the function hundreds of times.
        botocore_session().register_component("data_loader", _MODELS)
        self._ahead = ahead
        clock = self._clock
        config = Config.from_environ({**self._environment, **(environment or {})})
        container.set_gate(container.Gate(config, clock=lambda: clock() + self._ahead))

    def let_pass(self, seconds: float) -> None:
        """Move the function's clock on by `seconds`, and nobody else's; until it is started anew."""
        self._ahead += seconds

    def operator(self, service_name: str) -> Any:
        """Return a boto3 client that may do anything: what an administrator's credentials would give."""
        if service_name not in self._operators_clients:
            self._operators_clients[service_name] = boto3.client(  # type: ignore[call-overload]  # stubs want a literal
                service_name,
                endpoint_url=self.aws.url,
                region_name=REGION,
                aws_access_key_id=self.authority.operator_key,
                aws_secret_access_key="local",
            )
        return self._operators_clients[service_name]


def _functions_source(settings: Settings) -> Source:
    if settings.vpc.no_egress:
        subnet = ipaddress.ip_network(settings.vpc.subnet_cidrs[0])
        return Source(str(subnet[4]), settings.vpc_endpoints[0])  # AWS keeps the first four addresses to itself
    return Source(EGRESS)


def _host_of(notebook: str) -> str:
    # Browsers and curl take every name below localhost for this machine (RFC 6761 §6.3).
    return f"{notebook.lower()}.notebook.{REGION}.localhost"
