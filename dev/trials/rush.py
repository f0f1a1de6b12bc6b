"""A simulated rush: all users open notebooks and spaces within a minute, and SageMaker creates five URLs a second.

A discrete-event simulation: the real code of the function answers every request, with a simulated clock, so that an
hour passes in a minute. AWS is a fake; moto evaluates the DynamoDB expressions.
"""

import contextlib
import heapq
import os
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from unittest.mock import patch

from gate import container
from gate.identity.person import Person
from gate.identity.sign_in_session import SignInSessions
from gate.platform.config import Config
from gate.platform.log import logger
from gate.platform.signing import Key, Signer
from gate.routes.dispatch import handler
from infra.sections import LimitSettings
from local.aws.presigned import TokenBucket
from local.aws.studio_resources import App, Profile, Space
from testing.aws import CHANGED, SIGNING_KEY, FakeAws
from testing.environment import CONTEXT, ENVIRON, stored_event

EVENT = stored_event("browser_get")
_ENVIRON = {**ENVIRON, "GATE_ISSUER": "https://issuer.example", "GATE_STUDIO_DOMAINS": "d-rush"}
INSTANCES = 10
"""Instances of the function, each with its own memory: what Lambda starts for a hundred requests a second."""
NETWORK_LATENCY = (0.05, 0.4)
"""Seconds from a browser to the function, least and most."""
THROTTLED_REFRESH = 5
"""Seconds after which API Gateway's page for throttled requests reloads."""
SCRIPT = -1
"""The number that stands for the script in place of a user's."""


@dataclass(frozen=True)
class Scenario:
    """The parameters of one rush."""

    users: int = 2000
    arrival_window: float = 60.0
    """Seconds within which all users arrive."""
    urls_per_second: float = 5.0
    abandon_rate: float = 0.0
    """The share of users who close the waiting page."""
    studio_rate: float = 0.0
    """The share of users who open a space in Studio. Its URLs count towards the same limit."""
    script_rate: float = 0.0
    """Requests a second of one caller's script, which ignores every response."""


@dataclass
class Result:
    """What happened in one rush. Times are epoch seconds, by user."""

    arrivals: dict[int, float] = field(default_factory=dict)
    launches: dict[int, float] = field(default_factory=dict)
    studio_users: set[int] = field(default_factory=set)
    """The users who open a space in Studio."""
    abandoned: set[int] = field(default_factory=set)
    requests: int = 0
    error_pages: int = 0
    throttled_pages: int = 0
    """Pages of API Gateway itself, above its rate."""
    script_launches: int = 0

    @property
    def seconds(self) -> float:
        """Seconds from the first arrival to the last launch."""
        return max(self.launches.values()) - min(self.arrivals.values())

    @property
    def delays(self) -> dict[int, float]:
        """For each user, how many seconds later they got in than in the order of arrival; the shortest first."""
        in_order = sorted(self.launches, key=self.arrivals.__getitem__)
        times = sorted(self.launches.values())
        delays = {user: self.launches[user] - fair for user, fair in zip(in_order, times, strict=True)}
        return dict(sorted(delays.items(), key=lambda each: each[1]))


class Simulation:
    """Simulates one scenario."""

    def __init__(self, scenario: Scenario, *, seed: int = 1):
        self._scenario = scenario
        self._random = random.Random(seed)
        self._now = CHANGED.timestamp() + 86_400.0
        self.result = Result()
        limits = LimitSettings()
        self._api_throttle = TokenBucket(limits.rate, limits.burst, self._clock)
        self._aws = FakeAws(clock=self._clock, urls_per_second=scenario.urls_per_second)
        self._aws.notebooks["their-notebook"] = "InService"
        self._aws.studio.profiles["d-rush", "team"] = Profile()
        self._aws.studio.spaces["d-rush", "their-space"] = Space(app=App("InService", self._now, "ml.t3.medium"))
        studio_users = self._random.sample(range(scenario.users), int(scenario.studio_rate * scenario.users))
        self.result.studio_users.update(studio_users)
        for user in (SCRIPT, *range(scenario.users)):
            notebook = "studio:d-rush/team/their-space" if user in self.result.studio_users else "their-notebook"
            self._aws.grant(f"user:person-{user}@example.com", notebook)
        self._gates = [container.Gate(Config.from_environ(_ENVIRON), clock=self._clock) for _ in range(INSTANCES)]
        signer = Signer(_Key(), purpose="session", max_age=timedelta(hours=8), clock=self._clock)
        self._sessions = SignInSessions.of(Config.from_environ(_ENVIRON), signer)
        self._abandoning = {user for user in range(scenario.users) if self._random.random() < scenario.abandon_rate}
        self._cookies: dict[int, str] = {}

    def _clock(self) -> float:
        return self._now

    def run(self) -> Result:
        """Run until every user has got in or given up."""
        begin = self._now
        times = sorted(self._random.uniform(0, self._scenario.arrival_window) for _ in range(self._scenario.users))
        events = [(begin + at, user) for user, at in enumerate(times)]
        self.result.arrivals = {user: at for at, user in events}
        if self._scenario.script_rate:
            events.append((begin, SCRIPT))
        heapq.heapify(events)
        with self._patched():
            while len(self.result.launches) + len(self.result.abandoned) < self._scenario.users:
                self._now, user = heapq.heappop(events)
                pause = self._open(user)
                if pause is not None:
                    heapq.heappush(events, (self._now + pause, user))
        return self.result

    def _open(self, user: int) -> float | None:
        """Send one request; return the seconds until this client's next one, None if there is none."""
        result = self.result
        result.requests += 1
        latency = self._random.uniform(*NETWORK_LATENCY)
        if not self._api_throttle.try_acquire():
            result.throttled_pages += user != SCRIPT
            return 1 / self._scenario.script_rate if user == SCRIPT else THROTTLED_REFRESH + latency
        container.set_gate(self._random.choice(self._gates))
        response = handler(self._event(user), CONTEXT)
        assert response is not None
        headers = response["multiValueHeaders"]
        if user == SCRIPT:
            result.script_launches += response["statusCode"] == 302
            return 1 / self._scenario.script_rate
        if response["statusCode"] == 302 and "authToken" in headers["Location"][0]:
            result.launches[user] = self._now
            return None
        if response["statusCode"] >= 400 or "Refresh" not in headers:
            result.error_pages += 1
            return THROTTLED_REFRESH + latency
        if user in self._abandoning:
            result.abandoned.add(user)
            return None
        return int(headers["Refresh"][0]) + latency

    def _event(self, user: int) -> dict[str, Any]:
        if user not in self._cookies:
            person = Person(f"person-{user}@example.com", (), int(self._now))
            self._cookies[user] = str(self._sessions.sign_in_cookie(person)).partition(";")[0]
        headers = {"Cookie": [self._cookies[user]], "Accept": ["text/html"]}
        return {**EVENT, "path": "/open", "resource": "/open", "pathParameters": None, "multiValueHeaders": headers}

    @contextlib.contextmanager
    def _patched(self) -> Iterator[None]:
        log_handler = logger.registered_handler
        saved = log_handler.stream  # type: ignore[attr-defined]
        with (
            open(os.devnull, "w", encoding="utf-8") as devnull,  # noqa: PTH123
            patch("gate.platform.aws.clients.client", self._aws.client),
            patch("gate.platform.aws.clients.LaunchClients.open_connections"),
            # The gate's random refresh intervals come from the seeded generator, so that each run is the same.
            patch("secrets.randbelow", self._random.randrange),
            contextlib.redirect_stdout(devnull),
        ):
            log_handler.setStream(devnull)  # type: ignore[attr-defined]
            try:
                yield
            finally:
                log_handler.setStream(saved)  # type: ignore[attr-defined]


class _Key:
    def current(self) -> Key:
        return Key(SIGNING_KEY)

    def with_id(self, key_id: str) -> Key | None:
        return self.current() if key_id == self.current().id else None
