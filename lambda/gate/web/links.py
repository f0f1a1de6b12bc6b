"""Links to the gate's own pages and endpoints."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from gate.values.landing import Landing
from gate.values.notebook import Notebook


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

    def open(self, notebook: Notebook, landing: Landing | None = None, *, ticket: str = "") -> str:
        """Return the link that opens `notebook`. `ticket`: the ticket of a link in Slack."""
        parameters = landing.parameters if landing else {"ticket": ticket} if ticket else {}
        return self.to(f"/open/{notebook.segment}{query_of(parameters)}")

    def state(self, notebook: Notebook) -> str:
        """Return the link to the state of `notebook`."""
        return self.to(f"/notebooks/{notebook.segment}")

    def stop(self, notebook: Notebook) -> str:
        """Return the link to the page that stops `notebook` after a confirmation."""
        return f"{self.state(notebook)}/stop"

    def start(self, notebook: Notebook, landing: Landing | None = None) -> str:
        """Return the link that starts `notebook`, which then opens at `landing`."""
        return f"{self.state(notebook)}/start{query_of(landing.parameters if landing else {})}"

    def requests(self, notebook: Notebook | None = None, landing: Landing | None = None, **pages: int) -> str:
        """Return the link to the access requests, with `notebook` filled in. It opens at `landing` afterwards.

        `pages`: the numbers of pages (`page`, `own`) other than the first.
        """
        parameters = {"notebook": notebook.segment} if notebook else {}
        numbers = {name: str(number) for name, number in pages.items()}
        return self.to(f"/requests{query_of(parameters | (landing.parameters if landing else {}) | numbers)}")

    def holders(self, *, page: int = 1) -> str:
        """Return the link to a page of those who have access to the notebooks that one decides on."""
        return self.to(f"/requests/access{query_of({'page': str(page)} if page > 1 else {})}")

    def request(self, request_id: str, landing: Landing | None = None, *, earlier: bool = False) -> str:
        """Return the link to one access request, whose notebook opens at `landing` once it is allowed.

        `earlier`: whether the person has just asked for something else, and this request still waits.
        """
        parameters = (landing.parameters if landing else {}) | ({"earlier": "1"} if earlier else {})
        return self.to(f"/requests/{request_id}{query_of(parameters)}")

    def held(self, request_id: str) -> str:
        """Return the link to an access request that was allowed, whose page does not continue to the notebook."""
        return f"{self.request(request_id)}{query_of({'stay': '1'})}"

    def sign_in(self, return_path: str, *, fresh: bool = False) -> str:
        """Return the link that signs in and then redirects to `return_path`.

        `fresh`: whether a caller who is signed in already must sign in again.
        """
        return self.to(f"/login?{urlencode({'next': return_path} | ({'fresh': '1'} if fresh else {}))}")


def query_of(parameters: Mapping[str, str]) -> str:
    """Return `parameters` as the query of a link, with its question mark; empty if there are none."""
    return f"?{urlencode(parameters, safe='/:', quote_via=quote)}" if parameters else ""
