"""SageMaker, which the emulator lacks: its API, and the notebooks' own addresses with a real JupyterLab."""

import re
import time
from collections.abc import Sequence
from pathlib import Path

from aiohttp import web
from moto.sagemaker.models import sagemaker_backends

from local.addresses import studio_host
from local.aws.notebook_instances import NotebookInstances
from local.aws.presigned import PresignedUrls
from local.aws.seed import reset
from local.aws.server import AwsServer
from local.aws.source import Source
from local.aws.studio import StudioDomains
from local.aws.studio_resources import App, Profile, Space
from local.notebook.jupyter import JupyterServers
from local.notebook.pages import serve_sign_in
from local.notebook.site import NotebookSite
from local.template import ACCOUNT, REGION
from rehearsal.authority import DeployedAuthority
from rehearsal.hosts import FUNCTION_ADDRESS, HostRouter

API_HOST = rf"api\.sagemaker\.{REGION}\.amazonaws\.com"
SITE_HOST = rf"[a-z0-9-]+\.notebook\.{REGION}\.sagemaker\.aws"
STUDIO_HOST = rf"([a-z0-9.-]+)\.studio\.{REGION}\.sagemaker\.aws"
SIGN_IN_HOST = "signin.aws.amazon.com"

SPEED_FACTOR = 60.0
"""How many times faster than at AWS instances start and stop."""

URLS_PER_SECOND = 50.0


class RehearsedSageMaker:
    """Notebook instances and spaces of Studio, opened by the deployed launch role alone."""

    def __init__(self, folder: Path, *, router: HostRouter, authority: DeployedAuthority, names: Sequence[str]) -> None:
        """`folder`: for the notebooks' files. `names`: the instances, all of them in service."""
        self._router = router
        self._jupyter_servers = JupyterServers(folder)
        self.urls = PresignedUrls(clock=time.time, rate=URLS_PER_SECOND)
        self._instances = NotebookInstances(
            sagemaker_backends[ACCOUNT][REGION],
            self.urls,
            clock=time.time,
            address_of=lambda name: f"https://{name}.notebook.{REGION}.sagemaker.aws",
            speed_factor=SPEED_FACTOR,
            on_out_of_service=self._jupyter_servers.stop,
        )
        self._studio = StudioDomains(
            self.urls,
            time.time,
            address_of=lambda site: f"https://{studio_host(site, below='sagemaker.aws')}",
            speed_factor=SPEED_FACTOR,
            on_out_of_service=self._jupyter_servers.stop,
        )
        reset()
        self._aws = AwsServer(authority, Source(FUNCTION_ADDRESS), [self._instances, self._studio])
        for name in names:
            self._instances[name] = "InService"
        self._site = NotebookSite(
            self.urls,
            self._jupyter_servers,
            authority,
            clock=time.time,
            sign_in_url=f"https://{SIGN_IN_HOST}/",
            vpc_endpoints={},
        )
        router.register(API_HOST, self._api)
        router.register(SITE_HOST, self._notebook)
        router.register(STUDIO_HOST, self._studio_site)
        router.register(SIGN_IN_HOST.replace(".", r"\."), self._sign_in)

    def create_space(self, domain: str, profile: str, space: str) -> None:
        """Create a user profile, and its private space in which JupyterLab runs."""
        app = App("InService", time.time(), "ml.t3.medium")
        self._studio.profiles[domain, profile] = Profile(changed=time.time())
        self._studio.spaces[domain, space] = Space(changed=time.time(), owner=profile, app=app)

    def close(self) -> None:
        """End the notebooks, and stop serving."""
        self._jupyter_servers.close()
        self._aws.close()

    async def _api(self, incoming: web.BaseRequest, client: str) -> web.StreamResponse:
        return await self._router.forward(incoming, client, self._aws.url)

    async def _notebook(self, incoming: web.BaseRequest, client: str) -> web.StreamResponse:
        name = incoming.host.partition(".")[0]
        return await self._site.serve(self._instances, name, incoming.clone(remote=client))

    async def _studio_site(self, incoming: web.BaseRequest, client: str) -> web.StreamResponse:
        match = re.fullmatch(STUDIO_HOST, incoming.host)
        assert match is not None
        site = "/".join(reversed(match[1].split(".")))
        return await self._site.serve(self._studio, site, incoming.clone(remote=client))

    async def _sign_in(self, incoming: web.BaseRequest, _client: str) -> web.StreamResponse:
        return await serve_sign_in("", incoming)
