"""Identity providers of other projects, each in its own process."""

import json
import os
import subprocess
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from local.provider import CLIENT_ID
from testing.providers.keys import Key

ROOT = Path(__file__).parents[3]

SECRET = "s3cret/+%&= :"
"""The clients' secret. RFC 6749 §2.3.1 has it form-encoded before it goes into the `Authorization` header."""

PASSWORD = "correct horse battery staple"

STOP_TIMEOUT = 60
"""Seconds that a process may take to stop on a busy machine."""

Client = dict[str, Any]
"""A client's metadata, by the names of OpenID Connect Dynamic Client Registration 1.0 §2."""


def client(gate_url: str, client_id: str = CLIENT_ID, **metadata: Any) -> Client:
    """Return the registration of a gate at `gate_url`. `metadata`: what differs from the standard's defaults."""
    common = {
        "client_id": client_id,
        "client_secret": SECRET,
        "client_name": "Notebook Gate",
        "redirect_uris": [f"{gate_url}/login/callback"],
        "post_logout_redirect_uris": [f"{gate_url}/"],
        "response_types": ["code"],
        "grant_types": ["authorization_code"],
        "token_endpoint_auth_method": "client_secret_basic",
        **metadata,
    }
    if common["token_endpoint_auth_method"] == "none":
        del common["client_secret"]
    return common


@dataclass(frozen=True)
class TestUser:
    """A user with an account."""

    __test__ = False  # pytest takes classes whose name begins with Test for tests

    name: str
    groups: Sequence[str] = ()

    @property
    def email(self) -> str:
        """The address."""
        return f"{self.name}@example.com"


PEOPLE = (TestUser("alice"), TestUser("bob", ["data-science"]))
"""The users of local/sample.yaml who have grants."""


@dataclass(frozen=True)
class Setup:
    """The configuration of a provider. Omitted parts keep the provider's defaults."""

    clients: Sequence[Client]
    keys: Sequence[Key] = field(default=())
    claims_in: Literal["id_token", "userinfo"] | None = None
    """Where the provider puts claims that were requested by scope."""


class ForeignProvider(ABC):
    """A provider's process. It runs until `close`."""

    COMMAND: Sequence[str]
    SIGN_IN: Sequence[str]
    """The texts on the buttons that send a name and a password."""
    AGREE: str
    """The text on the button that gives consent."""
    REFUSE: str
    """The text on the button or link that denies consent."""
    SIGN_OUT: str
    """The text on the button that confirms signing out."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            self.COMMAND,
            cwd=ROOT,
            # Both providers would read settings from other variables.
            env={"PATH": os.environ["PATH"], "PYTHONPATH": f"{ROOT}:{ROOT / 'dev'}"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.issuer = ""

    def configure(self, setup: Setup) -> None:
        """Configure the provider with `setup`. Sessions at the provider are kept."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(self._line(setup)) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        assert answer, "the provider's process ended; its output is above"
        self.issuer = json.loads(answer)["issuer"]

    def close(self) -> None:
        """Stop the process."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        self._process.wait(STOP_TIMEOUT)
        self._process.stdout.close()

    @abstractmethod
    def environment(self, setup: Setup) -> dict[str, str]:
        """Return the function's environment variables that `setup` of this provider needs."""

    @abstractmethod
    def fields(self, person: TestUser) -> dict[str, str]:
        """Return what `person` enters in the provider's forms, by field name."""

    @abstractmethod
    def _line(self, setup: Setup) -> dict[str, Any]: ...


class Certified(ForeignProvider):
    """node-oidc-provider, with its development pages, which accept any login and password."""

    COMMAND = ("node", "dev/testing/providers/certified.mjs")
    SIGN_IN = ("Sign-in",)
    AGREE, REFUSE, SIGN_OUT = "Continue", "[ Cancel ]", "Yes, sign me out"

    def environment(self, setup: Setup) -> dict[str, str]:
        """Return the variables. By default, the provider has no claim but `sub`."""
        return {"GATE_USER_CLAIM": "sub"} if setup.claims_in is None else {}

    def fields(self, person: TestUser) -> dict[str, str]:
        """Return the address as the login, which becomes the claim `sub`."""
        return {"login": person.email, "password": PASSWORD}

    def _line(self, setup: Setup) -> dict[str, Any]:
        configuration: dict[str, Any] = {"clients": setup.clients}
        if setup.keys:
            configuration["jwks"] = {"keys": [key.jwk for key in setup.keys]}
        if setup.claims_in is None:
            return {"configuration": configuration}
        configuration["conformIdTokenClaims"] = setup.claims_in == "userinfo"
        configuration["features"] = {"jwtUserinfo": {"enabled": True}}  # for clients that request it
        configuration["claims"] = {"email": ["email", "email_verified"], "groups": ["groups"]}
        accounts = {p.email: {"email": p.email, "email_verified": True, "groups": p.groups} for p in PEOPLE}
        return {"configuration": configuration, "accounts": accounts}


class Canaille(ForeignProvider):
    """Canaille, whose claims come in the ID token, and whose groups come with the scope `groups`."""

    COMMAND = (".cache/provider/bin/python", "dev/testing/providers/canaille_server.py")
    SIGN_IN = ("Continue", "Sign in")
    AGREE, REFUSE, SIGN_OUT = "Accept", "Deny", "Logout"

    def __init__(self) -> None:
        assert (ROOT / self.COMMAND[0]).exists(), "Canaille is not installed: run make test, which installs it"
        super().__init__()

    def environment(self, setup: Setup) -> dict[str, str]:
        """Return the variables. The provider sends no `email_verified`."""
        return {"GATE_TRUST_EMAIL": "true"}

    def fields(self, person: TestUser) -> dict[str, str]:
        """Return the name and the password."""
        return {"login": person.name, "password": PASSWORD}

    def _line(self, setup: Setup) -> dict[str, Any]:
        own = {"CANAILLE_OIDC": {"ACTIVE_JWKS": [key.jwk for key in setup.keys]}} if setup.keys else {}
        accounts = {p.name: {"email": p.email, "password": PASSWORD, "groups": p.groups} for p in PEOPLE}
        clients = [{"scope": ["openid", "email", "profile", "groups"], **each} for each in setup.clients]
        return {
            "configuration": own,
            "clients": clients,
            "accounts": accounts,
            "claims_in": setup.claims_in or "id_token",
        }
