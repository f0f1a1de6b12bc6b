"""Errors of access requests."""

from gate.values.errors.base import BadRequestError, Category, ForbiddenError, GateError, NextPage, NotFoundError


class InvalidAccessRequestError(BadRequestError):
    """The form lacks a reason, or has a length of access that the settings do not offer."""

    reason = "invalid_access_request"
    title = "Your request is not complete"
    words = "Say why you need access, in at most 300 characters, and choose for how long."
    next_page = NextPage.REQUESTS


class AlreadyGrantedError(GateError):
    """The person who would get the grant has one already, which an operator gave."""

    status = 409
    category = Category.REFUSAL
    reason = "already_granted"
    title = "Access is there already"
    words = "This notebook has been granted already. Nothing was changed. Open it from the list of notebooks."


class TooManyAccessRequestsError(GateError):
    """The person has used up the access requests of the day."""

    status = 429
    category = Category.REFUSAL
    reason = "too_many_access_requests"
    title = "You have asked often enough today"
    words = "You can ask for access ten times a day (UTC). If it is urgent, talk to your platform team."


class AccessRequestUnknownError(NotFoundError):
    """There is no such request, or the caller neither made it nor decides on it."""

    reason = "access_request_unknown"
    title = "This request is not here"
    words = "It does not exist, is too old, or is not yours to see or decide."
    next_page = NextPage.REQUESTS


class OwnAccessRequestError(ForbiddenError):
    """The caller would decide on their own request."""

    reason = "own_access_request"
    title = "You cannot decide on your own request"
    words = "Somebody else who decides on this notebook must do it."
    next_page = NextPage.REQUESTS


class OtherIdentityError(ForbiddenError):
    """The names of the person who asked and of the caller cannot be compared, so they may be one person."""

    reason = "other_identity"
    title = "You cannot decide on this request here"
    words = (
        "The gate cannot tell whether you are the person who asked, because it knows the two of you by names of "
        "different kinds. Decide where the person asked: on the page of requests, or in the same Slack workspace. "
        "If you cannot, ask an operator to decide."
    )
    next_page = NextPage.REQUESTS


class OtherApproverError(ForbiddenError):
    """The names of the first approver and of the caller cannot be compared, so they may be one person."""

    reason = "other_approver"
    title = "You cannot give the second approval here"
    words = (
        "The gate cannot tell whether you are the person who gave the first approval, because it knows the two of you "
        "by names of different kinds. Decide where that person decided: on the page of requests, or in the same Slack "
        "workspace. Two operators count as one person: somebody who signs in must give the other approval."
    )
    next_page = NextPage.REQUESTS


class SignInTooOldError(ForbiddenError):
    """The caller decides as a member of a group, and the membership was proven too long ago."""

    reason = "sign_in_too_old"
    title = "Sign in again to decide"
    words = (
        "You decide as a member of a group, and your sign-in is older than 15 minutes. Sign in again, so that your "
        "groups are checked. Then decide once more."
    )
    next_page = NextPage.FRESH_SIGN_IN


class DecisionSignInError(ForbiddenError):
    """The browser has a session, and no proof that the requests function itself signed the person in."""

    reason = "decision_sign_in"
    title = "Sign in again to decide"
    words = (
        "This browser's sign-in is not enough for a decision: it is from before an update, or the browser has lost a "
        "part of it. Sign in again, then decide once more."
    )
    next_page = NextPage.FRESH_SIGN_IN


class AccessRequestDecidedError(GateError):
    """The request was decided before, or this approver has approved it before."""

    status = 409
    category = Category.REFUSAL
    reason = "access_request_decided"
    title = "This request is decided already"
    words = "Nothing was changed. The page of requests shows who decided, and how."
    next_page = NextPage.REQUESTS


class AccessRequestEndedError(GateError):
    """Nobody decided on the request for a day, or the sign-in of the person who asked was ended meanwhile."""

    status = 409
    category = Category.REFUSAL
    reason = "access_request_ended"
    title = "This request has ended"
    words = "A request ends after a day, or when the person's sign-in is ended. They can ask again."
    next_page = NextPage.REQUESTS
