"""Sends a request on the one port of a local deployment to the site of its host name."""

from collections.abc import Mapping

from aiohttp import web

from local.addresses import SIGN_IN_HOST, SLACK_HOST
from local.front_door import FrontDoor
from local.notebook.pages import sign_in_page
from local.notebook.site import Notebooks, NotebookSite
from local.slack.console import SlackConsole


class HostRouter:
    """Answers requests by host name; every unknown name is the API's."""

    def __init__(
        self,
        notebooks: Mapping[str, tuple[Notebooks, str]],
        *,
        front_door: FrontDoor,
        site: NotebookSite,
        slack: SlackConsole,
        base_url: str,
    ) -> None:
        """`notebooks`: the kind and the name of each notebook's site, by its host name.

        `base_url`: the gate's, to which the sign-in page links.
        """
        self._notebooks = notebooks
        self._front_door = front_door
        self._site = site
        self._slack = slack
        self._base_url = base_url

    async def serve(self, incoming: web.BaseRequest) -> web.StreamResponse:
        """Answer one request."""
        host = incoming.host.partition(":")[0].lower()
        if host in self._notebooks:
            return await self._site.serve(incoming, *self._notebooks[host])
        if host == SLACK_HOST:
            return await self._slack.serve(incoming)
        if host == SIGN_IN_HOST:
            return sign_in_page(self._base_url)
        return await self._front_door.serve(incoming)
