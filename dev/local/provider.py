"""Identity providers: the local one (`oidc-provider-mock`), and the registration at an external one."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field

# The local provider serves plain HTTP on loopback; authlib refuses that by default.
os.environ.setdefault("AUTHLIB_INSECURE_TRANSPORT", "1")

import oidc_provider_mock

from local.sample import TestUser
from local.serving import ThreadedServer, serve_wsgi

CLIENT_ID = "notebook-gate-local"
CLIENT_SECRET = "any-will-do"
"""Required by the provider, whose release for Python 3.11 has no public clients, but never checked by it."""


@dataclass(frozen=True)
class ExternalProvider:
    """The gate's registration at an identity provider that this project does not start."""

    issuer: str
    client_id: str
    client_secret: str = field(default="", repr=False)
    """Empty for a public client."""


def serve_provider(people: Sequence[TestUser], *, groups_claim: str) -> ThreadedServer:
    """Serve an OpenID provider on loopback. Users sign in by typing their e-mail address.

    `groups_claim`: the claim that holds a user's groups in tokens. Users who are not in `people` can sign in, too.
    Their address is not verified, so the gate refuses them.
    """
    users = [
        oidc_provider_mock.User(
            sub=person.email, claims={"email": person.email, "email_verified": True, groups_claim: person.groups}
        )
        for person in people
    ]
    return serve_wsgi(oidc_provider_mock.app(require_nonce=True, user_claims=users))
