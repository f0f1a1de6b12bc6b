"""Links to the gate's own pages and endpoints."""

from dataclasses import dataclass
from urllib.parse import urlencode

from gate.values.notebook import Notebook, View


@dataclass(frozen=True)
class Links:
    """The gate's own addresses below `base`.

    `base` is the deployment's URL for links that leave the gate, such as redirects and Slack messages, and its path
    for links within pages.
    """

    base: str

    def to(self, path: str) -> str:
        """Return the link to `path`, such as `/open`."""
        return self.base + path

    @property
    def home(self) -> str:
        """The list of notebooks."""
        return self.to("/")

    def open(self, notebook: Notebook, view: View | None = None, *, ticket: str = "") -> str:
        """Return the link that opens `notebook`. `ticket`: the ticket of a link in Slack."""
        query = f"?view={view}" if view else f"?ticket={ticket}" if ticket else ""
        return self.to(f"/open/{notebook.segment}{query}")

    def state(self, notebook: Notebook) -> str:
        """Return the link to the state of `notebook`, below which it is started and stopped."""
        return self.to(f"/notebooks/{notebook.segment}")

    def requests(self, notebook: Notebook | None = None) -> str:
        """Return the link to the access requests, with `notebook` filled in."""
        return self.to(f"/requests?notebook={notebook.segment}" if notebook else "/requests")

    def request(self, request_id: str) -> str:
        """Return the link to one access request."""
        return self.to(f"/requests/{request_id}")

    def sign_in(self, return_path: str, *, fresh: bool = False) -> str:
        """Return the link that signs in and then redirects to `return_path`.

        `fresh`: whether a caller who is signed in already must sign in again.
        """
        return self.to(f"/login?{urlencode({'next': return_path} | ({'fresh': '1'} if fresh else {}))}")
