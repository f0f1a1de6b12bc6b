"""The morning rush: everybody opens their notebook within a minute, and SageMaker makes five URLs a second.

Discrete simulation: the function's own code answers every request, at a clock of the simulation's, so that an hour
passes in a minute. AWS is played; DynamoDB's expressions are read by moto.
"""

import contextlib
import heapq
import json
import os
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from gate import container
from gate.config import Config
from gate.handler import handler
from gate.identity.person import Person
from gate.identity.sign_in_session import SignInSessions
from gate.log import logger
from gate.signing import Key, Signer
from infra.sections import LimitSettings
from trials.rush_aws import CREATED, KEY, Bucket, FakeAws

EVENT = json.loads((Path(__file__).parent.parent / "tests" / "events" / "browser_get.json").read_text(encoding="utf-8"))
ENVIRON = {
    "AWS_REGION": "eu-west-1",
    "GATE_BASE_URL": "https://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com/prod",
    "GATE_TABLE": "grants",
    "GATE_LAUNCH_ROLE_ARN": "arn:aws:iam::123456789012:role/launch",
    "GATE_SESSION_SECRET_ARN": "arn:session",
    "GATE_ISSUER": "https://issuer.example",
    "GATE_CLIENT_ID": "gate",
    "GATE_CLIENT_SECRET_ARN": "",
    "GATE_SCOPES": "openid email profile",
    "GATE_USER_CLAIM": "email",
    "GATE_GROUPS_CLAIM": "groups",
    "GATE_SIGN_OUT": "provider",
    "GATE_GROUPS": "*",
    "GATE_TRUST_EMAIL": "false",
    "GATE_USER_ROLES": "",
    "GATE_PIN": "caller",
    "GATE_EGRESS": "198.51.100.10/32",
    "GATE_VPC_ENDPOINTS": "",
    "GATE_SIGN_IN_SECONDS": "28800",
    "GATE_MAX_SESSION": "43200",
    "GATE_SLACK_TEAMS": "",
}
CONTEXT = SimpleNamespace(
    function_name="gate",
    memory_limit_in_mb=512,
    get_remaining_time_in_millis=lambda: 28_000,
    invoked_function_arn="arn:aws:lambda:eu-west-1:123456789012:function:gate:live",
    aws_request_id="c6af9ac6-7b61-11e6-9a41-93e8deadbeef",
)
INSTANCES = 10
"""Of the function, each with a memory of its own: what Lambda starts for a hundred requests a second."""
ON_THE_WAY = (0.05, 0.4)
"""Seconds from a browser to the function."""
BUSY_PAGE = 5
"""Seconds after which API Gateway's own page comes back."""


@dataclass(frozen=True)
class Morning:
    """One rush."""

    people: int = 2000
    within: float = 60.0
    """Seconds in which they come."""
    urls_per_second: float = 5.0
    leave: float = 0.0
    """The share of people who close the page that asks them to wait."""
    script: float = 0.0
    """Requests a second of one caller's script, who heeds no answer."""


@dataclass
class Course:
    """How it went."""

    came: dict[int, float] = field(default_factory=dict)
    went_in: dict[int, float] = field(default_factory=dict)
    left: set[int] = field(default_factory=set)
    requests: int = 0
    most_a_second: int = 0
    error_pages: int = 0
    busy_pages: int = 0
    """Of API Gateway's own."""
    script_urls: int = 0

    @property
    def seconds(self) -> float:
        """From the first who came to the last who went in."""
        return max(self.went_in.values()) - min(self.came.values())

    @property
    def overtaken(self) -> list[float]:
        """For each, how many seconds later than by the order of arrival they went in."""
        order = sorted(self.went_in, key=self.came.__getitem__)
        fair = sorted(self.went_in.values())
        return sorted(self.went_in[person] - at for person, at in zip(order, fair, strict=True))


class Rush:
    """Plays one morning."""

    def __init__(self, morning: Morning, *, seed: int = 1):
        self._morning = morning
        self._random = random.Random(seed)
        self._now = CREATED + 86_400.0
        self.course = Course()
        limits = LimitSettings()
        self._door = Bucket(limits.rate, limits.burst, self._clock)
        self._aws = FakeAws(Bucket(morning.urls_per_second, morning.urls_per_second, self._clock))
        self._gates = [container.Gate(Config.from_environ(ENVIRON), clock=self._clock) for _ in range(INSTANCES)]
        signer = Signer(_Key(), purpose="session", max_age=timedelta(hours=8), clock=self._clock)
        self._sessions = SignInSessions.of(Config.from_environ(ENVIRON), signer)
        self._impatient = {person for person in range(morning.people) if self._random.random() < morning.leave}
        self._cookies: dict[int, str] = {}
        self._second, self._in_second = 0, 0

    def _clock(self) -> float:
        return self._now

    def play(self, tick: Callable[[int], None] = lambda _in: None) -> Course:
        """Let it run until the last has gone in; `tick`: told how many have."""
        begin = self._now
        times = sorted(self._random.uniform(0, self._morning.within) for _ in range(self._morning.people))
        coming = [(begin + at, person) for person, at in enumerate(times)]
        self.course.came = {person: at for at, person in coming}
        if self._morning.script:
            coming.append((begin, -1))
        heapq.heapify(coming)
        with self._set_up():
            while len(self.course.went_in) + len(self.course.left) < self._morning.people:
                self._now, person = heapq.heappop(coming)
                pause = self._open(person)
                if pause is not None:
                    heapq.heappush(coming, (self._now + pause, person))
                else:
                    tick(len(self.course.went_in))
        return self.course

    def _open(self, person: int) -> float | None:
        """Send one request; return the seconds after which this browser sends the next, None where it does not."""
        course = self.course
        course.requests += 1
        self._in_second = self._in_second + 1 if int(self._now) == self._second else 1
        self._second = int(self._now)
        course.most_a_second = max(course.most_a_second, self._in_second)
        way = self._random.uniform(*ON_THE_WAY)
        if not self._door.take():
            course.busy_pages += person >= 0
            return 1 / self._morning.script if person < 0 else BUSY_PAGE + way
        container.set_gate(self._random.choice(self._gates))
        answer = handler(self._event(person), CONTEXT)
        assert answer is not None
        headers = answer["multiValueHeaders"]
        if person < 0:
            course.script_urls += answer["statusCode"] == 302
            return 1 / self._morning.script
        if answer["statusCode"] == 302 and "authToken" in headers["Location"][0]:
            course.went_in[person] = self._now
            return None
        if answer["statusCode"] >= 400 or "Refresh" not in headers:
            course.error_pages += 1
            return BUSY_PAGE + way
        if person in self._impatient:
            course.left.add(person)
            return None
        return int(headers["Refresh"][0]) + way

    def _event(self, person: int) -> dict[str, Any]:
        if person not in self._cookies:
            who = Person(f"person-{person}@example.com", (), int(self._now))
            self._cookies[person] = str(self._sessions.begin(who)).partition(";")[0]
        headers = {"Cookie": [self._cookies[person]], "Accept": ["text/html"]}
        return {**EVENT, "path": "/open", "resource": "/open", "pathParameters": None, "multiValueHeaders": headers}

    @contextlib.contextmanager
    def _set_up(self) -> Iterator[None]:
        handled = logger.registered_handler
        kept = handled.stream  # type: ignore[attr-defined]
        with (
            open(os.devnull, "w", encoding="utf-8") as nowhere,  # noqa: PTH123
            patch("gate.container.client", self._aws.client),
            # What spreads people who look again: by this rush's own chance, so that it goes alike each time.
            patch("secrets.randbelow", self._random.randrange),
            contextlib.redirect_stdout(nowhere),
        ):
            handled.setStream(nowhere)  # type: ignore[attr-defined]
            try:
                yield
            finally:
                handled.setStream(kept)  # type: ignore[attr-defined]


class _Key:
    def current(self) -> Key:
        return Key(KEY)

    def find(self, name: str) -> Key | None:
        return self.current() if name == self.current().id else None
