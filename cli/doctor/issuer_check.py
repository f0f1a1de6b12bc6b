"""Checks the identity provider."""

import json

from cli.doctor.check import Outcome, Outcomes
from gate.config import Config
from gate.errors.base import GateError
from gate.errors.upstream import WrongIssuerError
from gate.identity.provider import Provider


def check_issuer(config: Config) -> Outcomes:
    """Check that the issuer of the settings has what a sign-in needs."""
    try:
        methods = Provider(issuer=config.issuer, client_id=config.client_id).check()
    except WrongIssuerError as error:
        # JSON escapes invisible characters and those that control a terminal.
        named = json.dumps(error.named)
        text = f"identity.issuer is {json.dumps(config.issuer)}, but the provider there names itself {named}"
        yield Outcome("error", text, _issuer_fix(named))
        return
    except GateError:
        fix = (
            "Open its /.well-known/openid-configuration: check that it can be reached, and that identity.issuer is "
            "spelled as it is there."
        )
        yield Outcome("error", f"{config.issuer} can't be used", fix)
        return
    if methods and "S256" not in methods:
        yield Outcome("error", f"{config.issuer} does not support PKCE with S256", "Allow it for the application.")
        return
    yield Outcome("ok", f"{config.issuer} has keys and endpoints")


def _issuer_fix(named: str) -> str:
    if "{" in named:
        # Entra ID's addresses for all tenants (common, organizations) contain a placeholder instead of a tenant.
        tenant = "https://login.microsoftonline.com/TENANT-ID/v2.0"
        return f'Name your own tenant: identity.issuer = "{tenant}"; then deploy.'
    return f"If that is your provider, write identity.issuer = {named}, with exactly this spelling, and deploy."
