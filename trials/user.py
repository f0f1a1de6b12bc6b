"""A person at a browser, over real sockets."""

import re
from typing import Any
from urllib.parse import unquote, urlsplit

import requests
from requests.adapters import HTTPAdapter

from local.deployment import LocalDeployment
from local.provider import CLIENT_ID, CLIENT_SECRET

TIMEOUT = 120
"""Seconds for one answer, on a machine that is busy with other things."""


class _From(HTTPAdapter):
    """Connects from one of this machine's addresses."""

    def __init__(self, address: str) -> None:
        self._address = address
        super().__init__()

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        super().init_poolmanager(*arguments, source_address=(self._address, 0), **options)


class TestUser(requests.Session):
    """Keeps cookies, follows no redirect unasked, and is inside the networks unless told otherwise."""

    __test__ = False  # pytest takes classes whose name begins with Test for tests

    def __init__(self, deployment: LocalDeployment, address: str = "127.0.0.1") -> None:
        super().__init__()
        self._deployment = deployment
        self.trust_env = False
        self.mount("http://", _From(address))

    def go(self, path: str, method: str = "GET", **options: Any) -> requests.Response:
        """Send a request to the gate."""
        return self.request(method, self._deployment.base_url + path, allow_redirects=False, timeout=TIMEOUT, **options)

    def press(self, path: str) -> requests.Response:
        """Press a button on one of the gate's own pages."""
        return self.go(path, "POST", headers={"Sec-Fetch-Site": "same-origin"})

    def open(self, path: str, email: str) -> requests.Response:
        """Click a bookmark without a session, sign in, and stop at the first answer that is neither."""
        answer = self.go(path)
        for _ in range(6):
            location = answer.headers.get("Location", "")
            if not location.startswith("http://127.0.0.1:"):
                break
            if "/oauth2/authorize" in location:
                answer = self.post(location, data={"sub": email}, allow_redirects=False, timeout=TIMEOUT)
            else:
                answer = self.get(location, allow_redirects=False, timeout=TIMEOUT)
        return answer

    def id_token(self, email: str) -> str:
        """Get an ID token as a script of one's own would: the gate's application, a code, no cookie of the gate."""
        away = self.go("/login").headers["Location"]
        back = self.post(away, data={"sub": email}, allow_redirects=False, timeout=TIMEOUT).headers["Location"]
        code = re.search(r"[?&]code=([^&]+)", back)
        redirect = re.search(r"[?&]redirect_uri=([^&]+)", away)
        assert code
        assert redirect
        form = {
            "grant_type": "authorization_code",
            "code": code[1],
            "redirect_uri": unquote(redirect[1]),
        }
        host = urlsplit(away)
        answer = self.post(
            f"{host.scheme}://{host.netloc}/oauth2/token", data=form, auth=(CLIENT_ID, CLIENT_SECRET), timeout=TIMEOUT
        )
        return str(answer.json()["id_token"])
