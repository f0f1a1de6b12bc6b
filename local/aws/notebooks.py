"""SageMaker's notebook instances: their states, their presigned URLs and their Jupyter servers."""

from collections.abc import Callable

from local.aws.instances import Instances
from local.aws.presigned import PresignedUrls
from local.notebook.jupyter import JupyterServers


class FakeSageMaker:
    """The notebook instances of one deployment."""

    def __init__(
        self,
        jupyter_servers: JupyterServers,
        *,
        clock: Callable[[], float],
        speed_factor: float,
        urls_per_second: float,
        notebook_url: Callable[[str], str],
    ) -> None:
        """`jupyter_servers`: are stopped together with their instances.

        `speed_factor`: how many times faster than at AWS instances start and stop. `urls_per_second`: the rate of
        presigned URLs above which AWS throttles. `notebook_url`: returns the address of an instance's site.
        """
        self.jupyter_servers = jupyter_servers
        self.instances = Instances(clock, speed_factor=speed_factor, on_out_of_service=jupyter_servers.stop)
        self.urls = PresignedUrls(
            instances=self.instances, clock=clock, notebook_url=notebook_url, rate=urls_per_second
        )
