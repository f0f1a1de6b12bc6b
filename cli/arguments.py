"""Arguments that several commands take."""

from cli.errors import CommandError
from cli.grant_schema.principal import parse_principal
from cli.grant_schema.spec import parse_notebook
from gate.values.notebook import Notebook

CALLER_HELP = "alice@example.com, iam:ARN or slack:TEAM/USER."
PRINCIPAL_HELP = "alice@example.com, group:NAME, iam:ARN or slack:TEAM/USER."
NOTEBOOK_HELP = "NAME, or ACCOUNT/REGION/NAME for one in another account or region."


def principal_argument(text: str) -> str:
    """Return `text` as a principal in normal form. Raises `CommandError`."""
    try:
        return parse_principal(text)
    except ValueError as error:
        raise CommandError(str(error)) from None


def notebook_argument(text: str) -> Notebook:
    """Return the notebook that `text` names. Raises `CommandError`."""
    try:
        return parse_notebook(text)
    except ValueError as error:
        raise CommandError(str(error)) from None
