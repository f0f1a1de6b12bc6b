"""Every neighbour fails in every way, while every endpoint is used."""

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from unittest.mock import patch

import requests

from gate.identity.published import FIRST_FETCH_INTERVAL
from gate.store import key_prefixes
from local.deployment import LocalDeployment
from local.options import LocalOptions
from trials.endpoints import NOTEBOOK, SAMPLE, Endpoint
from trials.neighbour import Fault, Neighbour
from trials.user import TestUser
from trials.witness import Witness

AWS = ("secretsmanager", "dynamodb", "sts", "sagemaker", "lambda")
NEIGHBOURS = (*AWS, "issuer", "slack")
REASONS = {
    **dict.fromkeys(AWS, frozenset({"aws_error", "throttled"})),
    # Without the key or the table, signing out everywhere is told as done in part.
    **dict.fromkeys(("secretsmanager", "dynamodb"), frozenset({"aws_error", "throttled", "sign_out_incomplete"})),
    # Launches that AWS throttles form a line.
    **dict.fromkeys(("sts", "sagemaker"), frozenset({"aws_error", "throttled", "in_line"})),
    # A clock that is off breaks tokens.
    "issuer": frozenset({"identity_provider_down", "identity_provider_busy", "login_failed", "invalid_token"}),
    "slack": frozenset({"slack_down", "slack_signature"}),
}
"""What may be told of each."""

BEHIND = -900.0
"""Seconds by which the function's clock is off: more than the 60 that are allowed, and than Slack's 300."""


PATIENT_MS = 100_000
"""What Lambda says is left at each request, where times are not judged."""

IN_A_MOMENT = 1.0
"""Seconds after which it is the turn of whoever is first in line."""


@dataclass(frozen=True)
class Outcome:
    """What came of one cell."""

    endpoint: str
    neighbour: str
    fault: str
    status: int
    reason: str
    """Empty for what went as it does on good days."""
    seconds: float
    wrong: list[str]
    """What must not be; nothing, it is to be hoped."""


class Trial:
    """A gate with something between it and each of its neighbours."""

    def __init__(self, deployment: LocalDeployment, neighbours: dict[str, Neighbour], *, impatient_ms: int | None):
        self.deployment = deployment
        self._impatient_ms = impatient_ms
        self._neighbours = neighbours
        self._healthy: dict[str, int] = {}

    @classmethod
    @contextmanager
    def begin(cls, *, impatient_ms: int | None = None) -> Iterator["Trial"]:
        """Start it.

        `impatient_ms`: what Lambda says is left when a request begins whose answer never comes, in place of its real
        28 seconds. How long answers take is then not judged.
        """
        with ExitStack() as started:
            neighbours: dict[str, Neighbour] = {}

            def between(name: str, url: str) -> str:
                neighbours[name] = Neighbour(name, url)
                started.callback(neighbours[name].close)
                return neighbours[name].url

            sample = SAMPLE.model_copy(update={"urls_per_second": 10_000})
            deployment = started.enter_context(LocalDeployment(sample, LocalOptions(reroute=between)))
            if impatient_ms is not None:
                # A busy machine may take longer to prepare a request than people and Slack wait.
                for name in ("ACKNOWLEDGE_WITHIN", "ANSWER_WITHIN"):
                    started.enter_context(patch(f"gate.handler.{name}", PATIENT_MS / 1000))
                deployment.front_door.remaining_ms = deployment.front_door.background_remaining_ms = PATIENT_MS
            yield cls(deployment, neighbours, impatient_ms=impatient_ms)

    def put(self, endpoint: Endpoint, name: str, fault: Fault) -> Outcome | None:
        """Use `endpoint` at a function that has just started, while the neighbour `name` fails.

        None where that makes no sense: a clock can be off another's only where somebody looks at it.
        """
        clocks = fault is Fault.SKEWED and name not in AWS
        if clocks and name not in endpoint.needs:
            return None
        self.forget()
        self.deployment.function.restart()  # one that knows nothing of the fault before
        healthy = self._on_a_good_day(endpoint)
        person, witness = TestUser(self.deployment), Witness(self.deployment)
        person.hooks["response"] = [witness.answered]
        self.deployment.instances.set_state(NOTEBOOK, endpoint.state)
        self.forget()
        request = endpoint.ready(self.deployment, person)
        self.deployment.function.restart(clock_offset=BEHIND if clocks else 0)
        neighbour = self._neighbours[name]
        before = neighbour.calls
        with witness.listening():
            neighbour.misbehave(None if clocks else fault)
            try:
                with self._time_left(name, fault):
                    answer = request()
            finally:
                neighbour.misbehave(None)
        wrong = []
        if name in endpoint.needs and neighbour.calls == before and fault is not Fault.REFUSED and not clocks:
            wrong.append("it was not asked")
        reason = _reason(answer, witness)
        expected = REASONS[name] if name in endpoint.needs else frozenset()
        if not (reason in expected or (answer.status_code == healthy and not reason)):
            wrong.append(f"it said {reason or answer.status_code}")
        if reason and not _has_words(answer, name):
            wrong.append("no words")
        if self._impatient_ms is None and answer.elapsed.total_seconds() > endpoint.in_time:
            wrong.append("too late")
        wrong += [f"a {kind} was logged" for kind in witness.leaks()]
        if self._untraced(endpoint, witness):
            wrong.append("the notebook changed without a trace")
        if reason:
            if clocks:
                self.deployment.function.restart()
            if reason == "in_line":
                self.deployment.function.advance_clock(IN_A_MOMENT)
            if name == "issuer":
                # A function that has just started asks again as soon as this, and people were told to wait longer.
                self.deployment.function.advance_clock(FIRST_FETCH_INTERVAL)
            afterwards = endpoint.again(person, request, answer)
            if afterwards.status_code != healthy:
                wrong.append(f"still {afterwards.status_code} afterwards")
        return Outcome(
            endpoint.name, name, fault.value, answer.status_code, reason, answer.elapsed.total_seconds(), wrong
        )

    @contextmanager
    def _time_left(self, name: str, fault: Fault) -> Iterator[None]:
        front_door = self.deployment.front_door
        usual = front_door.remaining_ms, front_door.background_remaining_ms
        if self._impatient_ms is not None and fault in (Fault.SILENT, Fault.TRICKLE):
            front_door.remaining_ms = self._impatient_ms
            if name != "lambda":  # which no event of the function's own calls: on a busy machine it would end too soon
                front_door.background_remaining_ms = self._impatient_ms
        try:
            yield
        finally:
            front_door.remaining_ms, front_door.background_remaining_ms = usual

    def _on_a_good_day(self, endpoint: Endpoint) -> int:
        if endpoint.name not in self._healthy:
            self.deployment.instances.set_state(NOTEBOOK, endpoint.state)
            answer = endpoint.ready(self.deployment, TestUser(self.deployment))()
            assert answer.status_code < 400, f"{endpoint.name}: {answer.status_code} on a good day"
            self._healthy[endpoint.name] = answer.status_code
        return self._healthy[endpoint.name]

    def forget(self) -> None:
        """Empty the line, and let sign-ins of the second in which somebody signed out everywhere count."""
        table, dynamodb = self.deployment.template.table["TableName"], self.deployment.operator("dynamodb")
        for item in dynamodb.scan(TableName=table)["Items"]:
            if item["principal"]["S"].startswith((key_prefixes.QUEUE, key_prefixes.CUTOFF)):
                dynamodb.delete_item(TableName=table, Key={name: item[name] for name in ("principal", "notebook")})

    def _untraced(self, endpoint: Endpoint, witness: Witness) -> bool:
        changed = self.deployment.instances.state(NOTEBOOK) != endpoint.state
        named = [line for line in witness.lines if line["message"] == "decision" and line.get("notebook") == NOTEBOOK]
        return changed and not named


def _reason(answer: requests.Response, witness: Witness) -> str:
    if answer.headers.get("Content-Type", "").startswith("application/json"):
        return str(answer.json().get("error", ""))
    # The first that is told is what the person meets; what Slack does not take, only the log can tell.
    outcomes = [str(line["outcome"]) for line in witness.lines if line["message"] == "decision"]
    failed = [outcome for outcome in outcomes if outcome != "allowed"]
    if not failed and any(line["message"] == "slack call failed" for line in witness.lines):
        return "slack_down"
    return failed[0] if failed else ""


def _has_words(answer: requests.Response, neighbour: str) -> bool:
    if "/slack" in str(answer.request.url):
        # Where it answers something else than a 200, or can't be reached, Slack has words of its own. And who was told
        # that it failed, since Lambda's answer got lost, is answered nonetheless.
        found = neighbour == "lambda" and "[Open" in answer.text
        return answer.status_code != 200 or neighbour == "slack" or "Reference: " in answer.text or found
    if answer.headers.get("Content-Type", "").startswith("application/json"):
        told = json.loads(answer.text)
        return bool(told["message"]) and bool(told["reference"])
    return answer.status_code == 303 or "Reference" in answer.text
