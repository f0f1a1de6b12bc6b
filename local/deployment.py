"""A local deployment: the synthesised stack and every service that it depends on, on this machine."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from types import TracebackType

from local.builders import make_site
from local.listener import Listener
from local.options import LocalOptions
from local.router import HostRouter
from local.sample import Sample
from local.services import LocalServices
from local.slack.console import SlackConsole
from local.sockets import listening_sockets
from local.stack import LocalStack

_in_use = threading.Lock()
"""Held by the running deployment: the gate's container, the environment and moto's data belong to the process."""


class LocalDeployment:
    """A running gate. Leaving its `with` block stops everything that it started.

    `url` is the address of its port, and `base_url` the address that the gate's paths are appended to.
    `operator` returns an AWS client with an administrator's credentials, by service.
    """

    def __init__(self, sample: Sample, options: LocalOptions | None = None) -> None:
        """Start everything.

        Raises `PortError`, `EvaluatorError`, `SettingsError`, `SynthesisError` or `UnknownReferenceError`, and
        `RuntimeError` while another deployment runs in this process.
        """
        options = options or LocalOptions()
        with ExitStack() as started:
            started.enter_context(_only_deployment())
            sockets = listening_sockets(options.port, started)
            self.port: int = sockets[0].getsockname()[1]
            stack = LocalStack.create(sample, options, port=self.port, started=started)
            self.url, self.base_url = stack.addresses.url, stack.addresses.base_url
            self.template, self.evaluator, self.authority = stack.template, stack.evaluator, stack.authority
            services = LocalServices.start(stack, started)
            self.function, self.front_door, self.aws = services.function, services.front_door, services.aws
            self.instances, self.urls = services.sagemaker.instances, services.sagemaker.urls
            self.operator, self.slack, self.issuer = services.operator, services.workspace, services.issuer
            listener = Listener(sockets, _router(stack, services).serve)
            started.callback(listener.close)
            self._started = started.pop_all()

    def __enter__(self) -> "LocalDeployment":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop everything."""
        self._started.close()


@contextmanager
def _only_deployment() -> Iterator[None]:
    if not _in_use.acquire(blocking=False):
        raise RuntimeError("another deployment is running in this process")
    try:
        yield
    finally:
        _in_use.release()


def _router(stack: LocalStack, services: LocalServices) -> HostRouter:
    return HostRouter(
        stack.sample.notebooks,
        front_door=services.front_door,
        site=make_site(stack, services.sagemaker),
        slack=SlackConsole(services.workspace),
        base_url=stack.addresses.base_url,
    )
