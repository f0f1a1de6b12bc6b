"""Who a Slack user is: themselves, and, where the settings believe their workspace, an e-mail address."""

import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping
from typing import Any

from gate.clock import Clock
from gate.identity.caller import Caller, normal_address

EMAIL_TTL = 300
"""Seconds for which an address is believed before Slack is asked again."""

MAX_USERS = 1000


class SlackPeople:
    """Knows the people of the workspaces that the settings list."""

    def __init__(
        self, user_of: Callable[[str], Mapping[str, Any]], *, email_domains: Collection[str], clock: Clock = time.time
    ):
        """`user_of`: Slack's users.info. `email_domains`: whose addresses count; without any, nobody is asked."""
        self._user_of = user_of
        self._email_domains = frozenset(email_domains)
        self._clock = clock
        self._kept: OrderedDict[tuple[str, str], tuple[str | None, float]] = OrderedDict()

    def caller(self, team: str, user: str, address: str) -> Caller:
        """Return the Slack user, whose signed request proves them now, as a caller. Raises what `user_of` raises."""
        slack = f"slack:{team}/{user}"
        email = self._email(team, user) if self._email_domains else None
        if email is None:
            return Caller(slack, (), "slack", address, self._clock())
        return Caller(f"user:{email}", (), "slack", address, self._clock(), (slack,))

    def _email(self, team: str, user: str) -> str | None:
        now = self._clock()
        email, until = self._kept.get((team, user), (None, 0.0))
        if now < until:
            return email
        email = _address_of(self._user_of(user), team)
        if email is not None and email.rpartition("@")[2] not in self._email_domains:
            email = None
        self._kept[team, user] = (email, now + EMAIL_TTL)
        while len(self._kept) > MAX_USERS:
            self._kept.popitem(last=False)
        return email


def _address_of(user: Mapping[str, Any], team: str) -> str | None:
    """Return the address that Slack vouches for: confirmed, of a full member of this very workspace."""
    is_theirs = user.get("team_id") == team and user.get("is_email_confirmed") is True
    # Guests and people of other workspaces have addresses of whoever invited them; bots have none of their own.
    others = ("deleted", "is_bot", "is_stranger", "is_restricted", "is_ultra_restricted", "is_invited_user")
    if not is_theirs or any(user.get(flag) for flag in others):
        return None
    return normal_address((user.get("profile") or {}).get("email"))
