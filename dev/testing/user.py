"""A user of a local deployment at a browser."""

from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

import requests

from local.deployment import LocalDeployment
from local.places import INSIDE
from local.provider import CLIENT_ID, CLIENT_SECRET
from testing.browser import MAX_STEPS, Browser


class TestUser(Browser):
    """By default the user is inside the networks, at the first port."""

    __test__ = False  # pytest would collect a class whose name begins with Test

    def __init__(self, deployment: LocalDeployment, address: str = INSIDE) -> None:
        """`address`: the source address of the user's requests."""
        super().__init__(deployment.base_url_at(address))

    def open(self, path: str, email: str) -> requests.Response:
        """Open a bookmark, sign in if asked to, and return the first response that is not a local redirect."""
        response = self.go(path)
        for _ in range(MAX_STEPS):
            location = response.headers.get("Location", "")
            if not location.startswith("http://127.0.0.1:"):
                break
            sign_in: Any = {"sub": email} if "/oauth2/authorize" in location else None
            response = self.request("POST" if sign_in else "GET", location, data=sign_in)
        return response

    def id_token(self, email: str) -> str:
        """Get an ID token as a user's script would: by the authorization code flow, without cookies of the gate."""
        authorize_url = self.go("/login").headers["Location"]
        location = self.post(authorize_url, data={"sub": email}).headers["Location"]
        form = {
            "grant_type": "authorization_code",
            "code": parse_qs(urlsplit(location).query)["code"][0],
            "redirect_uri": parse_qs(urlsplit(authorize_url).query)["redirect_uri"][0],
        }
        token_url = urljoin(authorize_url, "/oauth2/token")
        return str(self.post(token_url, data=form, auth=(CLIENT_ID, CLIENT_SECRET)).json()["id_token"])
