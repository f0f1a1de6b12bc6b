"""The pages that the notebook's site answers with itself, and the page that stands for AWS's sign-in page."""

from pathlib import Path
from string import Template

from aiohttp import web

_PAGE = Template((Path(__file__).parent / "page.html").read_text(encoding="utf-8"))


def access_denied_page() -> web.Response:
    """Return the page for a request that the policies deny."""
    words = "The policies of the role that opened this notebook deny access from your address."
    return _page(403, "Access denied", words)


def application_page(landing: str, notebook: str) -> web.Response:
    """Return the page that stands for an application of Studio, or its home. `landing`: the `LandingUri`."""
    what = landing.split(":")[1] or "Studio"
    return _page(200, f"{what} (local)", f"This page stands for {what}, opened as {notebook}.")


def not_running_page(status: int) -> web.Response:
    """Return the page for a notebook that is not in service. `status`: of the answer."""
    return _page(status, "This notebook is not running", "Open your bookmark again. It shows what you can do.")


async def serve_sign_in(base_url: str, _incoming: web.BaseRequest) -> web.Response:
    """Answer with the page that stands for the AWS console's sign-in page. `base_url`: the gate's."""
    words = (
        "This page stands for the AWS console’s sign-in page. AWS redirects to it when a notebook’s URL is older than "
        "five minutes, or when the session of an open notebook has expired. Open your bookmark again.</p>"
        f'<p><a href="{base_url}/">Your notebooks</a>'
    )
    return _page(200, "AWS sign-in (local)", words)


def _page(status: int, title: str, words: str) -> web.Response:
    text = _PAGE.substitute(title=title, words=words)
    return web.Response(status=status, text=text, content_type="text/html", headers={"Cache-Control": "no-store"})
