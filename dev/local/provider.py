"""Identity providers: the local one (`oidc-provider-mock`), and the registration at an external one."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

# The local provider serves plain HTTP on loopback; authlib refuses that by default.
os.environ.setdefault("AUTHLIB_INSECURE_TRANSPORT", "1")

import oidc_provider_mock
from jinja2 import ChoiceLoader, FileSystemLoader

from local.sample import TestUser
from local.serving import ThreadedServer, serve_wsgi

CLIENT_ID = "notebook-gate-local"
CLIENT_SECRET = "any-will-do"
"""Required by the provider, whose release for Python 3.11 has no public clients, but never checked by it."""

PAGES = Path(__file__).parent / "provider_pages"
"""Templates that replace the provider's own of the same names, which load their style from the internet."""


@dataclass(frozen=True)
class ExternalProvider:
    """The gate's registration at an identity provider that this project does not start."""

    issuer: str
    client_id: str
    client_secret: str = field(default="", repr=False)
    """Empty for a public client."""


def serve_provider(people: Sequence[TestUser], *, groups_claim: str, hint: Callable[[TestUser], str]) -> ThreadedServer:
    """Serve an OpenID provider on loopback. Its page has a button for each of `people`.

    `groups_claim`: the claim that holds a user's groups in tokens. `hint`: returns the text of a person's button beside
    the address. Users who are not in `people` can sign in, too, by typing an address. It is not verified, so the gate
    refuses them.
    """
    users = [
        oidc_provider_mock.User(
            sub=person.email, claims={"email": person.email, "email_verified": True, groups_claim: person.groups}
        )
        for person in people
    ]
    app = oidc_provider_mock.app(require_nonce=True, user_claims=users)
    app.jinja_loader = ChoiceLoader([FileSystemLoader(PAGES), app.jinja_loader])
    app.jinja_env.globals["hints"] = {person.email: hint(person) for person in people}
    return serve_wsgi(app)
