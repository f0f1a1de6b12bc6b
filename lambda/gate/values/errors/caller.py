"""Errors of identification: the caller is unknown, or the request was sent in the wrong way."""

from gate.values.errors.base import BadRequestError, Category, ForbiddenError, NextPage, UnauthenticatedError


class NotSignedInError(UnauthenticatedError):
    """The request has no session cookie and no token, or the session has expired."""

    category = Category.DETOUR
    next_page = NextPage.SIGN_IN
    reason = "not_signed_in"
    title = "Please sign in"
    words = "You are not signed in, or your session has expired. Sign in and try again."


class SignInEndedError(UnauthenticatedError):
    """The identity was proven before a cutoff. A cutoff ends everything that was proven before it."""

    next_page = NextPage.SIGN_IN
    reason = "sign_in_ended"
    title = "Your sign-in was ended"
    words = "You ended it with Sign out everywhere, or your platform team ended it. Sign in again to continue."

    def __init__(self, via: str) -> None:
        """`via`: how the identity was proven, as in `Caller.via`."""
        super().__init__()
        self.via = via


class InvalidTokenError(UnauthenticatedError):
    """The bearer token does not prove an identity."""

    reason = "invalid_token"
    title = "The token was not accepted"
    words = "The ID token is expired, altered, or meant for another application. Get a new one and try again."


class EmailNotVerifiedError(ForbiddenError):
    """The identity provider sends no e-mail address, or does not confirm that it is verified."""

    next_page = NextPage.SIGN_IN
    reason = "email_not_verified"
    title = "Your e-mail address is not verified"
    words = "Your identity provider does not confirm your e-mail address. Verify it there, then sign in again."


class UserUnknownError(ForbiddenError):
    """The identity provider signed the caller in, but the claim that names users is absent or unusable."""

    next_page = NextPage.NONE  # signing in again would not help, and the caller has no notebooks
    reason = "user_unknown"
    title = "Your identity provider did not say who you are"
    words = (
        "It signed you in, but sent no name that the gate can use. Signing in again does not help: send the reference "
        "to your platform team."
    )


class TokenLacksClaimError(ForbiddenError):
    """The bearer token is valid, and lacks a claim that identifies users. The gate asks UserInfo for sign-ins only."""

    reason = "token_lacks_claim"
    title = "The token does not say who you are"
    words = "The ID token lacks the claim named beside this message. Configure your identity provider to include it."

    def __init__(self, claim: str) -> None:
        """`claim`: the name of the claim, from the deployment's settings."""
        super().__init__()
        self.claim = claim

    @property
    def details(self) -> dict[str, str]:
        """The name of the claim."""
        return {"claim": self.claim}


class TooManyGroupsError(ForbiddenError):
    """The caller's groups do not fit into the session cookie."""

    reason = "too_many_groups"
    title = "You are in too many groups"
    words = (
        "Your identity provider sent more groups than a session can hold. Ask your platform team to narrow the setting "
        "identity.groups, or to configure the provider to send fewer."
    )


class UnknownIamCallerError(ForbiddenError):
    """The request to the IAM route has no identity that a grant could name."""

    reason = "unknown_iam_caller"
    title = "Your AWS identity was not recognised"
    words = "Call this address with a signed request (SigV4) of a user or role."


class InvalidFormError(BadRequestError):
    """The form has other fields than those of the page that it belongs to."""

    reason = "invalid_form"
    title = "This form was not understood"
    words = "Open your notebooks here and use the buttons on the page."


class WrongOriginError(ForbiddenError):
    """The form was sent from a page of another site (cross-site request forgery)."""

    reason = "wrong_origin"
    title = "This request did not come from this site"
    words = "Open your notebooks here and use the buttons on the page."
