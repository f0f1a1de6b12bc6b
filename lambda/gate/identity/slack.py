"""Identifies Slack users by user id and, for the e-mail domains in the settings, by e-mail address."""

import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gate.platform.clock import Clock
from gate.platform.log import logger
from gate.values.caller import Caller, normal_address
from gate.values.errors.slack import SlackDownError, SlackTeamError

USER_TTL = 300
"""Seconds for which the answer of users.info about a user is cached."""

MAX_USERS = 1000
"""The number of users whose answers are cached."""

UNKNOWN_USER_CODES = frozenset({"user_not_found", "user_not_visible"})
"""Slack's error codes for a user whom the app may not see (docs.slack.dev, users.info)."""


@dataclass(frozen=True)
class SlackSender:
    """The user who sent a request, as Slack names them in it."""

    user: str
    acting_in: str
    """The workspace in which the user acts. Empty for some requests of an app that is installed in an organisation."""
    home: str = ""
    """The user's own workspace or organisation. Empty if the request does not name it, as a slash command does not."""
    organisation: str = ""
    """The organisation (Enterprise Grid) of the workspace. Empty if it is in none."""


class SlackUsers:
    """Identifies the users of the workspaces that the settings list."""

    def __init__(
        self,
        fetch_user: Callable[[str], Mapping[str, Any]],
        *,
        teams: Sequence[str],
        email_domains: Collection[str],
        clock: Clock = time.time,
    ):
        """`fetch_user`: calls users.info. `teams`: the ids of the workspaces and organisations in the settings.

        `email_domains`: domains whose addresses identify users; may be empty.
        """
        self._fetch_user = fetch_user
        self._teams = tuple(teams)
        self._email_domains = frozenset(email_domains)
        self._clock = clock
        self._cache: OrderedDict[str, tuple[Mapping[str, Any], float]] = OrderedDict()

    def team(self, sender: SlackSender) -> str:
        """Return the team of the principal of `sender`: a listed workspace or organisation.

        It is the same for every kind of request, so that each person has one principal. The workspace in which the
        user acts comes first, because slash commands name no other.
        Raises `SlackTeamError` if `sender` belongs to none that is listed, and `SlackDownError`.
        """
        for team in self._candidates(sender):
            if team in self._teams:
                return team
        raise SlackTeamError

    def _candidates(self, sender: SlackSender) -> list[str]:
        """Return the teams of `sender`, listed or not, in the order in which they count. Raises `SlackDownError`."""
        acting_in = [sender.acting_in, sender.organisation]
        if sender.home in ("", sender.acting_in):
            return acting_in
        if not sender.organisation and not _is_organisation(sender.home):
            return [sender.home]  # another company's workspace, in a shared channel
        if not sender.acting_in:
            acting_in = sorted(self._teams, key=_is_organisation)
        # Slack says whether the user belongs to the same organisation, or to another company in a shared channel.
        member_of = teams_of(self._user(sender.user))
        return [*(team for team in acting_in if team in member_of), sender.home]

    def caller(self, team: str, user: str, address: str) -> Caller:
        """Return the caller whose identity a signed request of Slack proves now. Raises the errors of `fetch_user`."""
        slack = f"slack:{team}/{user}"
        email = self._email(team, user) if self._email_domains else None
        if email is None:
            return Caller(slack, (), "slack", address, self._clock())
        return Caller(f"user:{email}", (), "slack", address, self._clock(), (slack,))

    def is_member(self, team: str, user: str) -> bool:
        """Return whether `user` is a full member of the workspace `team`. Raises the errors of `fetch_user`."""
        return not _membership_problem(self._user(user), team)

    def _email(self, team: str, user: str) -> str | None:
        email = _confirmed_email(self._user(user), team)
        return email if email is not None and email.rpartition("@")[2] in self._email_domains else None

    def _user(self, user: str) -> Mapping[str, Any]:
        """Return what Slack says about `user`: empty for a user whom the app may not see."""
        now = self._clock()
        found, until = self._cache.get(user, ({}, 0.0))
        if now < until:
            return found
        try:
            found = self._fetch_user(user)
        except SlackDownError as error:
            if error.code not in UNKNOWN_USER_CODES:
                raise
            found = {}
        self._cache[user] = (found, now + USER_TTL)
        while len(self._cache) > MAX_USERS:
            self._cache.popitem(last=False)
        return found


def _is_organisation(team: str) -> bool:
    return team.startswith("E")


def _confirmed_email(user: Mapping[str, Any], team: str) -> str | None:
    """Return the address of `user` if Slack confirmed it and `user` is a full member of the workspace `team`."""
    problem = _membership_problem(user, team)
    if not problem and user.get("is_email_confirmed") is not True:
        problem = "is_email_confirmed"
    if problem:
        # People then have only the grants of their Slack user. Without this line, nobody would see why.
        logger.info("the address of a Slack user does not count", problem=problem)
        return None
    return normal_address((user.get("profile") or {}).get("email"))


def _membership_problem(user: Mapping[str, Any], team: str) -> str:
    """Return why `user` is no full member of `team`, in a word of Slack's API, or an empty string if they are one."""
    # Guests and users of other workspaces may have the address of the person who invited them. Bots have none.
    for flag in ("deleted", "is_bot", "is_stranger", "is_restricted", "is_ultra_restricted", "is_invited_user"):
        if user.get(flag):
            return flag
    return "" if team in teams_of(user) else "team_id"


def teams_of(user: Mapping[str, Any]) -> frozenset[str]:
    """Return the ids of the workspaces of `user`, and of their organisation. Empty for users of other companies.

    In an organisation (Enterprise Grid), a user can have several workspaces, and `team_id` can be absent.
    Source: docs.slack.dev, "User object".
    """
    if user.get("is_stranger"):
        return frozenset()
    enterprise_user = user.get("enterprise_user")
    if not isinstance(enterprise_user, Mapping):
        enterprise_user = {}
    teams = enterprise_user.get("teams")
    found = [user.get("team_id"), enterprise_user.get("enterprise_id"), *(teams if isinstance(teams, list) else [])]
    return frozenset(team for team in found if isinstance(team, str))
