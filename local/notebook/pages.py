"""What the notebook's site, and the sign-in page that it leads to, say themselves."""

from pathlib import Path
from string import Template

from aiohttp import web

_PAGE = Template((Path(__file__).parent / "page.html").read_text(encoding="utf-8"))


def refused_page() -> web.Response:
    """Answer for whom the policies do not let in."""
    words = "The policies of the role that opened this notebook do not let you in from here."
    return _page(403, "Access denied", words)


def not_running_page(status: int) -> web.Response:
    """Answer for a notebook that is not in service, with `status`."""
    return _page(status, "This notebook is not running", "Open your bookmark again: it says what can be done.")


def sign_in_page(base_url: str) -> web.Response:
    """Play the AWS console's sign-in page. `base_url`: the gate's."""
    words = (
        "At AWS, the console’s sign-in page is here. A notebook’s URL leads to it when its five minutes are over, and "
        "an open notebook when its session is. Open your bookmark again.</p>"
        f'<p><a href="{base_url}/">Your notebooks</a>'
    )
    return _page(200, "AWS sign-in (played)", words)


def _page(status: int, title: str, words: str) -> web.Response:
    text = _PAGE.substitute(title=title, words=words)
    return web.Response(status=status, text=text, content_type="text/html", headers={"Cache-Control": "no-store"})
