"""Describes one notebook, and tells a notebook that is missing from other failures."""

from botocore.exceptions import ClientError

from gate.launch.kinds import kind_of
from gate.launch.kinds.kind import Kind
from gate.launch.role_sessions import RoleSession
from gate.platform.aws.errors import code_of
from gate.values.errors.notebook import NotebookMissingError
from gate.values.errors.upstream import AwsError
from gate.values.instance import Instance
from gate.values.notebook import Notebook


def described(session: RoleSession, notebook: Notebook) -> Instance:
    """Return the instance of `notebook`. Raises `NotebookMissingError`, and the errors of `aws_errors`."""
    kind = kind_of(notebook)
    try:
        return session.run(kind.describe, notebook)
    except AwsError as error:
        if is_state_conflict(kind, error):
            raise NotebookMissingError from error
        raise


def is_state_conflict(kind: Kind, error: AwsError) -> bool:
    """Return whether the notebook is missing, or its state does not allow the call."""
    cause = error.__cause__
    return isinstance(cause, ClientError) and code_of(cause) in kind.state_conflict_codes
