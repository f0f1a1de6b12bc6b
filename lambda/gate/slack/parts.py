"""The parts that serve Slack. Each is made when it is first needed, and kept."""

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

from gate.platform.clock import Clock
from gate.platform.config import SlackConfig
from gate.platform.secrets import Secrets
from gate.slack.api import SlackApi
from gate.slack.app_secret import app_secret
from gate.slack.requests import SlackRequests
from gate.store.replay_guard import ReplayGuard
from gate.web.links import Links

if TYPE_CHECKING:
    from gate.access_requests.access_requests import AccessRequests
    from gate.identity.slack import SlackUsers
    from gate.identity.slack_groups import SlackGroups
    from gate.identity.ticket import Tickets
    from gate.launch.launcher import Launcher
    from gate.slack.access_answers import AccessAnswers
    from gate.slack.answers import SlackAnswers
    from gate.store.grants import Grants


class SlackParts:
    """The admission of Slack's requests, the answers to them, and the client of Slack's API."""

    def __init__(
        self,
        config: SlackConfig,
        secrets: Secrets,
        *,
        replay_guard: ReplayGuard,
        grants: "Grants",
        launcher: "Launcher",
        tickets: "Callable[[], Tickets]",
        access_requests: "Callable[[], AccessRequests]",
        requests_function_arn: str,
        links: Links,
        clock: Clock,
    ):
        """`clock`: see `Gate`."""
        self._config = config
        self._secrets = secrets
        self._replay_guard = replay_guard
        self._grants = grants
        self._launcher = launcher
        self._tickets = tickets
        self._access_requests = access_requests
        self._requests_function_arn = requests_function_arn
        self._links = links
        self._clock = clock

    @cached_property
    def requests(self) -> SlackRequests:
        """The admission of Slack's requests."""
        return SlackRequests(
            self._config,
            self.api,
            self._users,
            secret=self._secret,
            replay_guard=self._replay_guard,
            requests_function_arn=self._requests_function_arn,
            clock=self._clock,
        )

    @cached_property
    def answers(self) -> "SlackAnswers":
        """The answers to Slack's requests."""
        from gate.slack.answers import SlackAnswers

        return SlackAnswers(
            self.api,
            self._users,
            grants=self._grants,
            launcher=self._launcher,
            tickets=self._tickets(),
            links=self._links,
            can_ask=bool(self._requests_function_arn),
        )

    @cached_property
    def access_answers(self) -> "AccessAnswers":
        """The answers to Slack's requests about access requests."""
        from gate.slack.access_answers import AccessAnswers

        return AccessAnswers(
            self.requests, self.api, self._users, self._groups, self._access_requests, links=self._links
        )

    @cached_property
    def _groups(self) -> "SlackGroups":
        from gate.identity.slack_groups import SlackGroups

        user_groups = self._access_requests().rules.slack_groups
        return SlackGroups(self._users, self.api.members, user_groups=user_groups, clock=self._clock)

    @cached_property
    def _users(self) -> "SlackUsers":
        from gate.identity.slack import SlackUsers

        config = self._config
        return SlackUsers(self.api.user, teams=config.teams, email_domains=config.email_domains, clock=self._clock)

    @cached_property
    def api(self) -> SlackApi:
        """The client of Slack's API."""
        config = self._config
        return SlackApi(
            token=lambda: self._secret().get("bot_token", ""), api_url=config.api_url, hooks_urls=config.hooks_urls
        )

    def _secret(self) -> dict[str, str]:
        return app_secret(self._secrets.text(self._config.secret_arn))
