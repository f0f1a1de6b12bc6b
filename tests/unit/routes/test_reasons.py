"""Each reason code that JSON clients get, and a request that causes it."""

import hashlib
from collections.abc import Callable
from urllib.parse import urlencode

import pytest

from testing.asking import configure
from testing.aws import refusal
from testing.environment import JSON
from testing.harness import Answer, Harness

URL = "create_presigned_notebook_instance_url"
MANY_GROUPS = [hashlib.sha256(str(number).encode()).hexdigest() for number in range(400)]
SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}


def _open(harness: Harness, path: str = "/open/alice-notebook", **headers: str) -> Answer:
    return harness.browser.get(path, headers={**JSON, **headers})


def _aws(operation: str, code: str) -> Callable[[Harness], Answer]:
    def cause(harness: Harness) -> Answer:
        harness.sign_in()
        harness.aws.errors[operation] = refusal(code)
        return _open(harness)

    return cause


def _state(state: str | None) -> Callable[[Harness], Answer]:
    def cause(harness: Harness) -> Answer:
        harness.sign_in()
        if state is None:
            del harness.aws.notebooks["alice-notebook"]
        else:
            harness.aws.notebooks["alice-notebook"] = state
        return _open(harness)

    return cause


def _signed_in(path: str) -> Callable[[Harness], Answer]:
    def cause(harness: Harness) -> Answer:
        harness.sign_in()
        return _open(harness, path)

    return cause


def _callback(harness: Harness, **claims: object) -> Answer:
    login = harness.browser.get("/login")
    back = harness.issuer.sign_in(login.location, **claims)
    return _open(harness, f"/login/callback?code={back['code']}&state={back['state']}")


def _submit(harness: Harness, email: str, headers: dict[str, str]) -> Answer:
    harness.sign_in(email)
    return harness.browser.send("POST", "/notebooks/bob-notebook/start", headers={**JSON, **headers})


def _provider_down(harness: Harness) -> Answer:
    harness.configure(GATE_ISSUER="http://127.0.0.1:9")
    return _open(harness, "/login")


def _bug(harness: Harness) -> Answer:
    harness.sign_in()
    harness.aws.errors[URL] = RuntimeError("an unexpected error")
    return _open(harness)


def _start_over_quota(harness: Harness) -> Answer:
    harness.sign_in()
    harness.aws.notebooks["alice-notebook"] = "Stopped"
    harness.aws.errors["start_notebook_instance"] = refusal("ResourceLimitExceeded")
    return harness.browser.send("POST", "/notebooks/alice-notebook/start", {**JSON, **SAME_ORIGIN})


def _can_ask(harness: Harness) -> None:
    approvers = {"user:dana@example.com": ["*"], "group:leads": ["*"]}
    rules = {
        "approvers": approvers,
        "eligible": {"user:alice@example.com": ["*-notebook*"]},
        "two": [],
        "durations": [3600],
        "automatic": {"user:alice@example.com": ["auto-*"]},
        "power": "none",
    }
    configure(harness, rules, GATE_SIGN_IN_SECONDS="86400")


def _ask(
    notebook: str, *, reason: str = "churn", times: int = 1, lost_proof: bool = False
) -> Callable[[Harness], Answer]:
    def cause(harness: Harness) -> Answer:
        _can_ask(harness)
        harness.sign_in()
        if lost_proof:
            del harness.browser.cookies["__Secure-gate-decision"]
        for number in range(times):
            form = {"notebook": f"{notebook}{number or ''}", "reason": reason, "seconds": 3600}
            answer = harness.browser.send("POST", "/requests", {**JSON, **SAME_ORIGIN}, body=urlencode(form))
        return answer

    return cause


def _decide(
    email: str, *, times: int = 1, after: float = 0, lost_proof: bool = False, **claims: object
) -> Callable[[Harness], Answer]:
    def cause(harness: Harness) -> Answer:
        path = harness.browser.path_of(_ask("bob-notebook")(harness).location)
        harness.browser.cookies.clear()
        harness.clock.now += 0 if claims else after
        harness.sign_in(email, **claims)
        harness.clock.now += after if claims else 0
        if lost_proof:
            del harness.browser.cookies["__Secure-gate-decision"]
        for _ in range(times):
            answer = harness.browser.send("POST", path, {**JSON, **SAME_ORIGIN}, body="decision=allow&seconds=3600")
        return answer

    return cause


@pytest.mark.parametrize(
    ("reason", "status", "cause"),
    [
        ("invalid_name", 400, _signed_in("/open/-")),
        ("invalid_view", 400, _signed_in("/open/alice-notebook?view=vim")),
        ("login_failed", 400, lambda harness: _open(harness, "/login/callback?code=c&state=s")),
        ("not_signed_in", 401, _open),
        ("invalid_token", 401, lambda harness: _open(harness, Authorization="Bearer x.y.z")),
        ("not_granted", 403, _signed_in("/open/bob-notebook")),
        ("no_power", 403, lambda harness: _submit(harness, "bob@example.com", SAME_ORIGIN)),
        ("email_not_verified", 403, lambda harness: _callback(harness, email="a@example.com", email_verified=False)),
        (
            "too_many_groups",
            403,
            lambda harness: _callback(harness, email="a@example.com", email_verified=True, groups=MANY_GROUPS),
        ),
        ("unknown_iam_caller", 403, lambda harness: _open(harness, "/iam/open/alice-notebook")),
        ("wrong_origin", 403, lambda harness: _submit(harness, "bob@example.com", {"Sec-Fetch-Site": "cross-site"})),
        ("not_found", 404, _signed_in("/nope")),
        ("notebook_missing", 404, _state(None)),
        ("notebook_starting", 202, _state("Pending")),
        ("notebook_stopped", 409, _state("Stopped")),
        ("notebook_stopping", 409, _state("Stopping")),
        ("notebook_failed", 409, _state("Failed")),
        ("notebook_busy", 409, _state("Updating")),
        ("invalid_access_request", 400, _ask("bob-notebook", reason="")),
        ("own_access_request", 403, _decide("alice@example.com")),
        ("access_request_unknown", 404, _decide("bob@example.com")),
        ("sign_in_too_old", 403, _decide("carol@example.com", groups=["leads"], after=901)),
        ("decision_sign_in", 403, _decide("dana@example.com", lost_proof=True)),
        ("not_eligible", 404, _ask("other")),
        ("automatic_sign_in", 403, _ask("auto-notebook", lost_proof=True)),
        ("already_granted", 409, _ask("alice-notebook")),
        ("access_request_decided", 409, _decide("dana@example.com", times=2)),
        ("access_request_ended", 409, _decide("dana@example.com", after=86_400)),
        ("too_many_access_requests", 429, _ask("bob-notebook", times=11)),
        ("internal", 500, _bug),
        ("aws_error", 502, _aws(URL, "InternalFailure")),
        ("policy_too_large", 502, _aws("assume_role", "PackedPolicyTooLarge")),
        ("instance_quota", 503, _start_over_quota),
        ("launch_role_denied", 503, _aws("assume_role", "AccessDenied")),
        ("aws_denied", 502, _aws(URL, "AccessDeniedException")),
        ("in_line", 202, _aws(URL, "ThrottlingException")),
        ("throttled", 503, _aws("batch_get_item", "ThrottlingException")),
        ("identity_provider_down", 503, _provider_down),
    ],
)
def test_each_reason(harness: Harness, reason: str, status: int, cause: Callable[[Harness], Answer]) -> None:
    answer = cause(harness)
    assert (answer.status, answer.json["error"]) == (status, reason)
    assert answer.json["message"]
    assert answer.json["reference"] == "7f6d8c1e-93e5-4b1e-8f0a-6c2b9a1d4e5f"
    assert answer.headers["cache-control"] == "no-store"
