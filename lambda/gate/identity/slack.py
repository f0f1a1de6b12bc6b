"""Identifies Slack users by user id and, for the e-mail domains in the settings, by e-mail address."""

import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping
from typing import Any

from gate.clock import Clock
from gate.identity.caller import Caller, normal_address
from gate.log import logger

EMAIL_TTL = 300
"""Seconds for which an address is cached."""

MAX_USERS = 1000
"""Users whose addresses are cached."""


class SlackPeople:
    """Identifies the users of the workspaces that the settings list."""

    def __init__(
        self,
        fetch_user: Callable[[str], Mapping[str, Any]],
        *,
        email_domains: Collection[str],
        clock: Clock = time.time,
    ):
        """`fetch_user`: calls users.info. `email_domains`: domains whose addresses identify users; may be empty."""
        self._fetch_user = fetch_user
        self._email_domains = frozenset(email_domains)
        self._clock = clock
        self._emails: OrderedDict[tuple[str, str], tuple[str | None, float]] = OrderedDict()

    def caller(self, team: str, user: str, address: str) -> Caller:
        """Return the caller whose identity a signed request of Slack proves now. Raises the errors of `fetch_user`."""
        slack = f"slack:{team}/{user}"
        email = self._email(team, user) if self._email_domains else None
        if email is None:
            return Caller(slack, (), "slack", address, self._clock())
        return Caller(f"user:{email}", (), "slack", address, self._clock(), (slack,))

    def _email(self, team: str, user: str) -> str | None:
        now = self._clock()
        email, until = self._emails.get((team, user), (None, 0.0))
        if now < until:
            return email
        email = _confirmed_email(self._fetch_user(user), team)
        if email is not None and email.rpartition("@")[2] not in self._email_domains:
            email = None
        self._emails[team, user] = (email, now + EMAIL_TTL)
        while len(self._emails) > MAX_USERS:
            self._emails.popitem(last=False)
        return email


def _confirmed_email(user: Mapping[str, Any], team: str) -> str | None:
    """Return the address of `user` if Slack confirmed it and `user` is a full member of the workspace `team`."""
    problem = _problem(user, team)
    if problem:
        # People then have only the grants of their Slack user. Without this line, nobody would see why.
        logger.info("the address of a Slack user does not count", problem=problem)
        return None
    return normal_address((user.get("profile") or {}).get("email"))


def _problem(user: Mapping[str, Any], team: str) -> str:
    """Return why the address of `user` does not count, in a word of Slack's API, or an empty string if it counts."""
    # Guests and users of other workspaces may have the address of the person who invited them. Bots have none.
    for flag in ("deleted", "is_bot", "is_stranger", "is_restricted", "is_ultra_restricted", "is_invited_user"):
        if user.get(flag):
            return flag
    if team not in _teams(user):
        return "team_id"
    return "" if user.get("is_email_confirmed") is True else "is_email_confirmed"


def _teams(user: Mapping[str, Any]) -> list[Any]:
    """Return the ids of the workspaces of `user`. In an organisation (Enterprise Grid), a user can have several.

    Source: docs.slack.dev, "User object": `enterprise_user.teams`; `team_id` can then be absent.
    """
    enterprise_user = user.get("enterprise_user")
    teams = enterprise_user.get("teams") if isinstance(enterprise_user, Mapping) else None
    return [user.get("team_id"), *(teams if isinstance(teams, list) else [])]
