"""Launches while something else happens: which of them count as failed."""

import threading
from typing import Any

import pytest
import requests

from rehearsal.launches import Launches

OPENED = "https://n.notebook.eu-west-1.sagemaker.aws?authToken=x"


class _Browser(requests.Session):
    """Answers as it is told, and ends the launches' wait after the third answer."""

    def __init__(self, status: int, location: str = "", error: Exception | None = None) -> None:
        super().__init__()
        self.answers, self.third = 0, threading.Event()
        self._status, self._location, self._error = status, location, error

    def get(self, url: str, **options: Any) -> requests.Response:  # type: ignore[override]
        self.answers += 1
        if self.answers >= 3:
            self.third.set()
        if self._error:
            raise self._error
        response = requests.Response()
        response.status_code = self._status
        response._content = b"<title>Why not</title>"
        response.headers.update({"Location": self._location} if self._location else {})
        return response


def _launches(browser: _Browser) -> Launches:
    launches = Launches("https://gate.example.com/open/n", [browser])
    assert browser.third.wait(60)
    launches.end()
    return launches


def test_a_redirect_to_the_notebook_is_a_launch() -> None:
    launches = _launches(_Browser(302, OPENED))
    assert launches.number >= 3
    assert launches.failures == []


@pytest.mark.parametrize(
    ("browser", "told"),
    [
        (_Browser(302, "https://gate.example.com/login"), "302 https://gate.example.com/login"),
        (_Browser(202), "202 Why not"),
        (_Browser(502), "502 Why not"),
        (_Browser(200, error=requests.ReadTimeout()), "ReadTimeout()"),
    ],
    ids=["to the sign-in", "a waiting page", "an error", "no answer"],
)
def test_everything_else_has_failed(browser: _Browser, told: str) -> None:
    launches = _launches(browser)
    assert len(launches.failures) == launches.number >= 3
    assert launches.failures[0].endswith(f" s: {told}")
