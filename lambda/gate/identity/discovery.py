"""Fetches the provider's discovery document, which lists its endpoints and names its issuer.

Source: OpenID Connect Discovery 1.0 §4.
"""

from typing import Any

from gate.identity.issuer_api import IssuerApi
from gate.platform.log import logger
from gate.values.errors.upstream import IdentityProviderDownError, WrongIssuerError

MAX_ISSUER_LENGTH = 300
"""Characters of the issuer in a document that are logged and shown to operators."""


def discovery_document(api: IssuerApi, issuer: str) -> dict[str, Any]:
    """Fetch the document of `issuer`.

    Raises `WrongIssuerError` if the document names another issuer (§4.3). A slash at the end makes a difference, and so
    does a placeholder such as Entra ID's `{tenantid}`. Raises `IdentityProviderDownError` if there is no document, and
    the errors of `IssuerApi.get`.
    """
    response = api.get("discovery", issuer.rstrip("/") + "/.well-known/openid-configuration")
    document = response.body or {}
    named = document.get("issuer")
    if response.status != 200 or not isinstance(named, str):
        raise IdentityProviderDownError
    if named != issuer:
        named = named[:MAX_ISSUER_LENGTH]
        logger.warning("identity provider names another issuer", issuer=issuer, named=named)
        raise WrongIssuerError(named)
    return document
