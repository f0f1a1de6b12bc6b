"""Uses each endpoint while each dependency fails in each way, and checks the responses."""

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from unittest.mock import patch

import requests

from gate.identity.published import FIRST_FETCH_INTERVAL
from gate.routes import ROUTES
from gate.store import key_prefixes
from local.deployment import LocalDeployment
from local.options import LocalOptions
from testing.user import TestUser
from trials.dependency_proxy import DependencyProxy, Fault
from trials.endpoints import ALICE, NOTEBOOK, SAMPLE, SETTINGS, SLACK_USER, Endpoint, delete_rows
from trials.recorder import Recorder

AWS = ("secretsmanager", "dynamodb", "sts", "sagemaker", "lambda")
DEPENDENCIES = (*AWS, "issuer", "slack")
REASONS = {
    **dict.fromkeys(AWS, frozenset({"aws_error", "throttled"})),
    # Without the key or the table, "sign out everywhere" signs out this browser only and says so.
    **dict.fromkeys(("secretsmanager", "dynamodb"), frozenset({"aws_error", "throttled", "sign_out_incomplete"})),
    # Launches that AWS throttles are queued.
    **dict.fromkeys(("sts", "sagemaker"), frozenset({"aws_error", "throttled", "in_line"})),
    # A wrong clock makes tokens invalid.
    "issuer": frozenset({"identity_provider_down", "identity_provider_busy", "login_failed", "invalid_token"}),
    "slack": frozenset({"slack_down", "slack_signature"}),
}
"""The reason codes with which a response may report a failure of each dependency."""

REASONS_OF_FAULT = {
    Fault.QUOTA: frozenset({"instance_quota"}),
    Fault.PACKED: frozenset({"policy_too_large"}),
    Fault.NEW_ROLE: frozenset({"launch_role_denied"}),
}
"""The reason codes for faults with an error code of their own."""

CLOCK_SKEW = -900.0
"""Seconds that the function's clock is wrong: more than the 60 that the gate allows, and than Slack's 300."""

AMPLE_MS = 100_000
"""Remaining time that Lambda reports for each request where response times are not checked, in milliseconds."""

QUEUE_PAUSE = 1.0
"""Seconds after which the first in the launch queue may try again."""


NOT_CALLED = "the dependency was not called"
"""A violation: the request ended before it reached the dependency that fails."""


@dataclass(frozen=True)
class FaultResult:
    """The result for one endpoint, one dependency and one fault."""

    endpoint: str
    dependency: str
    fault: str
    status: int
    reason: str
    """The reason code in the response; empty if the response was the same as without the fault."""
    seconds: float
    violations: list[str]
    """Which requirements the response broke; empty if it met all."""


class FaultInjector:
    """A local deployment with a proxy in front of each dependency."""

    def __init__(self, deployment: LocalDeployment, proxies: dict[str, DependencyProxy], *, hang_limit_ms: int | None):
        self.deployment = deployment
        self.hang_limit_ms = hang_limit_ms
        self._proxies = proxies
        self._healthy_status: dict[str, int] = {}

    @classmethod
    @contextmanager
    def running(cls, *, hang_limit_ms: int | None = None) -> Iterator["FaultInjector"]:
        """Start the deployment and its proxies.

        `hang_limit_ms`: the remaining time that Lambda reports for requests to a dependency that never answers, in
        milliseconds, in place of its real 28 seconds. Response times are not checked then.
        """
        with ExitStack() as stack:
            proxies: dict[str, DependencyProxy] = {}

            def reroute(name: str, url: str) -> str:
                proxies[name] = DependencyProxy(name, url)
                stack.callback(proxies[name].close)
                return proxies[name].url

            sample = SAMPLE.model_copy(update={"urls_per_second": 10_000})
            deployment = stack.enter_context(LocalDeployment(sample, LocalOptions(reroute=reroute, settings=SETTINGS)))
            if hang_limit_ms is not None:
                # On a busy machine, preparing a request may take longer than people and Slack wait.
                ample = {key: replace(route, time_limit=AMPLE_MS / 1000) for key, route in ROUTES.items()}
                stack.enter_context(patch.dict(ROUTES, ample))
                deployment.front_door.remaining_ms = deployment.front_door.background_remaining_ms = AMPLE_MS
            yield cls(deployment, proxies, hang_limit_ms=hang_limit_ms)

    def inject(self, endpoint: Endpoint, name: str, fault: Fault) -> FaultResult | None:
        """Send a request to `endpoint` at a newly started function while the dependency `name` fails with `fault`.

        Returns None for clock skew at an endpoint that does not use the dependency.
        """
        own_clock = fault is Fault.SKEWED and name not in AWS
        if own_clock and name not in endpoint.dependencies:
            return None
        self.reset_state()
        self.deployment.function.restart()  # so that the function remembers nothing of the previous fault
        healthy = self._status_without_fault(endpoint)
        user, recorder = TestUser(self.deployment), Recorder(self.deployment)
        user.hooks["response"] = [recorder.keep_response]
        self.deployment.instances[NOTEBOOK] = endpoint.notebook_state
        self.reset_state()
        send = endpoint.prepare(self.deployment, user)
        self.deployment.function.restart(clock_offset=CLOCK_SKEW if own_clock else 0)
        proxy = self._proxies[name]
        calls_before = proxy.calls
        with recorder.recording():
            proxy.inject(None if own_clock else fault)
            try:
                with self._remaining_time(name, fault):
                    response = send()
            finally:
                proxy.inject(None)
        violations = []
        if (
            name in endpoint.dependencies
            and proxy.calls == calls_before
            and fault is not Fault.REFUSED
            and not own_clock
        ):
            violations.append(NOT_CALLED)
        found = _reason(response, recorder)
        reason = "" if found == endpoint.refusal else found
        reasons = REASONS_OF_FAULT.get(fault, REASONS[name])
        allowed = reasons if name in endpoint.dependencies else frozenset()
        if not (reason in allowed or (response.status_code == healthy and not reason)):
            violations.append(f"unexpected {reason or response.status_code}")
        if reason and not _has_message(response, name):
            violations.append("no message or reference")
        if self.hang_limit_ms is None and response.elapsed.total_seconds() > endpoint.response_limit:
            violations.append("too late")
        violations += [f"a {kind} was logged" for kind in recorder.leaked_kinds()]
        if self._changed_unlogged(endpoint, recorder):
            violations.append("the notebook changed without a log line")
        if self._own_request_allowed():
            violations.append("somebody allowed their own request")
        if reason:
            if own_clock:
                self.deployment.function.restart()
            if reason == "in_line":
                self.deployment.function.advance_clock(QUEUE_PAUSE)
            if name == "issuer":
                # A newly started function fetches again after this interval, and the response named a longer one.
                self.deployment.function.advance_clock(FIRST_FETCH_INTERVAL)
            retried = endpoint.retry(user, send, response)
            if retried.status_code != healthy:
                violations.append(f"{retried.status_code} after the fault was over")
        seconds = response.elapsed.total_seconds()
        return FaultResult(endpoint.name, name, fault.value, response.status_code, reason, seconds, violations)

    @contextmanager
    def _remaining_time(self, name: str, fault: Fault) -> Iterator[None]:
        front_door = self.deployment.front_door
        saved = front_door.remaining_ms, front_door.background_remaining_ms
        if self.hang_limit_ms is not None and fault in (Fault.SILENT, Fault.TRICKLE):
            front_door.remaining_ms = self.hang_limit_ms
            # Background events do not call Lambda, and on a busy machine this limit would end them too soon.
            if name != "lambda":
                front_door.background_remaining_ms = self.hang_limit_ms
        try:
            yield
        finally:
            front_door.remaining_ms, front_door.background_remaining_ms = saved

    def _status_without_fault(self, endpoint: Endpoint) -> int:
        if endpoint.name not in self._healthy_status:
            self.deployment.instances[NOTEBOOK] = endpoint.notebook_state
            response = endpoint.prepare(self.deployment, TestUser(self.deployment))()
            assert response.status_code < 400, f"{endpoint.name}: {response.status_code} without a fault"
            self._healthy_status[endpoint.name] = response.status_code
        return self._healthy_status[endpoint.name]

    def reset_state(self) -> None:
        """Empty the launch queue and remove cutoffs, so that sign-ins of the same second count again."""
        delete_rows(self.deployment, key_prefixes.QUEUE, key_prefixes.CUTOFF)

    def _own_request_allowed(self) -> bool:
        """Return whether the only approver has a grant of a request, under either name."""
        names = {f"user:{ALICE}", f"slack:{self.deployment.slack.team}/{SLACK_USER}"}
        rows = self.deployment.operator("dynamodb").scan(TableName=self.deployment.template.table["TableName"])["Items"]
        return any(row["principal"]["S"] in names and "granted_by" in row for row in rows)

    def _changed_unlogged(self, endpoint: Endpoint, recorder: Recorder) -> bool:
        changed = self.deployment.instances[NOTEBOOK] != endpoint.notebook_state
        logged = any(line["message"] == "decision" and line.get("notebook") == NOTEBOOK for line in recorder.log_lines)
        return changed and not logged


def _reason(response: requests.Response, recorder: Recorder) -> str:
    if response.headers.get("Content-Type", "").startswith("application/json"):
        return str(response.json().get("error", ""))
    # The first failure is the one that the user sees. A message that Slack did not accept appears in the log only.
    outcomes = [str(line["outcome"]) for line in recorder.log_lines if line["message"] == "decision"]
    failed = [outcome for outcome in outcomes if outcome != "allowed"]
    if not failed and any(line["message"] == "slack call failed" for line in recorder.log_lines):
        return "slack_down"
    return failed[0] if failed else ""


def _has_message(response: requests.Response, dependency: str) -> bool:
    if "/slack" in str(response.request.url):
        # Slack shows its own message where the status is not 200 or where Slack cannot be reached. If Lambda's response
        # to the invocation is lost, the user sees an error and then gets the notebooks nonetheless.
        answered = dependency == "lambda" and "[Open" in response.text
        return response.status_code != 200 or dependency == "slack" or "Reference: " in response.text or answered
    if response.headers.get("Content-Type", "").startswith("application/json"):
        body = json.loads(response.text)
        return bool(body["message"]) and bool(body["reference"])
    return response.status_code == 303 or "Reference" in response.text
