"""Canaille, an identity provider with accounts, groups and consent, in its own process on a loopback port.

Each line on standard input is JSON: `configuration` (its own), `clients`, `accounts` (`{user name: claims}`) and
`claims_in`. It replaces the previous one. The answer is a line `{"issuer": URL}`. It stops at the end of its input.
"""

import json
import sys
from datetime import UTC, datetime
from typing import Any

from canaille import create_app
from canaille.app import models
from canaille.oidc.provider import OpenIDCode
from canaille.oidc.userinfo import UserInfo

from local.serving import serve_wsgi


class Service:
    """Serves the current application on one port."""

    def __init__(self) -> None:
        self._server = serve_wsgi(lambda environ, start_response: self._app(environ, start_response))
        self.issuer = self._server.url
        self._all_claims = OpenIDCode.generate_user_info
        self._app: Any = None

    def configure(self, *, configuration: Any, clients: Any, accounts: Any, claims_in: str) -> None:
        """Replace the application by a new one."""
        # Canaille has no setting for it. Authlib, which it uses, has this hook for the claims of an ID token.
        OpenIDCode.generate_user_info = {
            "id_token": self._all_claims,
            "userinfo": lambda _self, user, _scope: UserInfo(sub=user.user_name),
        }[claims_in]
        scheme, _, address = self.issuer.partition("://")
        own = {"SECRET_KEY": "only on this machine", "SERVER_NAME": address, "PREFERRED_URL_SCHEME": scheme}
        app = create_app(config={**own, **configuration})
        with app.app_context():
            _fill(app.backend, clients, accounts)
        self._app = app

    def close(self) -> None:
        """Stop serving."""
        self._server.close()


def _fill(backend: Any, clients: Any, accounts: Any) -> None:
    members: dict[str, list[Any]] = {}
    for name, account in accounts.items():
        user = models.User(user_name=name, family_name=name, emails=[account["email"]], password=account["password"])
        backend.save(user)
        for group in account["groups"]:
            members.setdefault(group, []).append(user)
    for name, users in members.items():
        backend.save(models.Group(display_name=name, members=users))
    for metadata in clients:
        client = models.Client(client_id_issued_at=datetime.now(UTC), **metadata)
        backend.save(client)
        client.audience = [client]
        backend.save(client)


def main() -> None:
    """Serve the configurations from standard input until its end."""
    service = Service()
    try:
        for line in sys.stdin:
            service.configure(**json.loads(line))
            sys.stdout.write(json.dumps({"issuer": service.issuer}) + "\n")
            sys.stdout.flush()
    finally:
        service.close()


if __name__ == "__main__":
    main()
