"""What `gate doctor` says of the identity provider."""

import json
from collections.abc import Iterator
from typing import Literal

from gate.config import Config
from gate.errors.base import GateError
from gate.errors.upstream import WrongIssuerError
from gate.identity.provider import Provider


def look_at_issuer(config: Config) -> Iterator[tuple[Literal["ok", "look", "bad"], str, str]]:
    """Yield level, text and mend: whether people can sign in at the issuer of the settings."""
    try:
        methods = Provider(issuer=config.issuer, client_id=config.client_id).check()
    except WrongIssuerError as error:
        # As JSON, which escapes whatever could not be seen in a terminal, or would act on it.
        named = json.dumps(error.named)
        text = f"identity.issuer is {json.dumps(config.issuer)}, but the provider there names itself {named}"
        yield "bad", text, _mend(named)
        return
    except GateError:
        mend = "Open its /.well-known/openid-configuration: is it reachable, and identity.issuer written as there?"
        yield "bad", f"{config.issuer} can't be used", mend
        return
    if methods and "S256" not in methods:
        yield "bad", f"{config.issuer} does not take PKCE with S256", "Allow it for the application."
        return
    yield "ok", f"{config.issuer} has keys and endpoints", ""


def _mend(named: str) -> str:
    if "{" in named:
        # Entra ID's addresses for all tenants (common, organizations) name none.
        tenant = "https://login.microsoftonline.com/TENANT-ID/v2.0"
        return f'Name your own tenant: identity.issuer = "{tenant}"; then deploy.'
    return f"If that is your provider, write identity.issuer = {named}, exactly so, and deploy."
