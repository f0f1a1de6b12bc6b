"""Errors of access requests."""

from gate.values.errors.base import BadRequestError, ForbiddenError, GateError, NextPage, NotFoundError

# fmt: off

class InvalidAccessRequestError(BadRequestError, reason="invalid_access_request", title="Your request is not complete",
        next_page=NextPage.REQUESTS,
        words="Say why you need access, in at most 300 characters, and choose for how long."):
    """The form lacks a reason of 1 to 300 characters, or has a length that `requests.choices` does not list."""

class InvalidDecisionReasonError(BadRequestError, reason="invalid_decision_reason", title="The reason cannot be stored",
        next_page=NextPage.REQUESTS,
        words="Nothing was decided. Write at most 300 characters of ordinary text, or leave the reason empty."):
    """The reason for a denial has more than 300 characters, or characters that are not printed."""

class AlreadyGrantedError(GateError, reason="already_granted", title="Access is there already", status=409,
        words="This notebook has been granted already. Nothing was changed. Open it from the list of notebooks."):
    """The person who would get the grant has one already, which an operator gave."""

class NotEligibleError(NotFoundError, reason="not_eligible", title="There is no such notebook to ask for",
        next_page=NextPage.REQUESTS,
        words="There is no notebook of this name that you can ask for. Check the name, or ask your platform team which "
        "notebooks are for you."):
    """`requests.eligible` does not let the person ask for a notebook of this name, whether or not it exists."""

class AutomaticSignInError(ForbiddenError, reason="automatic_sign_in", title="Sign in again, then ask again",
        next_page=NextPage.FRESH_SIGN_IN,
        words="You get this access at once, without a decision, but your sign-in is not enough for that: it is older "
        "than 15 minutes, or from before an update. Nothing was stored. Sign in again, then ask once more."):
    """`requests.automatic` would allow the request, and the caller's right to it was not proven just now.

    The right comes from a group, and the sign-in is more than 15 minutes old, or lacks the proof of a decision.
    """

class TooManyAccessRequestsError(GateError, reason="too_many_access_requests",
        title="You have asked often enough today", status=429,
        words="You can ask for access ten times a day (UTC). If it is urgent, talk to your platform team."):
    """The person has made ten access requests today (UTC)."""

class AccessRequestUnknownError(NotFoundError, reason="access_request_unknown", title="This request is not here",
        next_page=NextPage.REQUESTS, words="It does not exist, is too old, or is not yours to see or decide."):
    """There is no such request, or a later one, or the caller neither made it nor decides on it."""

class OwnAccessRequestError(ForbiddenError, reason="own_access_request", title="You cannot decide on your own request",
        next_page=NextPage.REQUESTS, words="Somebody else who decides on this notebook must do it."):
    """The caller would decide on their own request."""

class OtherIdentityError(ForbiddenError, reason="other_identity", title="You cannot decide on this request here",
        next_page=NextPage.REQUESTS,
        words="The gate cannot tell whether you are the person who asked, because it knows the two of you by names "
        "of different kinds. Decide where the person asked: on the page of requests, or in the same Slack workspace. "
        "If you cannot, ask your platform team to decide."):
    """The names of the person who asked and of the caller cannot be compared, so they may be one person."""

class OtherApproverError(ForbiddenError, reason="other_approver", title="You cannot be the second to allow this here",
        next_page=NextPage.REQUESTS,
        words="The gate cannot tell whether you are the person who allowed this first, because it knows the two of you "
        "by names of different kinds. Decide where that person decided: on the page of requests, or in the same Slack "
        "workspace. The platform team counts as one person: the other must be somebody who signs in."):
    """The names of the first approver and of the caller cannot be compared, so they may be one person."""

class SignInTooOldError(ForbiddenError, reason="sign_in_too_old", title="Sign in again to decide",
        next_page=NextPage.FRESH_SIGN_IN,
        words="You decide as a member of a group, and your sign-in is older than 15 minutes. Sign in again, so that "
        "your groups are checked. Then decide once more."):
    """The caller decides as a member of a group, and the membership was proven more than 15 minutes ago."""

class DecisionSignInError(ForbiddenError, reason="decision_sign_in", title="Sign in again to decide",
        next_page=NextPage.FRESH_SIGN_IN,
        words="This browser's sign-in is not enough for a decision: it is from before an update, or the browser has "
        "lost a part of it. Sign in again, then decide once more."):
    """The browser has a session, and no proof that the requests function itself signed the person in."""

class AccessRequestDecidedError(GateError, reason="access_request_decided", title="This request is decided already",
        status=409, next_page=NextPage.REQUESTS,
        words="Nothing was changed. The page of requests shows who has decided, and how."):
    """The request was decided before, or this approver has approved it before."""

class AccessRequestWithdrawnError(GateError, reason="access_request_withdrawn", title="This request was withdrawn",
        status=409, next_page=NextPage.REQUESTS,
        words="There is nothing to decide any more. Whoever needs access asks again."):
    """The person who asked has withdrawn the request."""

class AccessEndedError(GateError, reason="access_ended", title="This access is not there any more", status=409,
        next_page=NextPage.REQUESTS,
        words="It has ended already, or a later request changed its end. The page of requests shows what is so now."):
    """There is no grant that the request led to, so that nobody can end it."""

class AccessRequestEndedError(GateError, reason="access_request_ended", title="This request has ended", status=409,
        next_page=NextPage.REQUESTS,
        words="A request ends after a day, or when the person's sign-in is ended. They can ask again."):
    """Nobody decided on the request for a day, or the sign-in of the person who asked was ended meanwhile."""
