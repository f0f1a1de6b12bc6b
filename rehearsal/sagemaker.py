"""SageMaker, which the emulator lacks: its API, and the notebooks' own addresses with a real JupyterLab."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import boto3
from aiohttp import web

from local.aws.authority import Authority
from local.aws.control import Control
from local.aws.notebooks import FakeSageMaker
from local.aws.operations import Operations
from local.aws.seed import create_notebooks, reset
from local.aws.server import FakeAws
from local.aws.source import Source
from local.notebook.jupyter import JupyterServers
from local.notebook.pages import sign_in_page
from local.notebook.site import NotebookSite
from local.sample import Notebook
from local.template import REGION
from rehearsal.authority import DeployedAuthority
from rehearsal.hosts import FUNCTION_ADDRESS, HostRouter

API_HOST = rf"api\.sagemaker\.{REGION}\.amazonaws\.com"
SITE_HOST = rf"[a-z0-9-]+\.notebook\.{REGION}\.sagemaker\.aws"
SIGN_IN_HOST = "signin.aws.amazon.com"

SPEED_FACTOR = 60.0
"""How many times faster than at AWS instances start and stop."""

URLS_PER_SECOND = 50.0


class _NoControl:
    """Leaves the operators' calls to the emulator."""

    def answer(self, _call: Any) -> None:
        return None


class SageMaker:
    """Notebook instances, opened by the deployed launch role alone."""

    def __init__(self, folder: Path, *, router: HostRouter, authority: DeployedAuthority, names: Sequence[str]) -> None:
        """`folder`: for the notebooks' files. `names`: the instances, all of them in service."""
        self._router = router
        self._jupyter_servers = JupyterServers(folder)
        sagemaker = FakeSageMaker(
            self._jupyter_servers,
            clock=time.time,
            speed_factor=SPEED_FACTOR,
            urls_per_second=URLS_PER_SECOND,
            notebook_url=lambda name: f"https://{name}.notebook.{REGION}.sagemaker.aws",
        )
        self.urls = sagemaker.urls
        reset()
        operations = Operations(
            instances=sagemaker.instances,
            urls=sagemaker.urls,
            invoke=_no_invocation,
            invoke_in_background=_no_invocation,
        )
        as_authority = cast("Authority", authority)
        self._aws = FakeAws(as_authority, operations, cast("Control", _NoControl()), Source(FUNCTION_ADDRESS))
        try:
            notebooks = [Notebook(name=name) for name in names]
            create_notebooks(self._client_of(authority.operator_key), sagemaker.instances, notebooks)
        except BaseException:
            self.close()
            raise
        self._site = NotebookSite(
            sagemaker, as_authority, clock=time.time, sign_in_url=f"https://{SIGN_IN_HOST}/", vpc_endpoints={}
        )
        router.register(API_HOST, self._api)
        router.register(SITE_HOST, self._notebook)
        router.register(SIGN_IN_HOST.replace(".", r"\."), self._sign_in)

    def close(self) -> None:
        """End the notebooks, and stop serving."""
        self._jupyter_servers.close()
        self._aws.close()

    def _client_of(self, key: str) -> Any:
        def client(service: Any) -> Any:
            return boto3.client(
                service,
                endpoint_url=self._aws.url,
                region_name=REGION,
                aws_access_key_id=key,
                aws_secret_access_key="not checked here",
            )

        return client

    async def _api(self, incoming: web.BaseRequest, client: str) -> web.StreamResponse:
        return await self._router.forward(incoming, client, self._aws.function_url)

    async def _notebook(self, incoming: web.BaseRequest, client: str) -> web.StreamResponse:
        name = incoming.host.partition(".")[0]
        return await self._site.serve(incoming.clone(remote=client), name)

    async def _sign_in(self, _incoming: web.BaseRequest, _client: str) -> web.StreamResponse:
        return sign_in_page("")


def _no_invocation(_function: str, _event: object) -> None:
    raise AssertionError("the function is invoked through the emulator")
