"""The errors with which a provider's authorization endpoint sends a browser back, and what each is to people.

Sources: RFC 6749 §4.1.2.1, OpenID Connect Core 1.0 §3.1.2.6, OpenID Connect Core Error Code
unmet_authentication_requirements 1.0, RFC 8707 §2.
"""

from gate.errors.sign_in import (
    InteractionRequiredError,
    LoginFailedError,
    ProviderFailedError,
    RequestRefusedError,
    SignInDeniedError,
)
from gate.log import logger

OTHER = "other"
"""What the log calls a code that is not listed here. A client may write anything in its place."""

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
    """Return what the `error` parameter of a provider's answer is to people, and log its code, if it is a known one.

    Call it only for an answer whose state is this browser's own: anybody could make up messages otherwise.
    `error_description` and `error_uri` are neither logged nor shown: they are free text.
    """
    # No warning: a client can write it.
    logger.info("identity provider sent an error", operation="authorization", code=code if code in _ERRORS else OTHER)
    return _ERRORS.get(code, ProviderFailedError)()
