"""Altered cookies and tickets, and forged ID tokens."""

import base64
import json
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jwt.utils import base64url_decode

from testing.harness import Harness
from testing.slack import Slack, open_path
from tests.fuzz.hostile import JSON_VALUES, TEXT, CountCase, LogLines, altered, check, make_event, same_harness, send

pytestmark = pytest.mark.usefixtures("log_lines")


@same_harness
@given(data=st.data())
def test_altered_cookies(harness: Harness, log_lines: LogLines, count_case: CountCase, data: st.DataObject) -> None:
    """Altered session cookies."""
    if not harness.browser.cookies:
        harness.sign_in()
    cookies_before = dict(harness.browser.cookies)
    ((name, value),) = cookies_before.items()
    cookie = altered(data, value)
    headers = [("Cookie", f"{name}={cookie}"), ("Accept", "application/json")]
    answer = send(harness, make_event("GET", "/open/{notebook}", "alice-notebook", [], headers))
    # The value of a cookie ends at a space or a semicolon.
    assert answer.status == 401 or cookie.strip(" \x00").rstrip() == value
    check(harness, answer, log_lines)
    harness.browser.cookies = cookies_before
    count_case()


@same_harness
@given(data=st.data())
def test_altered_tickets(slack: Slack, log_lines: LogLines, count_case: CountCase, data: st.DataObject) -> None:
    """Altered tickets."""
    harness = slack.harness
    if not hasattr(slack, "ticket"):
        vars(slack)["ticket"] = unquote(open_path(slack.ask()).partition("ticket=")[2])
    ticket = altered(data, vars(slack)["ticket"])
    event = make_event("GET", "/open/{notebook}", "alice-notebook", [("ticket", ticket)], [])
    answer = send(harness, event)
    assert answer.status == 401
    assert not harness.aws.called("create_presigned_notebook_instance_url")
    check(harness, answer, log_lines)
    count_case()


@same_harness
@given(data=st.data())
def test_forged_id_tokens(harness: Harness, log_lines: LogLines, count_case: CountCase, data: st.DataObject) -> None:
    """Altered and forged ID tokens."""
    valid = harness.issuer.token(email="alice@example.com", email_verified=True)
    head, body, signature = valid.split(".")
    token = data.draw(
        st.sampled_from([
            altered(data, valid),
            f"{_encoded({'alg': 'none'})}.{body}.",
            f"{_encoded({'alg': 'HS256', 'kid': 'k1'})}.{body}.{signature}",
            f"{_encoded({'alg': data.draw(TEXT), 'kid': data.draw(TEXT)})}.{body}.{signature}",
            f"{head}.{_encoded({'sub': data.draw(TEXT), 'email': 'bob@example.com'})}.{signature}",
            f"{_encoded(data.draw(JSON_VALUES))}.{_encoded(data.draw(JSON_VALUES))}.{signature}",
            data.draw(TEXT),
            f"{head}..{signature}",
        ])
    )  # fmt: skip
    headers = [("Authorization", f"Bearer {token}"), ("Accept", "application/json")]
    answer = send(harness, make_event("GET", "/open/{notebook}", "alice-notebook", [], headers))
    # Different Base64 texts may have the same value, and a space before the token is ignored.
    assert answer.status == 401 or _decoded(token) == _decoded(valid)
    check(harness, answer, log_lines)
    count_case()


def _encoded(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def _decoded(token: str) -> list[bytes]:
    try:
        return [base64url_decode(part) for part in token.strip().split(".")]
    except ValueError:
        return []
