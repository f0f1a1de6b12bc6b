"""The audit log has one line for each decision, and no secrets."""

import json
from urllib.parse import parse_qs, urlsplit

import pytest
from botocore.exceptions import EndpointConnectionError

from testing.aws import SIGNING_KEY, TOKEN, refusal
from testing.harness import Browser, Harness
from testing.log_lines import Lines


def test_the_line_of_an_allowed_launch_has_all_fields(harness: Harness, lines: Lines) -> None:
    harness.sign_in()
    harness.browser.get("/open/alice-notebook")
    login, opened = lines.decisions
    expected = {
        "subject": "user:alice@example.com",
        "session_name": "alice@example.com",
        "via": "session",
        "address": "203.0.113.7",
        "request_id": "7f6d8c1e-93e5-4b1e-8f0a-6c2b9a1d4e5f",
        "outcome": "allowed",
    }
    assert {name: opened.get(name) for name in expected} == expected
    assert (opened["action"], opened["notebook"]) == ("open", "alice-notebook")
    assert {name: login.get(name) for name in expected} == expected
    assert login["action"] == "login"


def test_the_line_of_a_refusal_has_the_reason(harness: Harness, lines: Lines) -> None:
    harness.browser.get("/open/alice-notebook")
    harness.sign_in("carol@example.com")
    harness.browser.get("/open/alice-notebook")
    harness.browser.get("/open/-not-a-name-")
    harness.sign_in(browser=Browser(harness.browser.base_url), email_verified=False)
    outcomes = [(line["action"], line["outcome"], line.get("subject")) for line in lines.decisions]
    assert outcomes == [
        ("open", "not_signed_in", None),
        ("login", "allowed", "user:carol@example.com"),
        ("open", "not_granted", "user:carol@example.com"),
        ("open", "invalid_name", None),
        ("login", "email_not_verified", None),
    ]


@pytest.mark.parametrize(
    ("method", "path", "action", "reason"),
    [
        ("GET", "/open/-not-a-name-", "open", "invalid_name"),
        ("GET", "/open/alice-notebook?view=x", "open", "invalid_view"),
        ("GET", "/open?view=x", "open", "invalid_view"),
        ("GET", "/iam/open/alice-notebook?view=x", "open", "invalid_view"),
        ("GET", "/notebooks/-", "state", "invalid_name"),
        ("GET", "/requests/x", "show-request", "not_signed_in"),
        ("POST", "/notebooks/alice-notebook/start", "start", "wrong_origin"),
        ("POST", "/notebooks/alice-notebook/stop", "stop", "wrong_origin"),
        ("POST", "/requests", "ask", "wrong_origin"),
        ("POST", "/requests/x", "decide", "wrong_origin"),
        ("POST", "/logout", "sign-out", "wrong_origin"),
    ],
)
def test_a_request_that_is_refused_before_its_caller_is_known_leaves_a_line(
    harness: Harness, lines: Lines, method: str, path: str, action: str, reason: str
) -> None:
    harness.browser.send(method, path, headers={"Origin": "https://evil.example"})
    assert [(line["action"], line["outcome"], line.get("subject")) for line in lines.decisions] == [
        (action, reason, None)
    ]


def test_a_caller_with_a_mapped_session_name_is_logged_with_both_names(harness: Harness, lines: Lines) -> None:
    arn = "arn:aws:sts::123456789012:assumed-role/Batch/job"
    harness.aws.grant("iam:arn:aws:iam::123456789012:role/Batch", "alice-notebook")
    harness.browser.get("/iam/open/alice-notebook", iam=arn)
    (line,) = lines.decisions
    assert line["subject"] == "iam:arn:aws:iam::123456789012:role/Batch"
    assert line["session_name"] == harness.aws.called("assume_role")[0]["RoleSessionName"]
    assert line["via"] == "iam"


def test_no_secret_is_in_any_line(harness: Harness, lines: Lines, capfd: pytest.CaptureFixture[str]) -> None:
    """Call every endpoint, with success and failure, with the root logger at DEBUG."""
    harness.configure(GATE_CLIENT_SECRET_ARN="arn:client")
    browser, secrets = harness.browser, {SIGNING_KEY, TOKEN, "client-secret-value"}
    login = browser.get("/login?next=/open/alice-notebook")
    secrets |= {*browser.cookies.values(), *(v[0] for k, v in parse_qs(urlsplit(login.location).query).items()
                                             if k in ("state", "nonce", "code_challenge"))}  # fmt: skip
    back = harness.issuer.sign_in(login.location, email="alice@example.com", email_verified=True)
    browser.get(f"/login/callback?code={back['code']}-secret-code&state={back['state']}")
    harness.sign_in()
    secrets |= {*browser.cookies.values(), "secret-code", harness.issuer.token_requests[-1]["code_verifier"]}
    token = harness.issuer.token(email="alice@example.com", email_verified=True)
    secrets |= {token, "forged.bearer.token"}
    for path in ("/", "/open", "/open/alice-notebook", "/open/nobodys", "/open/-", "/notebooks/alice-notebook", "/x"):
        browser.get(path)
        browser.get(path, headers={"Authorization": f"Bearer {token}"})
        browser.get(path, headers={"Authorization": "Bearer forged.bearer.token", "Accept": "application/json"})
    browser.get("/iam/open/alice-notebook", iam="arn:aws:sts::123456789012:assumed-role/People/alice@example.com")
    for operation in ("batch_get_item", "assume_role", "create_presigned_notebook_instance_url"):
        for error in (refusal("ThrottlingException"), refusal("Weird"), RuntimeError(f"{TOKEN} {token}")):
            harness.aws.errors = {operation: error}
            browser.get("/open/alice-notebook")
    harness.aws.errors = {}
    browser.post("/notebooks/alice-notebook/stop")
    browser.post("/notebooks/alice-notebook/start")
    browser.post("/logout", body="everywhere=1")
    out, err = capfd.readouterr()
    written = "\n".join(lines.texts) + out + err
    assert len(lines.decisions) > 25
    assert [secret for secret in secrets if secret in written] == []


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (refusal("ThrottlingException"), "ThrottlingException"),
        (EndpointConnectionError(endpoint_url="https://x"), "EndpointConnectionError"),
    ],
)
def test_a_failed_aws_call_is_logged_with_its_code_and_without_its_message(
    harness: Harness, lines: Lines, error: Exception, code: str
) -> None:
    harness.sign_in()
    harness.aws.errors = {"assume_role": error}
    harness.browser.get("/open/alice-notebook")
    (line,) = (json.loads(text) for text in lines.texts if "aws call failed" in text)
    assert (line["level"], line["code"]) == ("WARNING", code)
    assert "message of AWS" not in "".join(lines.texts)


def test_a_secret_that_cannot_be_read_is_reported_as_aws_denied(harness: Harness, lines: Lines) -> None:
    harness.aws.errors = {"get_secret_value": refusal("AccessDeniedException")}
    harness.browser.cookies["__Host-gate-session"] = harness.browser.cookies["gate-session"] = "deadbeef.x"
    harness.browser.cookies["__Secure-gate-session"] = "deadbeef.x"
    assert harness.browser.get("/").status == 502
    assert lines.decisions[-1]["outcome"] == "aws_denied"
