"""The provider's discovery document: where its endpoints are, and for which issuer it speaks.

Source: OpenID Connect Discovery 1.0 §4.
"""

from typing import Any

from gate.errors.upstream import IdentityProviderDownError, WrongIssuerError
from gate.identity.issuer_api import IssuerApi
from gate.log import logger

MAX_ISSUER_LENGTH = 300
"""Characters that are told of the issuer that a document names."""


def discovery_document(api: IssuerApi, issuer: str) -> dict[str, Any]:
    """Fetch the document of `issuer`.

    Raises `WrongIssuerError` when it speaks for another issuer (§4.3), which a slash at the end makes, or a placeholder
    such as Entra ID's `{tenantid}`; `IdentityProviderDownError` when there is no such document, and what
    `IssuerApi.get` raises.
    """
    answer = api.get("discovery", issuer.rstrip("/") + "/.well-known/openid-configuration")
    document = answer.body or {}
    named = document.get("issuer")
    if answer.status != 200 or not isinstance(named, str):
        raise IdentityProviderDownError
    if named != issuer:
        named = named[:MAX_ISSUER_LENGTH]
        logger.warning("identity provider names another issuer", issuer=issuer, named=named)
        raise WrongIssuerError(named)
    return document
