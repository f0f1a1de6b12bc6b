"""Errors of identification: the caller is unknown, or the request was sent in the wrong way."""

from gate.values.errors.base import BadRequestError, Category, ForbiddenError, NextPage, UnauthenticatedError

# fmt: off

class NotSignedInError(UnauthenticatedError, reason="not_signed_in", title="Please sign in", category=Category.INTERIM,
        next_page=NextPage.SIGN_IN, words="You are not signed in, or your session has expired. Sign in and try again."):
    """The request has no session cookie and no token, or the session has expired."""

class SignInEndedError(UnauthenticatedError, reason="sign_in_ended", title="Your sign-in was ended",
        next_page=NextPage.SIGN_IN,
        words="You ended it with Sign out everywhere, or your platform team ended it. Sign in again to continue."):
    """The identity was proven before a cutoff. A cutoff ends everything that was proven before it.

    Sign out everywhere and `gate revoke` write cutoffs, for one person or for everybody.
    """

    def __init__(self, via: str) -> None:
        """`via`: how the identity was proven, as in `Caller.via`."""
        super().__init__()
        self.via = via

class InvalidTokenError(UnauthenticatedError, reason="invalid_token", title="The token was not accepted",
        words="The ID token is expired, altered, or meant for another application. Get a new one and try again."):
    """The bearer token does not prove an identity: it is expired, altered, or meant for another application."""

class EmailNotVerifiedError(ForbiddenError, reason="email_not_verified", title="Your e-mail address is not verified",
        next_page=NextPage.SIGN_IN,
        words="Your identity provider does not confirm your e-mail address. Verify it there, then sign in again."):
    """The identity provider sends no e-mail address, or does not confirm that it is verified."""

class UserUnknownError(ForbiddenError, reason="user_unknown", title="Your identity provider did not say who you are",
        next_page=NextPage.NONE,  # signing in again would not help, and the caller has no notebooks
        words="It signed you in, but sent no name that the gate can use. Signing in again does not help: send the "
        "reference to your platform team."):
    """The identity provider signed the caller in, but the claim that names users is absent or unusable."""

class TokenLacksClaimError(ForbiddenError, reason="token_lacks_claim", title="The token does not say who you are",
        words="The ID token lacks the claim named beside this message. Configure your identity provider to include "
        "it."):
    """The bearer token is valid, and lacks the claim that `claim` in the response names.

    The gate asks UserInfo for sign-ins only.
    """

    def __init__(self, claim: str) -> None:
        """`claim`: the name of the claim, from the deployment's settings."""
        super().__init__()
        self.claim = claim

    @property
    def details(self) -> dict[str, str]:
        """The name of the claim."""
        return {"claim": self.claim}

class TooManyGroupsError(ForbiddenError, reason="too_many_groups", title="You are in too many groups",
        words="Your identity provider sent more groups than a session can hold. Ask your platform team to narrow the "
        "setting identity.groups, or to configure the provider to send fewer."):
    """The caller's groups do not fit into the session cookie."""

class UnknownIamCallerError(ForbiddenError, reason="unknown_iam_caller", title="Your AWS identity was not recognised",
        words="Call this address with a signed request (SigV4) of a user or role."):
    """The request to the IAM route has no identity that a grant could name."""

class InvalidFormError(BadRequestError, reason="invalid_form", title="This form was not understood",
        words="Open your notebooks here and use the buttons on the page."):
    """The form has other fields than those of the page that it belongs to."""

class WrongOriginError(ForbiddenError, reason="wrong_origin", title="This request did not come from this site",
        words="Open your notebooks here and use the buttons on the page."):
    """The form was sent from a page of another site (cross-site request forgery)."""
