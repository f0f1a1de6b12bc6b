"""The groups of Slack users: those that the settings map to a Slack user group of which the person is a member."""

from collections.abc import Callable, Collection, Mapping

from gate.identity.slack import SlackUsers
from gate.platform.clock import Clock

MEMBERS_TTL = 60
"""Seconds for which the members of a user group are cached. For so long, somebody who has left it still decides."""


class SlackGroups:
    """Reads the members of Slack's user groups, with a short cache."""

    def __init__(
        self,
        users: SlackUsers,
        fetch_members: Callable[[str], Collection[str]],
        *,
        user_groups: Mapping[str, str],
        clock: Clock,
    ):
        """`fetch_members`: returns the ids of the users in a user group.

        `user_groups`: the id of the Slack user group that stands for each group of the identity provider.
        """
        self._users = users
        self._fetch_members = fetch_members
        self._user_groups = user_groups
        self._clock = clock
        self._cache: dict[str, tuple[Collection[str], float]] = {}

    def of(self, team: str, user: str) -> tuple[str, ...]:
        """Return the groups of `user`, who acts in `team`. Raises the errors of `fetch_members` and `SlackUsers`.

        Guests, and users of another workspace than `team`, are in no group.
        """
        found = tuple(group for group, user_group in self._user_groups.items() if user in self._members(user_group))
        return found if found and self._users.is_member(team, user) else ()

    def _members(self, user_group: str) -> Collection[str]:
        now = self._clock()
        members, until = self._cache.get(user_group, ((), 0.0))
        if now >= until:
            members = self._fetch_members(user_group)
            self._cache[user_group] = (members, now + MEMBERS_TTL)
        return members
