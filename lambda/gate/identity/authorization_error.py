"""Maps the error codes of a provider's authorization endpoint to the gate's errors.

Sources: RFC 6749 §4.1.2.1, OpenID Connect Core 1.0 §3.1.2.6, OpenID Connect Core Error Code
unmet_authentication_requirements 1.0, RFC 8707 §2.
"""

from gate.platform.log import logger
from gate.values.errors.sign_in import (
    InteractionRequiredError,
    LoginFailedError,
    ProviderFailedError,
    RequestRefusedError,
    SignInDeniedError,
)

UNLISTED_CODE = "other"
"""Stands for an unlisted code in the log, because a client can send any text as a code."""

_ERRORS: dict[str, type[LoginFailedError]] = {
    "access_denied": SignInDeniedError,
    "account_selection_required": InteractionRequiredError,
    "consent_required": InteractionRequiredError,
    "interaction_required": InteractionRequiredError,
    "login_required": InteractionRequiredError,
    "unmet_authentication_requirements": InteractionRequiredError,
    "server_error": ProviderFailedError,
    "temporarily_unavailable": ProviderFailedError,
    "invalid_request": RequestRefusedError,
    "invalid_request_object": RequestRefusedError,
    "invalid_request_uri": RequestRefusedError,
    "invalid_scope": RequestRefusedError,
    "invalid_target": RequestRefusedError,
    "registration_not_supported": RequestRefusedError,
    "request_not_supported": RequestRefusedError,
    "request_uri_not_supported": RequestRefusedError,
    "unauthorized_client": RequestRefusedError,
    "unsupported_response_type": RequestRefusedError,
}


def authorization_error(code: str) -> LoginFailedError:
    """Return the error for `code`, the `error` parameter of a callback. Logs the code if it is a listed one.

    Call it only if the callback's state belongs to this browser. Otherwise an attacker could choose the message that a
    person sees. `error_description` and `error_uri` are free text, so they are neither logged nor shown.
    """
    # The level is not WARNING, because a client can cause this line.
    logger.info(
        "identity provider sent an error", operation="authorization", code=code if code in _ERRORS else UNLISTED_CODE
    )
    return _ERRORS.get(code, ProviderFailedError)()
