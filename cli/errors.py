"""What can go wrong for somebody who types a command, and the exit codes that say so."""

DONE, FAILED, USAGE, EXIT_NEGATIVE = 0, 1, 2, 3
"""Exit codes: done; failed, and says why; typed wrong; and: it worked, but the answer is not the good one, or
something is left to do."""


class CommandError(Exception):
    """The command can't be done; the text says why, and what to do next, one problem a line."""
