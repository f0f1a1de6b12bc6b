"""What the parts of the stack have in common."""

from collections.abc import Mapping
from types import MappingProxyType


class Part:
    """A construct with what it adds to the function and to the outputs. The stack sums these up."""

    environment: Mapping[str, str] = MappingProxyType({})
    """Environment variables of the function. They replace those of the settings."""
    outputs: Mapping[str, str] = MappingProxyType({})
    """Outputs of the stack."""
