"""Every neighbour fails in every way, while every endpoint is used. `make faults` writes what came of it."""

import io
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from gate.audit import logger
from local.world import World
from tests.local.client import Person
from trials.endpoints import NOTEBOOK, SAMPLE, Endpoint
from trials.neighbour import Fault, Neighbour

NEIGHBOURS = ("secretsmanager", "dynamodb", "sts", "sagemaker", "lambda", "issuer", "slack")
REASONS = {
    **dict.fromkeys(
        ("secretsmanager", "dynamodb", "sts", "sagemaker", "lambda"), frozenset({"aws_error", "throttled"})
    ),
    "issuer": frozenset({"identity_provider_down", "login_failed"}),
    "slack": frozenset({"slack_down"}),
}
"""What may be told of each. A provider that answers a code with 429 has refused it: sign in again."""
AFTER = 2.0
"""Seconds that writing the answer may take when all time for calls is over."""


@dataclass(frozen=True)
class Outcome:
    """What came of one request."""

    status: int
    reason: str
    """Empty for what went well."""
    seconds: float
    called: int
    """How often the neighbour was asked."""
    log: str
    url: str = ""

    @property
    def told(self) -> str:
        """For the table."""
        return f"{self.reason or self.status} {self.seconds:.1f} s"


class Trial:
    """A gate with something between it and each of its neighbours."""

    def __init__(self, world: World, neighbours: dict[str, Neighbour]):
        self.world = world
        self._neighbours = neighbours

    @classmethod
    @contextmanager
    def begin(cls, *, remaining_ms: int = 28_000) -> Iterator["Trial"]:
        """Start it; `remaining_ms`: what Lambda says is left at each request's begin."""
        neighbours: dict[str, Neighbour] = {}

        def between(name: str, url: str) -> str:
            neighbours[name] = Neighbour(name, url)
            return neighbours[name].url

        sample = SAMPLE.model_copy(update={"urls_per_second": 10_000})
        with World(sample=sample, between=between) as world:
            world.front_door.remaining_ms = remaining_ms
            try:
                yield cls(world, neighbours)
            finally:
                for neighbour in neighbours.values():
                    neighbour.close()

    def put(self, endpoint: Endpoint, name: str | None, fault: Fault | None) -> Outcome:
        """Use `endpoint` at a function that has just started, while the neighbour `name` fails."""
        self.world.instances.put(NOTEBOOK, "Stopped" if "start" in endpoint.name else "InService")
        person = Person(self.world)
        request = endpoint.ready(self.world, person)
        self.world.start_anew()
        neighbour = self._neighbours[name] if name else None
        before = neighbour.calls if neighbour else 0
        if neighbour:
            neighbour.misbehave(fault)
        stream = io.StringIO()
        kept = logger.registered_handler.stream  # type: ignore[attr-defined]
        logger.registered_handler.setStream(stream)  # type: ignore[attr-defined]
        try:
            begun = time.monotonic()
            answer = request()
            seconds = time.monotonic() - begun
        finally:
            if neighbour:
                neighbour.misbehave(None)
            logger.registered_handler.setStream(kept)  # type: ignore[attr-defined]
        called = neighbour.calls - before if neighbour else 0
        log = stream.getvalue()
        reason = _reason(answer.headers.get("Content-Type", ""), answer.text) or _outcome(log)
        return Outcome(answer.status_code, reason, seconds, called, log, answer.headers.get("Location", ""))


def _reason(kind: str, text: str) -> str:
    return str(json.loads(text).get("error", "")) if kind.startswith("application/json") else ""


def _outcome(log: str) -> str:
    lines = [json.loads(line) for line in log.splitlines()]
    found = [line["outcome"] for line in lines if line["message"] == "decision"]
    return "" if not found or found[0] == "allowed" else str(found[0])
