"""Where a bookmark lands: the view and the path of a file."""

import posixpath
from urllib.parse import quote, unquote, urljoin

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.values.errors.notebook import InvalidPathError
from gate.values.landing import Landing
from gate.values.notebook import Notebook
from gate.web.links import Links
from gate.web.return_url import safe_return_path
from tests.fuzz.paths import FILES, HOSTILE_PATHS

BASE = "https://site.example/jupyterlab/default/lab/tree/"


def test_hostile_paths_are_refused() -> None:
    assert len(HOSTILE_PATHS) > 500
    for path in HOSTILE_PATHS:
        with pytest.raises(InvalidPathError):
            Landing.parse({"path": path})
        assert safe_return_path(f"/open/a?path={quote(path, errors='surrogatepass')}") == "/"


@pytest.mark.parametrize("path", FILES)
def test_files_are_accepted_and_survive_a_return_path(path: str) -> None:
    landing = Landing.parse({"path": path, "view": "jupyterlab"})
    assert Landing.parse(landing.parameters) == landing
    assert unquote(landing.url_path) == path
    link = Links("").open(Notebook("a"), landing)
    assert safe_return_path(link) == link


@given(st.text(alphabet=st.sampled_from("./\\ a%~:;?#é．／\u2025"), min_size=1, max_size=12) | st.text(max_size=40))
def test_an_accepted_path_stays_below_the_application(path: str) -> None:
    try:
        landing = Landing.parse({"path": path})
    except InvalidPathError:
        return
    for url in (BASE + landing.url_path, urljoin(BASE, landing.url_path)):
        assert url.startswith(BASE)
        once = unquote(url)
        assert posixpath.normpath(once.replace("\\", "/")) == once.removesuffix("/").replace("https://", "https:/")
        assert unquote(once) == once
