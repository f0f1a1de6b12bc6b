"""The local identity provider: `oidc-provider-mock`, where people sign in by typing their e-mail address."""

import os
from collections.abc import Sequence

# The provider speaks plain HTTP, on this machine alone.
os.environ.setdefault("AUTHLIB_INSECURE_TRANSPORT", "1")

import oidc_provider_mock

from local.sample import TestUser
from local.serving import serve_wsgi

CLIENT_ID = "notebook-gate-local"
CLIENT_SECRET = "any-will-do"
"""The provider asks for one (its release for Python 3.11 knows no public clients) and looks at none."""


class Provider:
    """An OpenID provider on loopback that knows the sample's people."""

    def __init__(self, people: Sequence[TestUser], *, groups_claim: str) -> None:
        """`groups_claim`: the claim in which tokens carry a person's groups.

        People who are not in `people` can sign in, too; nobody vouches for their address, so the gate says no."""
        users = [
            oidc_provider_mock.User(
                sub=person.email,
                claims={"email": person.email, "email_verified": True, groups_claim: person.groups},
            )
            for person in people
        ]
        app = oidc_provider_mock.app(require_nonce=True, user_claims=users)
        self._server = serve_wsgi(app)
        self.issuer = self._server.url

    def close(self) -> None:
        """Stop serving."""
        self._server.close()
