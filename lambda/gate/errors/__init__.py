"""Everything that can go wrong, as a small tree.

One class a case. Each has a fixed status, a reason code for logs and JSON clients, and fixed words that
say what to do next. Nothing is ever interpolated, so no token, cookie, code or URL can be in an answer.
"""

from gate.errors.base import BadRequestError, ForbiddenError, GateError, NotFoundError, UnauthenticatedError
from gate.errors.caller import (
    EmailNotVerifiedError,
    InvalidTokenError,
    LoginFailedError,
    NotSignedInError,
    TooManyGroupsError,
    UnknownIamCallerError,
    WrongOriginError,
)
from gate.errors.notebook import (
    InvalidNotebookNameError,
    InvalidViewError,
    NoPowerError,
    NotebookBusyError,
    NotebookFailedError,
    NotebookMissingError,
    NotebookStartingError,
    NotebookStoppedError,
    NotebookStoppingError,
    NotGrantedError,
    NotReadyError,
    PlaceUnknownError,
)
from gate.errors.slack import (
    InvalidSlackRequestError,
    InvalidTicketError,
    SlackDownError,
    SlackRefusedError,
    SlackReplayError,
    SlackSignatureError,
    SlackTeamError,
    TicketPreviewError,
)
from gate.errors.upstream import (
    AwsDeniedError,
    AwsError,
    ClientRefusedError,
    IdentityProviderBusyError,
    IdentityProviderDownError,
    InLineError,
    ThrottledError,
    UpstreamError,
)

__all__ = [
    "AwsDeniedError",
    "AwsError",
    "BadRequestError",
    "ClientRefusedError",
    "EmailNotVerifiedError",
    "ForbiddenError",
    "GateError",
    "IdentityProviderBusyError",
    "IdentityProviderDownError",
    "InLineError",
    "InvalidNotebookNameError",
    "InvalidSlackRequestError",
    "InvalidTicketError",
    "InvalidTokenError",
    "InvalidViewError",
    "LoginFailedError",
    "NoPowerError",
    "NotFoundError",
    "NotGrantedError",
    "NotReadyError",
    "NotSignedInError",
    "NotebookBusyError",
    "NotebookFailedError",
    "NotebookMissingError",
    "NotebookStartingError",
    "NotebookStoppedError",
    "NotebookStoppingError",
    "PlaceUnknownError",
    "SlackDownError",
    "SlackRefusedError",
    "SlackReplayError",
    "SlackSignatureError",
    "SlackTeamError",
    "ThrottledError",
    "TicketPreviewError",
    "TooManyGroupsError",
    "UnauthenticatedError",
    "UnknownIamCallerError",
    "UpstreamError",
    "WrongOriginError",
]
