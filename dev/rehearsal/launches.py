"""People who open a notebook all the time, while something else happens."""

import re
import threading
import time
from collections.abc import Sequence

import requests

INTERVAL = 0.1
"""Seconds between the beginnings of two launches."""

TIMEOUT = 29.0
"""Seconds after which API Gateway gives up on a function (API Gateway quotas, "Integration timeout")."""


class Launches:
    """Launches of one bookmark, one each `INTERVAL`, from as many threads as there are browsers."""

    def __init__(self, url: str, browsers: Sequence[requests.Session]) -> None:
        """`browsers`: signed in. A launch waits for a browser that has none under way."""
        self._url = url
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._due = self._begun = time.monotonic()
        self._threads = [threading.Thread(target=self._launch, args=[each], name="launches") for each in browsers]
        self.number = 0
        self.slowest = 0.0
        """Seconds from the request to the redirect, of the slowest launch."""
        self.failures: list[str] = []
        """What was answered in place of a redirect to the notebook, each with the seconds since the first launch."""
        for thread in self._threads:
            thread.start()

    def end(self) -> float:
        """Wait for the launches that are under way, begin no more, and return the seconds since the first one."""
        self._ended.set()
        for thread in self._threads:
            thread.join()
        return time.monotonic() - self._begun

    def _launch(self, browser: requests.Session) -> None:
        while not self._ended.wait(self._next() - time.monotonic()):
            begun = time.monotonic()
            failure = self._failure_of(browser)
            with self._lock:
                self.number += 1
                self.slowest = max(self.slowest, time.monotonic() - begun)
                if failure:
                    self.failures.append(f"{begun - self._begun:.1f} s: {failure}")

    def _next(self) -> float:
        with self._lock:
            self._due = max(self._due + INTERVAL, time.monotonic())
            return self._due

    def _failure_of(self, browser: requests.Session) -> str:
        try:
            answer = browser.get(self._url, timeout=TIMEOUT)
        except requests.RequestException as error:
            return repr(error)
        location = answer.headers.get("Location", "")
        if answer.status_code == 302 and "authToken" in location:
            return ""
        title = re.search("<title>(.*?)</title>", answer.text)
        return f"{answer.status_code} {location or (title[1] if title else answer.text[:300])}"
