"""The command lines that `gate` prints for an operator to paste."""

import shlex
from dataclasses import dataclass


@dataclass(frozen=True)
class CommandLines:
    """Makes command lines that act on the deployment that the present command acts on.

    They repeat the options that name it, as the operator gave them.
    """

    gate_options: tuple[str, ...] = ()
    """Such as `("--stack", "NAME")`."""
    aws_options: tuple[str, ...] = ()
    """Those of them that the AWS command line has, too. It has none for `--local`."""

    def gate(self, *words: str) -> str:
        """Return a command line of `gate`."""
        return shlex.join(["gate", *self.gate_options, *words])

    def aws(self, *words: str) -> str:
        """Return a command line of AWS's own tool."""
        return shlex.join(["aws", *words, *self.aws_options])
