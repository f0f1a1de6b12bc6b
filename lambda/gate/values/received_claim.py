"""What is known of a claim without its value."""

from dataclasses import dataclass
from typing import Literal

Source = Literal["id_token", "userinfo"]


@dataclass(frozen=True)
class ReceivedClaim:
    """The name, type and source of a claim that the provider sent, without its value."""

    name: str
    type: str
    """The JSON type of the value."""
    source: Source
