"""Errors and exit codes of the commands. Typer itself exits with 0 on success and with 2 on a usage error."""

EXIT_FAILED = 1
"""The command failed; the error output says why."""

EXIT_NEGATIVE = 3
"""The command completed, with a negative result or with work left to do."""


class CommandError(Exception):
    """The command failed. The text says why and what to do next, one problem a line."""
