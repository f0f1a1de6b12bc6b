"""The name of a person in notebooks: what `{user}` in the notebook of a grant stands for.

Two people never have one name. It is made from the part of an address before the `@`, of one domain alone, or from the
whole value of the claim that identifies users. Letters, digits and one other character stay apart; a name with any
other character is refused, because `a.b` and `a-b` would become the same name.
"""

import re
from dataclasses import dataclass
from typing import Literal

from gate.values.caller import Caller

Source = Literal["address", "claim", ""]
"""What names are made from: an address, or a claim whose values are no addresses. Empty: nobody has a name."""


@dataclass(frozen=True, kw_only=True)
class UserNames:
    """The rule by which people have names."""

    source: Source = ""
    domain: str = ""
    """The domain of the addresses."""
    separator: str = "."
    """The character beside letters and digits that names may be made from. It becomes a hyphen."""

    def of(self, caller: Caller) -> str:
        """Return the name of `caller`, in lower case, or an empty string if they have none.

        Only people whom the identity provider named have one. Slack's addresses and the names of role sessions are
        chosen elsewhere, and a ticket may be from Slack.
        """
        if not self.source or caller.via not in ("session", "bearer"):
            return ""
        name, at, domain = caller.name.partition("@")
        if bool(at) != (self.source == "address") or domain != self.domain:
            return ""
        separator = re.escape(self.separator)
        return name.replace(self.separator, "-") if re.fullmatch(rf"[a-z0-9]+({separator}+[a-z0-9]+)*", name) else ""
