"""A user at a browser, over real sockets."""

import re
from typing import Any
from urllib.parse import unquote, urlsplit

import requests
from requests.adapters import HTTPAdapter

from local.deployment import LocalDeployment
from local.provider import CLIENT_ID, CLIENT_SECRET

TIMEOUT = 120
"""Seconds for one response, generous for a busy machine."""


class SourceAddressAdapter(HTTPAdapter):
    """Connects from a given address of this machine."""

    def __init__(self, address: str) -> None:
        self._address = address
        super().__init__()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Make the pool, with `address` as the source of its connections."""
        super().init_poolmanager(*args, source_address=(self._address, 0), **kwargs)


class TestUser(requests.Session):
    """A browser that keeps cookies and follows redirects only in `open`. By default it is inside the networks."""

    __test__ = False  # pytest would collect a class whose name begins with Test

    def __init__(self, deployment: LocalDeployment, address: str = "127.0.0.1") -> None:
        super().__init__()
        self._deployment = deployment
        self.trust_env = False
        self.mount("http://", SourceAddressAdapter(address))

    def go(self, path: str, method: str = "GET", **kwargs: Any) -> requests.Response:
        """Send a request to the gate."""
        return self.request(method, self._deployment.base_url + path, allow_redirects=False, timeout=TIMEOUT, **kwargs)

    def press(self, path: str) -> requests.Response:
        """Press a button on a page of the gate."""
        return self.go(path, "POST", headers={"Sec-Fetch-Site": "same-origin"})

    def open(self, path: str, email: str) -> requests.Response:
        """Open a bookmark, sign in if asked to, and return the first response that is not a local redirect."""
        response = self.go(path)
        for _ in range(6):
            location = response.headers.get("Location", "")
            if not location.startswith("http://127.0.0.1:"):
                break
            if "/oauth2/authorize" in location:
                response = self.post(location, data={"sub": email}, allow_redirects=False, timeout=TIMEOUT)
            else:
                response = self.get(location, allow_redirects=False, timeout=TIMEOUT)
        return response

    def id_token(self, email: str) -> str:
        """Get an ID token as a user's script would: by the authorization code flow, without cookies of the gate."""
        authorize_url = self.go("/login").headers["Location"]
        response = self.post(authorize_url, data={"sub": email}, allow_redirects=False, timeout=TIMEOUT)
        code = re.search(r"[?&]code=([^&]+)", response.headers["Location"])
        redirect_uri = re.search(r"[?&]redirect_uri=([^&]+)", authorize_url)
        assert code
        assert redirect_uri
        form = {
            "grant_type": "authorization_code",
            "code": code[1],
            "redirect_uri": unquote(redirect_uri[1]),
        }
        parts = urlsplit(authorize_url)
        response = self.post(
            f"{parts.scheme}://{parts.netloc}/oauth2/token", data=form, auth=(CLIENT_ID, CLIENT_SECRET), timeout=TIMEOUT
        )
        return str(response.json()["id_token"])
