"""Who is calling can't be told, or did not ask as they must."""

from gate.errors.base import BadRequestError, ForbiddenError, UnauthenticatedError


class NotSignedInError(UnauthenticatedError):
    """No session cookie or token came with the request, or the session is over."""

    reason = "not_signed_in"
    title = "Please sign in"
    words = "You are not signed in, or your session is over. Sign in and try again."


class SignInEndedError(UnauthenticatedError):
    """The identity was proven before a cutoff: everything from before that moment was ended."""

    reason = "sign_in_ended"
    title = "Your sign-in was ended"
    words = "It was ended by you, with Sign out everywhere, or by your platform team. Sign in again to go on."

    def __init__(self, via: str) -> None:
        """`via`: how the identity was proven, as in `Caller.via`."""
        super().__init__()
        self.via = via


class InvalidTokenError(UnauthenticatedError):
    """A bearer token came, and it does not prove anything."""

    reason = "invalid_token"
    title = "The token was not accepted"
    words = "The ID token is expired, altered, or meant for another application. Get a new one and try again."


class EmailNotVerifiedError(ForbiddenError):
    """The identity provider names no address, or does not vouch for it."""

    reason = "email_not_verified"
    title = "Your e-mail address is not verified"
    words = "Your identity provider does not vouch for your e-mail address. Verify it there, then sign in again."


class UserUnknownError(ForbiddenError):
    """The identity provider vouches for somebody, and the claim that would name them is absent or can't be used."""

    reason = "user_unknown"
    title = "Your identity provider did not say who you are"
    words = (
        "It signed you in, but sent no name that the gate can use. Signing in again does not help: send the reference "
        "to your platform team."
    )


class TokenLacksClaimError(ForbiddenError):
    """A bearer token is good, and lacks a claim that says who somebody is. Nobody else is asked about its bearer."""

    reason = "token_lacks_claim"
    title = "The token does not say who you are"
    words = "The ID token lacks the claim named beside this message. Have your identity provider put it into ID tokens."

    def __init__(self, claim: str) -> None:
        """`claim`: its name, which the deployment's settings give."""
        super().__init__()
        self.claim = claim

    @property
    def details(self) -> dict[str, str]:
        """Which claim."""
        return {"claim": self.claim}


class TooManyGroupsError(ForbiddenError):
    """More groups than fit into the session cookie."""

    reason = "too_many_groups"
    title = "You are in too many groups"
    words = (
        "Your identity provider sent more groups than a session can hold. Ask your platform team to narrow the setting "
        "identity.groups, or to have the provider send fewer."
    )


class UnknownIamCallerError(ForbiddenError):
    """The IAM route was reached without an identity that can be named."""

    reason = "unknown_iam_caller"
    title = "Your AWS identity was not recognised"
    words = "Call this address with a signed request (SigV4) of a user or role."


class InvalidFormError(BadRequestError):
    """A form holds something else than the fields of the page that it is on."""

    reason = "invalid_form"
    title = "That form was not understood"
    words = "Open your notebooks here and use the buttons on the page."


class WrongOriginError(ForbiddenError):
    """A form was sent from a page that is not ours (cross-site request forgery)."""

    reason = "wrong_origin"
    title = "That did not come from this site"
    words = "Open your notebooks here and use the buttons on the page."
